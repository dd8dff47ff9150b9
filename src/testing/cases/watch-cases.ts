import type { RecordRef, Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectThat } from '../expectations.ts'
import { changed, record, refOf } from '../sample-records.ts'
import { insertAll, replaceWith } from '../steps.ts'

// A hint may be lost, so every attempt is another replace. A hint must come before the last attempt has timed out.
const ATTEMPTS = 10
const WAIT_MS = 500

export const watchCases = [
  conformanceCase(
    'watch reports a replace',
    'a store that can be watched notifies every watcher of replaces on any node',
    async ({ open }) => {
      const watched = await open()
      const writer = await open()
      if (!watched.watch) return
      const one = record({ kind: 'kind.a', partition: 'p-1', groups: ['g'] })
      await insertAll(writer, [one])
      const first = hintsOf(one)
      const second = hintsOf(one)
      const stopFirst = await watched.watch(first.changed)
      const stopSecond = await watched.watch(second.changed)
      const stands = await replaceUntil(writer, one, first)
      await replaceUntil(writer, stands, second)
      await stopFirst()
      await stopSecond()
    },
  ),
  conformanceCase(
    'a stopped watch is silent',
    'a stopped watcher is not notified again, and the others still are',
    async ({ open }) => {
      const watched = await open()
      const writer = await open()
      if (!watched.watch) return
      const one = record()
      await insertAll(writer, [one])
      const stopped = hintsOf(one)
      const listening = hintsOf(one)
      const stop = await watched.watch(stopped.changed)
      const stopListening = await watched.watch(listening.changed)
      await stop()
      const notifiedBefore = stopped.told()
      const stands = await replaceUntil(writer, one, listening)
      await replaceUntil(writer, stands, listening)
      expectEqual('the number of hints to the stopped watcher', stopped.told() - notifiedBefore, 0)
      // The same callback twice is two watchers: stopping one does not stop the other.
      const stopTwin = await watched.watch(listening.changed)
      await stopTwin()
      await replaceUntil(writer, await standing(writer, one), listening)
      await stopListening()
    },
  ),
]

interface Hints {
  changed(ref: RecordRef): void
  told(): number
  /** True at the next hint, false after {@link WAIT_MS} without one. */
  next(): Promise<boolean>
}

/** Counts the hints for one record. */
function hintsOf(watched: RecordRef): Hints {
  let notified = 0
  let wake = () => {}
  return {
    changed(ref) {
      if (ref.kind !== watched.kind || ref.partition !== watched.partition || ref.id !== watched.id) return
      notified++
      wake()
    },
    told: () => notified,
    next: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), WAIT_MS)
        wake = () => {
          clearTimeout(timer)
          resolve(true)
        }
      }),
  }
}

/** Replaces the record until a hint has come, and returns the stored record. */
async function replaceUntil(store: Store, from: StoreRecord, hints: Hints): Promise<StoreRecord> {
  let stands = from
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const hint = hints.next()
    stands = await replaceWith(store, stands, changed(stands))
    if (await hint) return stands
  }
  expectThat(false, `a hint for ${JSON.stringify(refOf(from))} after one of ${ATTEMPTS} replaces`, 'none')
  return stands
}

async function standing(store: Store, ref: StoreRecord): Promise<StoreRecord> {
  const [found] = await store.get([refOf(ref)])
  return found ?? ref
}
