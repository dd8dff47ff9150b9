import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { AppGrantError } from '../../src/base/errors.ts'
import { guardedStore, type StoreFailure } from '../../src/store/guarded-store.ts'
import { notApplied, type Store, type StoreRecord } from '../../src/store/store.ts'
import { faultyStore, type StoreMethod } from '../../src/testing/index.ts'
import { refusalOf } from '../support/code-of.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'

const record: StoreRecord = {
  kind: 'k',
  partition: 'p',
  id: 'i',
  groups: ['g'],
  position: 1,
  revision: 'r',
  data: '{}',
}
const group = { kind: 'k', partition: 'p', group: 'g' }
const CALLS: Record<StoreMethod, (store: Store) => Promise<unknown>> = {
  get: (store) => store.get([record]),
  insert: (store) => store.insert(record),
  replace: (store) => store.replace(record, { ...record, revision: 's' }),
  list: (store) => store.list(group, { limit: 5 }),
  count: (store) => store.count(group, 0),
}
const METHODS = Object.keys(CALLS) as StoreMethod[]
const isWrite = (method: StoreMethod) => method === 'insert' || method === 'replace'

function guarded(inner: Store, timeoutMs = 10, load = unwatchedLoad()) {
  const outages: { code: StoreFailure; operation: string; cause: unknown }[] = []
  return { store: guardedStore(inner, { timeoutMs, load, failed: (failure) => outages.push(failure) }), outages }
}

