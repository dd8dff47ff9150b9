import { randomUUID } from 'node:crypto'
import type { GroupRef, RecordRef, StoreRecord } from '../store/store.ts'

/** The default position of a record: a time of creation. */
export const SOME_TIME = 1_700_000_000_000
/** The greatest possible id: the last one at any position. */
export const LAST_ID = 'z'.repeat(200)

const HEAVY_DATA = JSON.stringify(Array.from({ length: 800 }, () => randomUUID()))

const fresh = (length: number) => randomUUID().replaceAll('-', '').slice(0, length)

/**
 * A record with a new id and revision, in no group. It never expires; if `expiresAt` is given, that is its position.
 */
export function record(fields: Partial<StoreRecord> = {}): StoreRecord {
  return {
    kind: 'thing',
    partition: 'p0',
    id: fresh(16),
    groups: [],
    position: fields.expiresAt ?? SOME_TIME,
    revision: fresh(11),
    data: '{}',
    ...fields,
  }
}

/**
 * A record that takes a database long to store: 31 kB that do not compress well. A store that checks first and then writes
 * leaves others the more time in between.
 */
export function heavyRecord(fields: Partial<StoreRecord> = {}): StoreRecord {
  return record({ data: HEAVY_DATA, ...fields })
}

/** The same record with a new revision. */
export function changed(from: StoreRecord, fields: Partial<StoreRecord> = {}): StoreRecord {
  const position = fields.position ?? fields.expiresAt ?? from.position
  return { ...from, revision: fresh(11), ...fields, position }
}

/** The record that a removal leaves: in no group, and expiring in an hour. */
export function tombstone(of: StoreRecord): StoreRecord {
  return record({ ...refOf(of), expiresAt: inMs(3_600_000), data: '{"gone":true}' })
}

/** The ref alone, without the record's other fields. */
export function refOf({ kind, partition, id }: RecordRef): RecordRef {
  return { kind, partition, id }
}

/** A group of the default kind and partition of {@link record}. */
export function groupOf(group: string, of: Partial<GroupRef> = {}): GroupRef {
  return { kind: 'thing', partition: 'p0', ...of, group }
}

/** A time by the system clock, which stores use. */
export function inMs(ms: number): number {
  return Date.now() + ms
}

/** A time that is past for longer than any slack of a store. */
export function longPast(): number {
  return inMs(-3_600_000)
}

/** The numbers from 0 to `count` − 1. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}
