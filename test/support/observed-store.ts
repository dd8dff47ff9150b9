import type { RecordRef, Store, StoreRecord } from '../../src/store/store.ts'
import type { StoreMethod } from '../../src/testing/index.ts'

/** A store that records its calls. */
export interface ObservedStore extends Store {
  /** How many calls each method got so far. */
  readonly calls: Readonly<Record<StoreMethod, number>>
  /** The refs of every `get`, in order. */
  readonly reads: readonly (readonly RecordRef[])[]
  /** Every record that was really written, in order. */
  readonly written: readonly StoreRecord[]
  /** How many writes were requested, done or not. */
  writes(): number
}

/** Passes everything on and records it. */
export function observedStore(inner: Store): ObservedStore {
  const calls = { get: 0, insert: 0, replace: 0, list: 0, count: 0 }
  const reads: (readonly RecordRef[])[] = []
  const written: StoreRecord[] = []
  return {
    calls,
    reads,
    written,
    writes: () => calls.insert + calls.replace,
    async get(refs) {
      calls.get++
      reads.push(refs)
      return inner.get(refs)
    },
    async insert(record, options) {
      calls.insert++
      const result = await inner.insert(record, options)
      if (result === 'inserted') written.push(record)
      return result
    },
    async replace(from, to) {
      calls.replace++
      const done = await inner.replace(from, to)
      if (done) written.push(to)
      return done
    },
    async list(group, page) {
      calls.list++
      return inner.list(group, page)
    },
    async count(group, after) {
      calls.count++
      return inner.count(group, after)
    },
    ...(inner.watch && { watch: inner.watch.bind(inner) }),
    close: () => inner.close(),
  }
}
