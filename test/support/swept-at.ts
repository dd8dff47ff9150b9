import type { Store } from '../../src/store/store.ts'
import { record } from '../../src/testing/sample-records.ts'

// Each insert drops a few of the records that have expired.
const INSERTS = 200

/**
 * Makes a store whose writes drop expired records by the clock of the process do so as if it were that time.
 *
 * @param atOnce - whether the writes are done in the tick in which they are called. Then nothing else sees that clock.
 */
export async function sweptAt(now: number, store: Store, atOnce = false): Promise<void> {
  const { now: systemTime } = Date
  Date.now = () => now
  try {
    const inserts = Array.from({ length: INSERTS }, () => store.insert(record({ kind: 'sweep', expiresAt: 1 })))
    if (atOnce) Date.now = systemTime
    await Promise.all(inserts)
  } finally {
    Date.now = systemTime
  }
}
