import { randomUUID } from 'node:crypto'
import type { GroupRef, RecordRef, StoreRecord } from '../store/store.ts'

/** The position of a record that says nothing else: a time of creation. */
export const SOME_TIME = 1_700_000_000_000
/** The greatest id there can be: nothing at a position stands behind it. */
export const LAST_ID = 'z'.repeat(200)

const fresh = (length: number) => randomUUID().replaceAll('-', '').slice(0, length)

/** A record with its own id and revision, in no group, that lives for ever; where `expiresAt` is given, it is the position. */
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

/** The same record at a new revision. */
export function changed(from: StoreRecord, fields: Partial<StoreRecord> = {}): StoreRecord {
  const position = fields.position ?? fields.expiresAt ?? from.position
  return { ...from, revision: fresh(11), ...fields, position }
}

/** What a removal leaves: in no group, gone in an hour. */
export function tombstone(of: StoreRecord): StoreRecord {
  return record({ ...refOf(of), expiresAt: inMs(3_600_000), data: '{"gone":true}' })
}

/** The ref alone, without the record's other fields. */
export function refOf({ kind, partition, id }: RecordRef): RecordRef {
  return { kind, partition, id }
}

/** A group of the kind and partition that {@link record} gives. */
export function groupOf(group: string, of: Partial<GroupRef> = {}): GroupRef {
  return { kind: 'thing', partition: 'p0', ...of, group }
}

/** A time by the system's clock, which is the one stores go by. */
export function inMs(ms: number): number {
  return Date.now() + ms
}

/** Beyond every slack a store may give. */
export function longPast(): number {
  return inMs(-3_600_000)
}

/** `count` numbers from 0, for that many records or callers. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}
