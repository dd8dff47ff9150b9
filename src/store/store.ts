/**
 * Where a record stands. `kind`, `partition` and `id` are 1 to 200 characters of `A-Za-z0-9._-`: core makes them, so a
 * store may put them into keys as they are. They are compared byte by byte.
 */
export interface RecordRef {
  readonly kind: string
  /** The records of one partition share a shard: Redis Cluster's hash tag, the lead of MongoDB's `_id`. */
  readonly partition: string
  readonly id: string
}

/** What a store keeps: versioned text in groups. It knows nothing of OAuth. */
export interface StoreRecord extends RecordRef {
  /** The lists the record stands in, all of its own kind and partition, of the same alphabet as the ids. At most four. */
  readonly groups: readonly string[]
  /** An integer ≥ 0: `expiresAt` where there is one, else the time of creation, in ms since 1970. */
  readonly position: number
  /** In ms since 1970. From then on the store may drop the record, never before. Absent: it lives for ever. */
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
  /** Only what stands strictly behind this place. Default is: from the beginning. */
  readonly after?: Position
  /** How many records at most, 1–1000. */
  readonly limit: number
}

/** What a page of a list holds. */
export interface RecordPage {
  readonly records: readonly StoreRecord[]
  /** False: nothing lies behind the page. A page with `more` is never empty. */
  readonly more: boolean
}

/** How an insert is to be done. */
export interface InsertOptions {
  /** Refuses with `full` where `group`, one of the record's own, already holds `max` records. Used only without `expiresAt`. */
  readonly limit?: { readonly group: string; readonly max: number }
  /** As durable as a replace. Default is: only where the record has no `expiresAt`. */
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
 * The storage port: all that appgrant asks of a database. Each method but `list` is atomic alone; no promise is made over two
 * calls. A store hands a write to its server at most once and lets the driver's error out: core translates it.
 */
export interface Store {
  /** Whether `insert` takes `onlyIf`, in the same atomic step as the write. Default is false: then core never passes it. */
  readonly conditionalInserts?: boolean
  /** The records in the order asked, undefined where absent: one round trip, those of one partition at one instant. */
  get(refs: readonly RecordRef[]): Promise<readonly (StoreRecord | undefined)[]>
  /** Writes nothing if anything is stored at that ref (`exists`). */
  insert(record: StoreRecord, options?: InsertOptions): Promise<InsertResult>
  /**
   * True iff the stored revision was `from.revision`; then `to`, which stands at the same ref, is stored durably, has left the
   * groups of `from` and entered its own. False: nothing was changed.
   */
  replace(from: StoreRecord, to: StoreRecord): Promise<boolean>
  /** Not atomic: a record is returned only if, when it was read, it still stood in the group at the position it was found under. */
  list(group: GroupRef, page: PageRequest): Promise<RecordPage>
  /** How many stand in the group at a position greater than `after`. */
  count(group: GroupRef, after: number): Promise<number>
  /** Hints that a record was replaced: late, twice or never. Resolves when listening, to the function that stops it. */
  watch?(changed: (ref: RecordRef) => void): Promise<() => Promise<void>>
  /** Ends what the store opened itself, never what it was given. */
  close(): Promise<void>
}

// A registered symbol, so that an adapter and a core from two copies of this package understand each other.
const NOT_APPLIED = Symbol.for('appgrant.notApplied')

/** The error for an adapter to throw where it knows that nothing was executed: core then says `store_unavailable`. */
export function notApplied(cause: unknown): Error {
  return Object.assign(new Error('the store did not execute the command', { cause }), { [NOT_APPLIED]: true })
}

/** Whether an adapter marked the error by {@link notApplied}. */
export function isNotApplied(error: unknown): boolean {
  return error instanceof Error && NOT_APPLIED in error
}
