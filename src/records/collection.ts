import { AppGrantError, isAppGrantError } from '../base/errors.ts'
import type { RandomText } from '../credentials/random.ts'
import type { InsertOptions, RecordRef, Store, StoreRecord } from '../store/store.ts'

/** Every failed try means that another writer succeeded, so this many concurrent writers of one record all succeed. */
const MAX_TRIES = 100
const REVISION_LENGTH = 11
/** How many unpacked values are kept of records that many calls read: 2 kB each at most. */
const MAX_UNPACKED = 10_000

export type { GroupRef, RecordRef, StoreRecord } from '../store/store.ts'

/** How values of one kind are stored: their place, and their text. */
export interface Kind<Value> {
  readonly name: string
  place(value: Value): Omit<StoreRecord, 'kind' | 'revision' | 'data'>
  pack(value: Value): string
  unpack(record: StoreRecord): Value
  /** Whether a record of this kind is read by many calls: each version of one is then unpacked once, while it is kept. */
  readonly isShared?: boolean
}

/** Typed access to the records. Apart from the pages of a list, nothing else calls the store. */
export interface Collection {
  /** One round trip. May return expired records: the caller must check {@link hasExpired}. */
  get(refs: readonly RecordRef[]): Promise<readonly (StoreRecord | undefined)[]>
  /** The value of a record that was read. A shared value is frozen. */
  unpack<Value>(kind: Kind<Value>, record: StoreRecord): Value
  /** Undefined if the record is absent or has expired. */
  load<Value>(kind: Kind<Value>, ref: RecordRef): Promise<Value | undefined>
  insert<Value>(kind: Kind<Value>, value: Value, options?: InsertOptions): Promise<'inserted' | 'exists' | 'full'>
  /** Puts `value` in the place of what was read. False where something came in between: nothing was written. */
  replace<Value>(kind: Kind<Value>, from: StoreRecord, value: Value): Promise<boolean>
  /**
   * Reads, asks `decide` for the new value, and writes it unless another write came first; then it starts over, a bounded
   * number of times. `decide` gets undefined if there is no value; if it returns undefined, nothing is written. An operation
   * must return a value even if nothing changes: only a write confirms it (REV-7).
   */
  write<Value>(
    kind: Kind<Value>,
    ref: RecordRef,
    decide: (current: Value | undefined) => Value | undefined | Promise<Value | undefined>,
  ): Promise<Value | undefined>
}

export function createCollection(store: Store, clock: () => number, random: RandomText): Collection {
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

  // Two halves: where the newer one is full it becomes the older, and what the older still held is forgotten. Taking out the oldest one
  // by one would walk over all that were taken out before.
  let unpacked = new Map<string, { readonly id: string; readonly value: unknown }>()
  let before = unpacked
  const keep = (revision: string, known: { readonly id: string; readonly value: unknown }) => {
    unpacked.set(revision, known)
    if (unpacked.size < MAX_UNPACKED / 2) return
    before = unpacked
    unpacked = new Map()
  }

  const collection: Collection = {
    get: (refs) => store.get(refs),
    unpack<Value>(kind: Kind<Value>, found: StoreRecord) {
      if (!kind.isShared) return kind.unpack(found)
      // A revision is never used twice, so it stands for the text.
      const recent = unpacked.get(found.revision)
      if (recent?.id === found.id) return recent.value as Value
      const known = before.get(found.revision)
      if (known?.id === found.id) {
        keep(found.revision, known)
        return known.value as Value
      }
      const value = deepFrozen(kind.unpack(found))
      keep(found.revision, { id: found.id, value })
      return value
    },
    async load(kind, ref) {
      const [found] = await store.get([ref])
      return found && !hasExpired(found, clock()) ? collection.unpack(kind, found) : undefined
    },
    // A write may be delivered twice, and its result may be that of the second delivery: the stored record may be this one.
    async insert(kind, value, options) {
      const next = record(kind, value)
      const result = await store.insert(next, options)
      return result === 'exists' && (await isStored(next)) ? 'inserted' : result
    },
    async replace(kind, from, value) {
      const next = record(kind, value)
      return (await store.replace(from, next)) || isStored(next)
    },
    async write<Value>(
      kind: Kind<Value>,
      ref: RecordRef,
      decide: (current: Value | undefined) => Value | undefined | Promise<Value | undefined>,
    ) {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const guarded = tries === 0 ? <Result>(call: Promise<Result>) => call : afterWriteAttempt
        const [stored] = await guarded(store.get([ref]))
        const value = await decide(stored && !hasExpired(stored, clock()) ? collection.unpack(kind, stored) : undefined)
        if (value === undefined) return undefined
        const isDone = stored
          ? await guarded(collection.replace(kind, stored, value))
          : (await guarded(collection.insert(kind, value, { durable: true }))) === 'inserted'
        if (isDone) return value
      }
      throw new AppGrantError(
        'conflict',
        {},
        {
          message: 'too many concurrent changes of the same record',
          hint: `Other writers were faster ${MAX_TRIES} times. Nothing was written: repeat the call.`,
        },
      )
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
    throw new AppGrantError('outcome_unknown', {}, { message, hint, cause })
  }
}

/** Whether a record has expired according to `now`. The store may keep it for a while longer. */
export function hasExpired({ expiresAt }: StoreRecord, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

function deepFrozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFrozen(part)
  return Object.freeze(value)
}
