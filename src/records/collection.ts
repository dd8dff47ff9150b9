import { createBoundedMap } from '../base/bounded-map.ts'
import { AppGrantError, isAppGrantError } from '../base/errors.ts'
import { ownText } from '../base/own-text.ts'
import type { RandomText } from '../credentials/random.ts'
import type { InsertOptions, InsertResult, RecordRef, Store, StoreRecord } from '../store/store.ts'
import { conflict, type Retries } from './retries.ts'

const REVISION_LENGTH = 11
/** How much is remembered of records that many calls read: about 20,000 apps of the usual size. */
const MAX_REMEMBERED_BYTES = 48 * 1024 * 1024
const MAX_CONFIRMED_BYTES = 4 * 1024 * 1024
/** What nobody has read for so long is forgotten. */
const FORGOTTEN = { maxMs: 600_000, clock: () => performance.now() }
const CONFIRMED_BYTES = 300

export type { GroupRef, RecordRef, StoreRecord } from '../store/store.ts'

/** How values of one kind are stored: their place, and their text. */
export interface Kind<Value> {
  readonly name: string
  place(value: Value): Omit<StoreRecord, 'kind' | 'revision' | 'data'>
  pack(value: Value): string
  unpack(record: StoreRecord): Value
  /** Whether a record of this kind is read by many calls: the version that was read last is then remembered. */
  readonly isShared?: boolean
  /**
   * Names of what signed tokens depend on in a value: a token is refused once one of its names is gone. A write by which a value
   * loses some of them is entered in the revocation feed.
   */
  stamps?(value: Value): readonly string[]
  /** Those of the names that can come back after they were lost, which is then entered too. Default is none. */
  returningStamps?(value: Value): readonly string[]
}

/** Is told of every write that revokes, before it is done. If it rejects, nothing is written. */
export type BeforeReplace = <Value>(kind: Kind<Value>, from: StoreRecord, value: Value) => Promise<void>

/** A value as it was read last, and the revision that it was read at. */
export interface Remembered<Value> {
  readonly value: Value
  readonly revision: string
}

/** Typed access to the records. Apart from the pages of a list, nothing else calls the store. */
export interface Collection {
  /** One round trip. May return expired records: the caller must check {@link hasExpired}. */
  get(refs: readonly RecordRef[]): Promise<readonly (StoreRecord | undefined)[]>
  /** The value of a record that was read. A shared value is frozen. */
  unpack<Value>(kind: Kind<Value>, record: StoreRecord): Value
  /** Undefined if the record is absent or has expired. @param options - `evenExpired`: for operations that revoke. */
  load<Value>(
    kind: Kind<Value>,
    ref: RecordRef,
    options?: { readonly evenExpired?: boolean },
  ): Promise<Value | undefined>
  insert<Value>(kind: Kind<Value>, value: Value, options?: InsertOptions): Promise<InsertResult>
  /**
   * What was read at the ref last, however long ago, if it is of a shared kind and still remembered. It may be outdated: only a write
   * `onlyIf` the revision is stored shows that it is not. Undefined if the store cannot write so.
   */
  recall<Value>(kind: Kind<Value>, ref: RecordRef): Remembered<Value> | undefined
  /** Puts `value` in the place of what was read. False where something came in between: nothing was written. */
  replace<Value>(kind: Kind<Value>, from: StoreRecord, value: Value): Promise<boolean>
  /** The same for what gives nothing any more, to give its space back: it was revoked by another write, which is in the feed. */
  free<Value>(kind: Kind<Value>, from: StoreRecord, value: Value): Promise<boolean>
  /**
   * Makes sure that what was read is stored durably: writes it again, unless its write was confirmed to this process. A read shows
   * what a failover may still undo. False if something came in between.
   */
  confirm<Value>(kind: Kind<Value>, found: StoreRecord, value: Value): Promise<boolean>
  /**
   * Reads, asks `decide` for the new value, and writes it unless another write came first; then it starts over, a bounded
   * number of times and for a bounded time; after that it rejects with `conflict`. `decide` gets undefined if there is no value; if
   * it returns undefined, nothing is written. An operation must return a value even if nothing changes: only a write confirms it
   * (REV-7). It must also revoke what has expired: by the clock of another node, it may not have expired yet (REV-3).
   */
  write<Value>(kind: Kind<Value>, ref: RecordRef, decide: Decide<Value>): Promise<Value | undefined>
}

/** Returns what is to be stored in the place of `current`, or undefined to write nothing. `isExpired`: by this node's clock. */
export type Decide<Value> = (
  current: Value | undefined,
  isExpired: boolean,
) => Value | undefined | Promise<Value | undefined>

