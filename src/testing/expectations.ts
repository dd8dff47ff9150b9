import { inspect, isDeepStrictEqual } from 'node:util'
import type { StoreRecord } from '../store/store.ts'

/** The store returned something other than the port promises. */
export class UnmetExpectation extends Error {}

/** Throws unless both are deeply equal. `what` describes the value. */
export function expectEqual(what: string, received: unknown, expected: unknown): void {
  if (isDeepStrictEqual(received, expected)) return
  throw new UnmetExpectation(`${what}: expected ${show(expected)}, received ${show(received)}`)
}

/** Throws unless `met`. `expected` describes the value that was expected. */
export function expectThat(met: boolean, expected: string, received: unknown): void {
  if (!met) throw new UnmetExpectation(`expected ${expected}, received ${show(received)}`)
}

/** Throws unless the store returned these records, with these fields and no others, in this order. */
export function expectRecords(
  what: string,
  received: readonly (StoreRecord | undefined)[],
  expected: readonly (StoreRecord | undefined)[],
): void {
  expectEqual(`the number of records (${what})`, received.length, expected.length)
  expected.forEach((record, index) => {
    expectEqual(what, plain(received[index]), plain(record))
  })
}

// A driver's rows may have another prototype, and frozen records are allowed.
function plain(record: StoreRecord | undefined): unknown {
  return record && { ...record, groups: Array.isArray(record.groups) ? [...record.groups] : record.groups }
}

function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 300, maxArrayLength: 20 })
}
