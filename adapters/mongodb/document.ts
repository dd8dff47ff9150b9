import { describeValue } from '../../src/base/describe-value.ts'
import { type RecordRef, SLACK_MS, type StoreRecord } from '../../src/store.ts'

/** A record as it is stored in the collection. */
export interface MongoDocument {
  /** `partition:kind:id` */
  readonly _id: string
  /** Repeated from `_id`, so that it can be the shard key. */
  readonly partition: string
  readonly kind: string
  readonly groups: readonly string[]
  readonly position: number
  readonly expiresAt?: number
  /** When the TTL index may delete the document. */
  readonly reclaimAt?: Date
  readonly revision: string
  readonly data: string
  /** The group whose size was limited when the record was inserted, and the record's seat in that group. */
  readonly limited?: string
  readonly seat?: number
}

const LATEST_DATE_MS = 8.64e15

const NAME = /^[A-Za-z0-9._-]{1,200}$/

/** Returns the value if it is a valid name, else throws a TypeError: nothing else may reach a filter. */
export function checkedName(value: unknown, what: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  throw new TypeError(`${what}: expected 1 to 200 characters of A-Za-z0-9._-, received ${describeValue(value)}`)
}

/** Returns the value if it is a finite number, else throws a TypeError. */
export function checkedNumber(value: unknown, what: string): number {
  if (Number.isFinite(value)) return value as number
  throw new TypeError(`${what}: expected a number, received ${describeValue(value)}`)
}

/** The `_id` of the record at a ref. */
export function idOf({ partition, kind, id }: RecordRef): string {
  return `${checkedName(partition, 'partition')}:${checkedName(kind, 'kind')}:${checkedName(id, 'id')}`
}

/** The ref in an `_id`. */
export function refOf(_id: string): RecordRef {
  const [partition, kind, id] = _id.split(':') as [string, string, string]
  return { kind, partition, id }
}

/** When the TTL index may delete a record that expires at this time. */
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

/** The record in a document. */
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