export function createCollection(
  store: Store,
  {
    clock,
    random,
    retries,
    beforeReplace,
  }: {
    readonly clock: () => number
    readonly random: RandomText
    readonly retries: Retries
    /** Undefined without a revocation feed. */
    readonly beforeReplace?: BeforeReplace | undefined
  },
): Collection {
  const record = <Value>(kind: Kind<Value>, value: Value): StoreRecord => {
    const { partition, id, groups, position, expiresAt } = kind.place(value)
    const made = {
      kind: kind.name,
      partition,
      id,
      groups,
      position,
      revision: random(REVISION_LENGTH),
      data: kind.pack(value),
    }
    if (expiresAt === undefined) return made
    ;(made as { -readonly [Field in keyof StoreRecord]: StoreRecord[Field] }).expiresAt = expiresAt
    return made
  }

  const isStored = async (next: StoreRecord) =>
    (await afterWriteAttempt(store.get([next])))[0]?.revision === next.revision

  // One version of each record. Ids of different kinds or partitions that are the same take each other's place.
  const remembered = createBoundedMap<Remembered<unknown> & Pick<StoreRecord, 'kind' | 'partition'>>({
    maxBytes: MAX_REMEMBERED_BYTES,
    age: FORGOTTEN,
  })

  // The revisions that this process wrote last, by the ids of their records.
  const confirmed = createBoundedMap<string>({ maxBytes: MAX_CONFIRMED_BYTES, age: FORGOTTEN })
  const beingConfirmed = new Map<string, Promise<boolean>>()

  const collection: Collection = {
    get: (refs) => store.get(refs),
    unpack<Value>(kind: Kind<Value>, found: StoreRecord) {
      if (!kind.isShared) return kind.unpack(found)
      // A revision is never used twice, so it stands for the text.
      const known = remembered.get(found.id)
      if (known?.revision === found.revision) return known.value as Value
      const { partition, revision } = found
      const id = ownText(found.id)
      const value = deepFrozen(kind.unpack({ ...found, id }))
      remembered.set(id, { kind: kind.name, partition, revision, value }, { bytes: bytesOf(found) })
      return value
    },
    recall<Value>(kind: Kind<Value>, { partition, id }: RecordRef) {
      const known = store.conditionalInserts ? remembered.get(id) : undefined
      return known?.kind === kind.name && known.partition === partition ? (known as Remembered<Value>) : undefined
    },
    async load(kind, ref, { evenExpired = false } = {}) {
      const [found] = await store.get([ref])
      return found && (evenExpired || !hasExpired(found, clock())) ? collection.unpack(kind, found) : undefined
    },
    // A write may be delivered twice, and its result may be that of the second delivery: the stored record may be this one.
    async insert(kind, value, options) {
      const next = record(kind, value)
      const result = await store.insert(next, options)
      const mayBeOurs = result === 'exists' || result === 'stale'
      return mayBeOurs && (await isStored(next)) ? 'inserted' : result
    },
    async replace(kind, from, value) {
      if (beforeReplace && kind.stamps) await beforeReplace(kind, from, value)
      return collection.free(kind, from, value)
    },
    async free(kind, from, value) {
      const next = record(kind, value)
      // Outdated if this is done: what is recalled would be tried in vain.
      remembered.delete(from.id)
      const isDone = (await store.replace(from, next)) || (await isStored(next))
      if (isDone && kind.isShared) confirmed.set(ownText(next.id), next.revision, { bytes: CONFIRMED_BYTES })
      return isDone
    },
    confirm(kind, found, value) {
      const { id, revision } = found
      if (confirmed.get(id) === revision) return Promise.resolve(true)
      // All who read the same wait for one write.
      const confirming = beingConfirmed.get(revision) ?? collection.replace(kind, found, value)
      beingConfirmed.set(revision, confirming)
      return confirming.finally(() => beingConfirmed.delete(revision))
    },
    async write<Value>(kind: Kind<Value>, ref: RecordRef, decide: Decide<Value>) {
      const mayRetry = retries()
      let guarded = <Result>(call: Promise<Result>) => call
      do {
        const [stored] = await guarded(store.get([ref]))
        const value = stored
          ? await decide(collection.unpack(kind, stored), hasExpired(stored, clock()))
          : await decide(undefined, false)
        if (value === undefined) return undefined
        const isDone = stored
          ? await guarded(collection.replace(kind, stored, value))
          : (await guarded(collection.insert(kind, value, { durable: true }))) === 'inserted'
        if (isDone) return value
        guarded = afterWriteAttempt
      } while (mayRetry())
      throw conflict('Other writers were faster each time. Nothing was written: repeat the call.')
    },
  }
  return collection
}

/**
 * For calls after a write has returned. That write may have been delivered twice, been done, and been overwritten since, so a
 * failure no longer means that nothing was written.
 */
async function afterWriteAttempt<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (error) {
    if (!isAppGrantError(error, 'store_unavailable')) throw error
    const { message, cause } = error
    const hint = 'The store failed after a first attempt, which may have succeeded. Repeat the call until it succeeds.'
    throw new AppGrantError('outcome_unknown', { message, hint, cause })
  }
}

/** Whether a record has expired according to `now`. The store may keep it for a while longer. */
export function hasExpired({ expiresAt }: StoreRecord, now: number): boolean {
  return expiresAt !== undefined && !(expiresAt > now)
}

/** About how much the unpacked value of a record takes, rather too much: short texts and numbers take more than their JSON. */
function bytesOf({ data }: StoreRecord): number {
  return 500 + 3 * data.length
}

function deepFrozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFrozen(part)
  return Object.freeze(value)
}
