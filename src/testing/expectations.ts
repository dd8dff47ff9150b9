import { isDeepStrictEqual } from 'node:util'
import type { RecordRef, StoreRecord } from '../store/store.ts'
import { differenceOf, shown } from './differences.ts'

/** The store returned something other than the port promises. */
export class UnmetExpectation extends Error {}

/** The records that a case needs could not be stored, so that its own rule was not checked. */
export class FailedPreparation extends UnmetExpectation {}

/** A ref as messages name it: kind, partition and id. */
export function nameOf({ kind, partition, id }: RecordRef): string {
  return `${kind}/${partition}/${id}`
}

/** Throws unless both are deeply equal. `what` describes the value and names its ref. */
export function expectEqual(what: string, received: unknown, expected: unknown): void {
  if (isDeepStrictEqual(received, expected)) return
  throw new UnmetExpectation(`${what}: ${differenceOf(received, expected)}`)
}

/** Throws unless `met`. `expected` describes the value that was expected. */
export function expectThat(met: boolean, expected: string, received: unknown): void {
  if (!met) throw new UnmetExpectation(`expected ${expected}, received ${shown(received)}`)
}

/** Throws unless the store returned these records, with these fields and no others, in this order. */
export function expectRecords(
  what: string,
  received: readonly (StoreRecord | undefined)[],
  expected: readonly (StoreRecord | undefined)[],
): void {
  expectEqual(`the number of records (${what})`, received.length, expected.length)
  expected.forEach((record, index) => {
    const ref = record ?? received[index]
    expectEqual(ref ? `${what}, ${nameOf(ref)}` : what, plain(received[index]), plain(record))
  })
}

// A driver's rows may have another prototype, and frozen records are allowed.
function plain(record: StoreRecord | undefined): unknown {
  return record && { ...record, groups: Array.isArray(record.groups) ? [...record.groups] : record.groups }
}
