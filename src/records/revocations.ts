import { AppGrantError } from '../base/errors.ts'
import { partitionOf } from '../credentials/app-key.ts'
import type { RandomText } from '../credentials/random.ts'
import type { Position, Store } from '../store/store.ts'
import { appKind } from './app.ts'
import type { BeforeReplace, Kind, RecordRef, StoreRecord } from './collection.ts'
import { installKind } from './install.ts'
import { sessionKind } from './session.ts'
import { tokenKind } from './token.ts'

/** How long an entry is kept: longer than an access token can be valid (a day), by any clock. */
export const KEPT_MS = (24 * 60 + 10) * 60_000
/** An entry that took longer to insert is written again, because readers look back only so far. */
const MAX_INSERT_MS = 5000
const MAX_INSERTS = 3
/**
 * How far readers look back, in ms: every entry that counts is visible so long after the time in it. The rest is for the difference
 * between the clocks of two nodes, as far as both know that of the store's server.
 */
export const LOOK_BACK_MS = 2 * MAX_INSERT_MS
const PARTITION = partitionOf('')
const REVISION_LENGTH = 11
const ID_LENGTH = 16
const READ_AT_ONCE = 500

/**
 * A write that revokes, entered before it is done. It may not have happened: what it names is looked at when the entry is read. As
 * long as the record is at `revision`, the write may still happen. At any other revision it either did happen or never will.
 */
interface Revocation {
  readonly id: string
  /** When it was entered, in ms since 1970. */
  readonly at: number
  readonly ref: RecordRef
  readonly revision: string
  /** What the write takes away, or gives back. */
  readonly stamps: readonly string[]
}

/** How an entry is stored. Names in the store never change, so that old records can be read. */
interface PackedRevocation {
  readonly k: string
  readonly p: string
  readonly i: string
  readonly r: string
  readonly s: readonly string[]
}

const GROUP = { kind: 'r', partition: PARTITION, group: 'all' }

export const revocationKind: Kind<Revocation> = {
  name: GROUP.kind,
  place({ id, at }) {
    const expiresAt = at + KEPT_MS
    return { partition: PARTITION, id, groups: [GROUP.group], position: expiresAt, expiresAt }
  },
  pack({ ref, revision, stamps }) {
    const stored: PackedRevocation = { k: ref.kind, p: ref.partition, i: ref.id, r: revision, s: stamps }
    return JSON.stringify(stored)
  },
  unpack({ id, position, data }) {
    const { k: kind, p: partition, i, r: revision, s: stamps } = JSON.parse(data) as PackedRevocation
    return { id, at: position - KEPT_MS, ref: { kind, partition, id: i }, revision, stamps }
  },
}

const STAMPED = new Map(
  [appKind, installKind, sessionKind, tokenKind].map((kind) => [kind.name, kind as Kind<unknown>]),
)

/** A part of the entries, and what is true of the stamps in them. */
export interface RevocationsPage {
  readonly revoked: readonly string[]
  readonly restored: readonly string[]
  /** Where the part ends; undefined if it is the last. */
  readonly next: Position | undefined
  /** When the first write was entered that may still happen. */
  readonly pendingSince: number | undefined
}

/** The list of the writes that revoke what signed tokens depend on. */
export interface Revocations {
  /** Enters a write, if it revokes anything. */
  readonly beforeReplace: BeforeReplace
  /**
   * Reads the entries after a position and looks up what became of their writes. A write that was entered before `settleBefore` and
   * may still happen is prevented: its record is written again as it is, at another revision.
   */
  read(after: Position, options: { readonly settleBefore: number }): Promise<RevocationsPage>
}

/** Where the entries begin that were written at `at` or later. */
export function positionAt(at: number): Position {
  return { position: at + KEPT_MS, id: '' }
}

export function createRevocations(
  store: Store,
  parts: { readonly random: RandomText; readonly storeTime: () => number; readonly steadyClock: () => number },
): Revocations {
  const { random, storeTime, steadyClock } = parts

  return {
    async beforeReplace(kind, from, value) {
      const stamps = changedStamps(kind, from, value)
      if (stamps.length === 0) return
      const { kind: name, partition, id, revision } = from
      const entry = { ref: { kind: name, partition, id }, revision, stamps }
      for (let inserts = 0; inserts < MAX_INSERTS; inserts++) {
        const sentAt = steadyClock()
        await insert({ ...entry, id: random(ID_LENGTH), at: storeTime() })
        if (steadyClock() - sentAt < MAX_INSERT_MS) return
      }
      throw new AppGrantError('store_unavailable', {
        message: 'the service is temporarily unavailable',
        hint: `The store took longer than ${MAX_INSERT_MS} ms for an entry of the revocation feed. Nothing was revoked: repeat the call.`,
      })
    },

    async read(after, { settleBefore }) {
      const { records, more } = await store.list(GROUP, { after, limit: READ_AT_ONCE })
      const entries = records.map((record) => revocationKind.unpack(record))
      const found = await store.get(entries.map(({ ref }) => ref))
      const current = await Promise.all(
        entries.map(async (entry, at) => {
          const record = found[at]
          const isPending = record?.revision === entry.revision
          if (!record || !isPending || entry.at >= settleBefore) return { record, isPending }
          return { record, isPending: !(await prevent(record)) }
        }),
      )
      const isRevoked = new Map<string, boolean>()
      let pendingSince: number | undefined
      for (const [at, { stamps, at: enteredAt }] of entries.entries()) {
        const { record, isPending } = current[at] ?? { record: undefined, isPending: false }
        if (isPending) pendingSince = Math.min(pendingSince ?? enteredAt, enteredAt)
        const held = new Set(record && stampsOf(record))
        for (const stamp of stamps) isRevoked.set(stamp, !held.has(stamp))
      }
      const names = (revoked: boolean) => [...isRevoked].flatMap(([name, is]) => (is === revoked ? [name] : []))
      const last = records.at(-1)
      const next = more && last ? { position: last.position, id: last.id } : undefined
      return { revoked: names(true), restored: names(false), next, pendingSince }
    },
  }

  async function insert(entry: Revocation): Promise<void> {
    const { partition, id, groups, position, expiresAt } = revocationKind.place(entry)
    const place = { kind: revocationKind.name, partition, id, groups, position, ...(expiresAt && { expiresAt }) }
    const record = { ...place, revision: random(REVISION_LENGTH), data: revocationKind.pack(entry) }
    // The id is random: if it exists, this was delivered twice.
    await store.insert(record, { durable: true })
  }

  /** Nothing changes but the revision, so the write that was entered cannot happen any more. False if it just did. */
  function prevent(record: StoreRecord): Promise<boolean> {
    return store.replace(record, { ...record, revision: random(REVISION_LENGTH) })
  }
}

function changedStamps<Value>(kind: Kind<Value>, from: StoreRecord, value: Value): readonly string[] {
  const [before, after] = [stampsOf(from), kind.stamps?.(value) ?? []]
  const lost = before.filter((stamp) => !after.includes(stamp))
  const back = kind.returningStamps?.(value) ?? []
  return [...lost, ...back.filter((stamp) => !before.includes(stamp))]
}

function stampsOf(record: StoreRecord): readonly string[] {
  const kind = STAMPED.get(record.kind)
  return kind?.stamps?.(kind.unpack(record)) ?? []
}
