import { isAppGrantError } from '../../base/errors.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'

/** The least part of `timeoutMs` that numbers are waited for, if the rest of the call took longer. */
const LEAST_PART = 5

/**
 * Reads numbers for each of several rows, a few rows at once. A number that cannot be read in time is left out: it must not cost the
 * rows themselves.
 *
 * @param call - `startedAt`: the `performance.now()` at which it began. The numbers should not make it longer than `timeoutMs`.
 */
export async function numbersInTime<Row, Name extends string>(
  rows: readonly Row[],
  read: (row: Row) => Readonly<Record<Name, Promise<number>>>,
  { startedAt, timeoutMs }: { readonly startedAt: number; readonly timeoutMs: number },
): Promise<readonly Partial<Record<Name, number>>[]> {
  const counted = rows.map((row) => ({ row, numbers: {} as Partial<Record<Name, number>> }))
  let isLate = false
  const reading = fewAtOnce(counted, async ({ row, numbers }) => {
    if (isLate) return
    const note = async ([name, number]: [string, Promise<number>]) => {
      const known = await unlessOutage(number)
      if (known !== undefined && !isLate) numbers[name as Name] = known
    }
    await Promise.all(Object.entries<Promise<number>>(read(row)).map(note))
  })
  await waitFor(reading, Math.max(startedAt + timeoutMs - performance.now(), timeoutMs / LEAST_PART))
  isLate = true
  return counted.map(({ numbers }) => numbers)
}

async function unlessOutage(number: Promise<number>): Promise<number | undefined> {
  try {
    return await number
  } catch (error) {
    if (!isAppGrantError(error, 'store_unavailable', 'directory_unavailable')) throw error
    return undefined
  }
}

/** Waits until the work is done, but no longer than `ms`. */
async function waitFor(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
