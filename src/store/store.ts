import { NOT_APPLIED, sanitizeError } from '../base/sanitize-error.ts'

/**
 * How long a store keeps a record after it has expired, in ms: the clocks of all nodes agree within one second, and a node whose
 * clock is behind must still find what it may use.
 */
export const SLACK_MS = 60_000

/**
 * Identifies a record. `kind`, `partition` and `id` are 1 to 200 characters of `A-Za-z0-9._-`. Core generates them, so a store
 * can put them into keys as they are. They are compared byte by byte.
 */
export interface RecordRef {
  readonly kind: string
  /** The records of one partition share a shard: Redis Cluster's hash tag, the lead of MongoDB's `_id`. */
  readonly partition: string
  readonly id: string
}

/** What a store contains: versioned text in groups. A store does not depend on OAuth. */
export interface StoreRecord extends RecordRef {
  /** The groups that list the record, at most four, in its own kind and partition and with the same characters as ids. */
  readonly groups: readonly string[]
  /** An integer ≥ 0: `expiresAt` if there is one, otherwise the time of creation, in ms since 1970. */
  readonly position: number
  /** In ms since 1970. The store may drop the record from then on, but not before. If absent, it never expires. */
  readonly expiresAt?: number
  /** Random, chosen by the writer, never used twice. */
  readonly revision: string
  /** JSON text that a store never parses. */
  readonly data: string
}

/** A list of records: those of `kind` in `partition` that name `group` among their groups. */
export interface GroupRef {
  readonly kind: string
  readonly partition: string
  readonly group: string
}

/** A place in a list. Lists ascend by position, then by id in byte order. */
export interface Position {
  readonly position: number
  readonly id: string
}

/** Part of a list. */
export interface PageRequest {
  /** Only records strictly after this position. Default is from the beginning. */
  readonly after?: Position
  /** Maximum number of records, 1–1000. */
  readonly limit: number
}

/** One page of a list. */
export interface RecordPage {
  readonly records: readonly StoreRecord[]
  /** Whether there are records after this page. A page with `more` is never empty. */
  readonly more: boolean
}

/** How an insert is to be done. */
export interface InsertOptions {
  /** Returns `full` if `group`, one of the record's own, already has `max` records. Used only without `expiresAt`. */
  readonly limit?: { readonly group: string; readonly max: number }
  /** Whether the insert is as durable as a replace. Default is false for a record with `expiresAt`, otherwise true. */
  readonly durable?: boolean
  /**
   * Refuses with `stale` unless `ref`, in the record's own partition, is stored at this revision at the moment of the write. Passed
   * only to a store with {@link Store.conditionalInserts}.
   */
  readonly onlyIf?: { readonly ref: RecordRef; readonly revision: string }
}

/** What became of an insert. Nothing is written unless `inserted`; of the refusals that apply it is the first in this order. */
export type InsertResult = 'inserted' | 'stale' | 'exists' | 'full'

/**
 * The storage port: everything appgrant needs from a database. Each call of a method other than `list` is atomic; nothing is
 * guaranteed across calls. A store sends a write to its server at most once and lets the driver's error out, sanitized by
 * {@link sanitizeError}: core translates it.
 */
export interface Store {
  /** Whether `insert` takes `onlyIf`, in the same atomic step as the write. Default is false: then core never passes it. */
  readonly conditionalInserts?: boolean
  /** The records in the order asked, undefined where absent: one round trip, those of one partition at one instant. */
  get(refs: readonly RecordRef[]): Promise<readonly (StoreRecord | undefined)[]>
  /** Writes nothing if anything is stored at that ref (`exists`). */
  insert(record: StoreRecord, options?: InsertOptions): Promise<InsertResult>
  /**
   * Returns true if and only if the stored revision was `from.revision`: then `to`, which has the same ref, is stored durably,
   * and is listed in its own groups and no longer in those of `from`. If it returns false, nothing was changed.
   */
  replace(from: StoreRecord, to: StoreRecord): Promise<boolean>
  /** Not atomic: a record is returned only if, when it was read, it was still in the group, at the position it was found under. */
  list(group: GroupRef, page: PageRequest): Promise<RecordPage>
  /** The number of records in the group at a position greater than `after`. */
  count(group: GroupRef, after: number): Promise<number>
  /**
   * The clock of the server, in ms since 1970, for a store whose server has a clock of its own. Core compares the clock of the
   * process with it, at first use and every minute.
   */
  time?(): Promise<number>
  /** Hints that a record was replaced, which may arrive late, twice or never. Resolves, once listening, to a function that stops. */
  watch?(changed: (ref: RecordRef) => void): Promise<() => Promise<void>>
  /** Closes what the store opened itself, never what was passed in. */
  close(): Promise<void>
}

/**
 * The error that an adapter throws if it knows that nothing was executed: core then reports `store_unavailable`. Its cause is a
 * sanitized copy of `cause`.
 */
export function notApplied(cause: unknown): Error {
  const error = new Error('the store did not execute the command', { cause: sanitizeError(cause) })
  return Object.defineProperty(error, NOT_APPLIED, { value: true })
}

/** Whether the error was created by {@link notApplied}. */
export function isNotApplied(error: unknown): boolean {
  return error instanceof Error && NOT_APPLIED in error
}
