import type { RecordRef, StoreRecord } from '../../src/store/store.ts'

/** How a record lies in the collection. */
export interface MongoDocument {
  /** `partition:kind:id` */
  readonly _id: string
  /** Of its own, so that it can be the shard key. */
  readonly partition: string
  readonly kind: string
  readonly groups: readonly string[]
  readonly position: number
  readonly expiresAt?: number
  /** From when on the TTL index may drop the document. */
  readonly reclaimAt?: Date
  readonly revision: string
  readonly data: string
  /** The group whose size was limited when the record was inserted, and the place it holds there. */
  readonly limited?: string
  readonly seat?: number
}

// Nodes' clocks differ: an expired record stays this long, as in every store.
const SLACK_MS = 60_000
const LATEST_DATE_MS = 8.64e15

const NAME = /^[A-Za-z0-9._-]{1,200}$/

/** The value, of which is now known that it is a string without a separator: nothing else reaches a filter. */
export function checkedName(value: unknown, what: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  throw new TypeError(`${what}: expected 1 to 200 characters of A-Za-z0-9._-, received ${typeof value}`)
}

/** The value, of which is now known that it is a number. */
export function checkedNumber(value: unknown, what: string): number {
  if (Number.isFinite(value)) return value as number
  throw new TypeError(`${what}: expected a number, received ${typeof value}`)
}

/** The `_id` of the record at a ref. */
export function idOf({ partition, kind, id }: RecordRef): string {
  return `${checkedName(partition, 'partition')}:${checkedName(kind, 'kind')}:${checkedName(id, 'id')}`
}

/** The ref of an `_id`. */
export function refOf(_id: string): RecordRef {
  const [partition, kind, id] = _id.split(':') as [string, string, string]
  return { kind, partition, id }
}

/** When the space of a record may be reclaimed. */
export function reclaimAt(expiresAt: number): Date {
  return new Date(Math.min(expiresAt + SLACK_MS, LATEST_DATE_MS))
}

/** The record as a document. */
export function documentOf(record: StoreRecord): MongoDocument {
  const { kind, partition, position, expiresAt, revision, data } = record
  return {
    _id: idOf(record),
    partition,
    kind,
    groups: record.groups.map((group) => checkedName(group, 'group')),
    position,
    ...(expiresAt === undefined ? {} : { expiresAt, reclaimAt: reclaimAt(expiresAt) }),
    revision,
    data,
  }
}

/** The record of a document. */
export function recordOf(document: MongoDocument): StoreRecord {
  const { _id, groups, position, expiresAt, revision, data } = document
  return {
    ...refOf(_id),
    groups,
    position,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    revision,
    data,
  }
}