describe('the guarded store', () => {
  it('the guarded store passes arguments and results on unchanged', async () => {
    const { store, outages } = guarded(memoryStore())
    expect(await store.insert(record, { limit: { group: 'g', max: 1 } })).toBe('inserted')
    expect(await store.insert({ ...record, id: 'j' }, { limit: { group: 'g', max: 1 } })).toBe('full')
    const onlyIf = { ref: record, revision: record.revision }
    expect(await store.insert({ ...record, id: 'k', groups: [] }, { onlyIf })).toBe('inserted')
    expect(await store.insert({ ...record, id: 'l' }, { onlyIf: { ...onlyIf, revision: 'x' } })).toBe('stale')
    expect(await store.get([record])).toEqual([record])
    expect(await store.replace({ ...record, revision: 'x' }, record)).toBe(false)
    expect(await store.list(group, { limit: 1, after: { position: 0, id: '' } })).toEqual({
      records: [record],
      more: false,
    })
    expect(await store.count(group, 0)).toBe(1)
    expect(outages).toEqual([])
  })

  for (const method of METHODS) {
    const failed = isWrite(method) ? 'outcome_unknown' : 'store_unavailable'

    it(`${method}: an error is ${failed}, and one outage event with its cause comes before the caller's error (REV-7)`, async () => {
      const cause = new Error('driver')
      const { store, outages } = guarded({ ...memoryStore(), [method]: () => Promise.reject(cause) })
      const error = await refusalOf(CALLS[method](store))
      expect(error).toMatchObject({ code: failed, details: {}, cause })
      expect(error.hint).not.toBe('')
      expect(error.message).not.toContain('driver')
      expect(outages).toEqual([{ code: failed, operation: method, cause }])
    })

    it(`${method}: the hint of an error of the store is passed on if nothing was written`, async () => {
      const hint = 'Create the table.'
      const cause = notApplied(new AppGrantError('store_unavailable', { hint }))
      const { store } = guarded({ ...memoryStore(), [method]: () => Promise.reject(cause) })
      expect((await refusalOf(CALLS[method](store))).hint).toBe(`${hint} Nothing was written.`)
    })

    it(`${method}: an error marked as not applied is store_unavailable`, async () => {
      const cause = notApplied(new Error('refused'))
      const { store, outages } = guarded({ ...memoryStore(), [method]: () => Promise.reject(cause) })
      expect(await refusalOf(CALLS[method](store))).toMatchObject({ code: 'store_unavailable', cause })
      expect(outages).toMatchObject([{ code: 'store_unavailable', operation: method }])
    })

    it(`${method}: a call without a result within the deadline is ${failed}`, async () => {
      const inner = faultyStore(memoryStore())
      const { store, outages } = guarded(inner)
      const held = inner.hold(method)
      const error = await refusalOf(CALLS[method](store))
      expect(error.code).toBe(failed)
      expect(error.cause).toMatchObject({ message: 'no response within 10 ms' })
      expect(outages).toHaveLength(1)
      held.release()
    })

    it(`${method}: a synchronous throw is translated in the same way`, async () => {
      const broken = () => {
        throw new Error('at once')
      }
      const { store } = guarded({ ...memoryStore(), [method]: broken })
      expect((await refusalOf(CALLS[method](store))).code).toBe(failed)
    })

    it(`${method}: a result that is not a promise is an outage, not a crash`, async () => {
      const { store } = guarded({ ...memoryStore(), [method]: () => undefined })
      expect((await refusalOf(CALLS[method](store))).code).toBe(failed)
    })
  }

  it('a result after the deadline has no effect', async () => {
    const inner = faultyStore(memoryStore())
    const { store, outages } = guarded(inner)
    const held = inner.hold('get')
    inner.fail('get', 'after')
    expect((await refusalOf(store.get([record]))).code).toBe('store_unavailable')
    held.release()
    await new Promise(setImmediate)
    expect(outages).toHaveLength(1)
    expect(await store.get([record])).toEqual([undefined])
  })

  it('the guarded store has watch only if the store has it', () => {
    const { watch: _, ...without } = memoryStore()
    expect(guarded(without).store.watch).toBeUndefined()
    expect(guarded(memoryStore()).store.watch).toBeTypeOf('function')
  })

  it('the guarded store offers conditional inserts only if the store does', () => {
    const { conditionalInserts: _, ...without } = memoryStore()
    expect(guarded(without).store.conditionalInserts).toBe(false)
    expect(guarded(memoryStore()).store.conditionalInserts).toBe(true)
  })

  for (const method of METHODS) {
    it(`${method}: neither the error nor the event shows what a driver attached to its error, whatever the store does (ERR-8)`, async () => {
      const secret = 'hunter2-canary'
      const cause = Object.assign(new Error(`refused "${secret}"`), { command: { args: [secret] } })
      const { store, outages } = guarded({ ...memoryStore(), [method]: () => Promise.reject(cause) })
      const error = await refusalOf(CALLS[method](store))
      expect(inspect([error, outages], { depth: 12, showHidden: true })).not.toContain(secret)
      expect(error.cause).toMatchObject({ message: 'refused "…"' })
    })
  }

  describe('closing and watching', () => {
    afterEach(() => vi.useRealTimers())

    it('close rejects if the store does not close within the deadline', async () => {
      const { store } = guarded({ ...memoryStore(), close: () => new Promise(() => {}) })
      expect((await refusalOf(store.close())).code).toBe('store_unavailable')
    })

    it('watch, and the function that stops it, end at the deadline, and a watch that begins later is stopped', async () => {
      let begin = () => {}
      let stopped = 0
      const late = new Promise<() => Promise<void>>((resolve) => {
        begin = () => resolve(async () => void stopped++)
      })
      const { store, outages } = guarded({ ...memoryStore(), watch: () => late })
      expect((await refusalOf(store.watch?.(() => {}) as Promise<unknown>)).code).toBe('store_unavailable')
      expect(outages).toMatchObject([{ code: 'store_unavailable', operation: 'watch' }])
      begin()
      await new Promise(setImmediate)
      expect(stopped).toBe(1)

      const hanging = guarded({ ...memoryStore(), watch: async () => () => new Promise(() => {}) })
      const stop = await hanging.store.watch?.(() => {})
      expect((await refusalOf(stop?.() as Promise<unknown>)).code).toBe('store_unavailable')
    })

    it('a store that cannot watch is asked again only after pauses that double up to a minute', async () => {
      vi.useFakeTimers({ toFake: ['performance'] })
      let asked = 0
      const { store } = guarded({ ...memoryStore(), watch: () => Promise.reject(new Error(`${++asked}`)) })
      const watching = () => refusalOf(store.watch?.(() => {}) as Promise<unknown>)
      const gaps: number[] = []
      for (let ms = 0, last = 0; ms <= 300_000; ms += 500) {
        const before = asked
        await watching()
        if (asked > before) gaps.push(ms - last)
        if (asked > before) last = ms
        vi.advanceTimersByTime(500)
      }
      expect(gaps).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    })

    it('a store that watches again after a failure is asked at once the next time it fails', async () => {
      vi.useFakeTimers({ toFake: ['performance'] })
      let fails = true
      const watch = async () => {
        if (fails) throw new Error('refused')
        return async () => {}
      }
      const { store, outages } = guarded({ ...memoryStore(), watch })
      const watching = () => store.watch?.(() => {}).catch(() => {})
      await watching()
      vi.advanceTimersByTime(1000)
      fails = false
      await watching()
      fails = true
      await watching()
      expect(outages).toHaveLength(2)
    })
  })

  it('the guarded store recognizes the mark of another copy of the package', async () => {
    const foreign = Object.assign(new Error('refused'), { [Symbol.for('appgrant.notApplied')]: true })
    const { store } = guarded({ ...memoryStore(), insert: () => Promise.reject(foreign) })
    expect((await refusalOf(store.insert(record))).code).toBe('store_unavailable')
  })
})
