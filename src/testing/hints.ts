import type { RecordRef, Store, StoreRecord } from '../store/store.ts'
import { expectThat, nameOf } from './expectations.ts'
import { changed } from './sample-records.ts'
import { replaceWith } from './steps.ts'

// A hint may be lost, so every attempt is another replace. A hint must come before the last attempt has timed out.
const ATTEMPTS = 10
const WAIT_MS = 500

/** Counts the hints for one record. */
export interface Hints {
  changed(ref: RecordRef): void
  received(): number
  /** True at the next hint, false after {@link WAIT_MS} without one. */
  next(): Promise<boolean>
}

/** @param act - what else is done at each hint. */
export function hintsOf(watched: RecordRef, act: () => void = () => {}): Hints {
  let received = 0
  let wake = () => {}
  return {
    changed(ref) {
      if (ref.kind !== watched.kind || ref.partition !== watched.partition || ref.id !== watched.id) return
      received++
      wake()
      act()
    },
    received: () => received,
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
export async function replaceUntil(store: Store, from: StoreRecord, hints: Hints): Promise<StoreRecord> {
  let stored = from
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const hint = hints.next()
    stored = await replaceWith(store, stored, changed(stored))
    if (await hint) return stored
  }
  expectThat(false, `a hint for ${nameOf(from)} after one of ${ATTEMPTS} replaces`, 'none')
  return stored
}
