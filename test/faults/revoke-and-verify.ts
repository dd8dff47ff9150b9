import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { guardedStore } from '../../src/store/guarded-store.ts'
import type { Store, StoreRecord } from '../../src/store/store.ts'
import { changed, record, upTo } from '../../src/testing/sample-records.ts'
import { until } from '../support/servers/until.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'

const DEADLINE_MS = 1000
// How much later than its deadline a call may end on a machine that is busy with the fault itself.
const LATE_MS = 1000
const APPS = 6

/** Apps whose stamps are replaced again and again, while readers ask which stamp is current. */
export interface Workload {
  /** How many calls failed so far. */
  failures(): number
  /** Resolves when each app was revoked, and each reader got a result, once more than until now. */
  serves(): Promise<void>
  /**
   * Ends it, prints what was seen, and fails on a call that hung or on a stamp that was accepted after its revocation was acknowledged.
   *
   * @param options.mayLose - the fault may undo what was acknowledged: it is counted and printed only.
   */
  end(fault: string, options?: { readonly mayLose?: boolean }): Promise<void>
}

interface App {
  stored: StoreRecord
  /** The stamp of the last acknowledged revocation: older ones are revoked. */
  acknowledged: number
  revocations: number
  reads: number
}

const stampOf = ({ data }: StoreRecord) => Number(data)

/**
 * @param writer - the node that revokes.
 * @param readers - the nodes that accept what is current.
 */
export async function revokeAndVerify(
  writer: Store,
  readers: readonly Store[],
  { partition = (nth: number) => `p${nth}` }: { readonly partition?: (nth: number) => string } = {},
): Promise<Workload> {
  let longest = 0
  let failures = 0
  let accepted = 0
  let ended = false
  const guard = (store: Store) =>
    guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => void failures++ })
  const timed = async <Result>(call: () => Promise<Result>): Promise<Result | undefined> => {
    const begun = performance.now()
    try {
      return await call()
    } catch {
      return undefined
    } finally {
      longest = Math.max(longest, performance.now() - begun)
    }
  }

  const revoke = async (store: Store, app: App) => {
    const stamp = stampOf(app.stored) + 1
    const to = changed(app.stored, { data: String(stamp) })
    if (await timed(() => store.replace(app.stored, to))) {
      app.acknowledged = stamp
      app.stored = to
      app.revocations++
      return
    }
    // Lost to an earlier write that was not acknowledged, or unknown: repeat it on the current record.
    const found = (await timed(() => store.get([app.stored])))?.[0]
    if (found) app.stored = found
  }
  const verify = async (store: Store, app: App) => {
    const acknowledged = app.acknowledged
    const found = await timed(() => store.get([app.stored]))
    if (!found) return
    app.reads++
    if (found[0] && stampOf(found[0]) < acknowledged) accepted++
  }

  const apps: App[] = []
  for (const nth of upTo(APPS)) {
    const stored = record({ partition: partition(nth), groups: ['owner'], data: '1' })
    // A replica that has just come back may be late to confirm.
    await until('the app stands', async () => ['inserted', 'exists'].includes(await writer.insert(stored)))
    apps.push({ stored, acknowledged: 1, revocations: 0, reads: 0 })
  }
  const repeat = async (act: () => Promise<void>) => {
    while (!ended) {
      await act()
      await pause(3)
    }
  }
  const running = apps.flatMap((app) => [
    repeat(() => revoke(guard(writer), app)),
    ...readers.map((reader) => repeat(() => verify(guard(reader), app))),
  ])
  return {
    failures: () => failures,
    async serves() {
      const before = apps.map(({ revocations, reads }) => ({ revocations, reads }))
      await until(
        'every app was killed and read',
        () =>
          apps.every(
            ({ revocations, reads }, nth) =>
              revocations > (before[nth]?.revocations ?? 0) && reads > (before[nth]?.reads ?? 0),
          ),
        { withinMs: 90_000 },
      )
    },
    async end(fault, { mayLose = false } = {}) {
      ended = true
      await Promise.all(running)
      const revocations = apps.reduce((sum, app) => sum + app.revocations, 0)
      process.stdout.write(
        `faults: ${fault}: longest call ${Math.round(longest)} ms, ${revocations} kills acknowledged, ${failures} calls failed, ${accepted} accepted after an acknowledged kill\n`,
      )
      if (!mayLose) expect(accepted).toBe(0)
      expect(longest).toBeLessThan(DEADLINE_MS + LATE_MS)
    },
  }
}
