import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant, type Store } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'

const CALL_MS = 300

/** A store that takes its time for each call. */
function slowStore(inner: Store): Store {
  const slow =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      await new Promise((resolve) => setTimeout(resolve, CALL_MS))
      return call(...args)
    }
  const { get, insert, replace } = inner
  return { ...inner, get: slow(get), insert: slow(insert), replace: slow(replace) }
}

/** Runs the calls, and says how long they took all together. */
async function timed<Result>(calls: () => Promise<Result>): Promise<{ readonly result: Result; readonly ms: number }> {
  const startedAt = performance.now()
  const pending = calls().then((result) => ({ result, ms: performance.now() - startedAt }))
  // Those that free what is remembered come later.
  await vi.runAllTimersAsync()
  return pending
}

describe('a slow store', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('30 operations at once on one app are done or a conflict within five calls, instead of one after the other (ERR-2)', async () => {
    const appgrant = createAppGrant({ store: slowStore(memoryStore()), timeoutMs: 1000 })
    const { app } = (await timed(() => appgrant.apps.register(exampleApp()))).result
    const codes = await timed(() =>
      Promise.all(Array.from({ length: 30 }, () => codeOf(appgrant.apps.suspend(app.key)))),
    )
    expect(codes.ms).toBeLessThanOrEqual(5 * 1000 + 3 * CALL_MS)
    expect(new Set(codes.result)).toEqual(new Set(['ok', 'conflict']))
    expect((await timed(() => codeOf(appgrant.apps.resume(app.key)))).result).toBe('ok')
  })
})
