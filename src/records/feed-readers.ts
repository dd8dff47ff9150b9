import { partitionOf } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { Kind, RecordRef } from './collection.ts'

const PARTITION = partitionOf('')
const ID_LENGTH = 32
/** Longer than any receipt waits. */
const KEPT_MS = 48 * 60 * 60_000

/**
 * Says that a verifier has polled the revocation feed. It is never changed, because a list may miss a record that moves in it: a verifier
 * that goes on polling gets another one.
 */
export interface FeedLease {
  readonly id: string
  readonly reader: string
  /** The key of the app that the verifier authenticates as. */
  readonly app: string
  /** It accepts nothing once it has not read the whole feed for so long. */
  readonly silentMs: number
  /** Later than it can accept anything without another lease. */
  readonly expiresAt: number
}

/** All leases, in the order in which they expire. */
export const FEED_LEASES = { kind: 'f', partition: PARTITION, group: 'all' } as const

/** How it is stored. Names in the store never change, so that old records can be read. */
interface PackedLease {
  readonly reader: string
  readonly app: string
  readonly silent: number
}

export const feedLeaseKind: Kind<FeedLease> = {
  name: FEED_LEASES.kind,
  place({ id, expiresAt }) {
    return { partition: PARTITION, id, groups: [FEED_LEASES.group], position: expiresAt, expiresAt }
  },
  pack({ reader, app, silentMs: silent }) {
    const stored: PackedLease = { reader, app, silent }
    return JSON.stringify(stored)
  },
  unpack({ id, position: expiresAt, data }) {
    const { reader, app, silent: silentMs } = JSON.parse(data) as PackedLease
    return { id, reader, app, silentMs, expiresAt }
  },
}

export function feedLeaseRef(id: string): RecordRef {
  return { kind: feedLeaseKind.name, partition: PARTITION, id }
}

/** The id of a verifier. @param name - what it calls itself, of which nothing is stored. */
export function feedReaderId(app: string, name: string): string {
  return nameOf(ID_LENGTH, app, name)
}

/** @param window - one of the times in which a reader polls with the same lease. */
export function feedLeaseId(reader: string, silentMs: number, window: number): string {
  return nameOf(ID_LENGTH, reader, String(silentMs), String(window))
}

/** Says up to which time, in ms since 1970 by the clock of the store, a verifier refuses what was revoked. */
export interface FeedConfirmation {
  readonly reader: string
  readonly at: number
}

export const feedConfirmationKind: Kind<FeedConfirmation> = {
  name: 'n',
  place({ reader: id, at }) {
    const expiresAt = at + KEPT_MS
    return { partition: PARTITION, id, groups: [], position: expiresAt, expiresAt }
  },
  pack: () => '{}',
  unpack: ({ id, position }) => ({ reader: id, at: position - KEPT_MS }),
}

export function feedConfirmationRef(reader: string): RecordRef {
  return { kind: feedConfirmationKind.name, partition: PARTITION, id: reader }
}

/** The time of the latest receipt that anybody has waited for: verifiers confirm until they know what was revoked before. */
export interface WantedReceipt {
  /** In ms since 1970, by the clock of the store. */
  readonly revokedBefore: number
}

/** There is one. */
export const wantedReceiptRef: RecordRef = { kind: 'w', partition: PARTITION, id: 'receipt' }

export const wantedReceiptKind: Kind<WantedReceipt> = {
  name: wantedReceiptRef.kind,
  place({ revokedBefore }) {
    const expiresAt = revokedBefore + KEPT_MS
    return { partition: PARTITION, id: wantedReceiptRef.id, groups: [], position: expiresAt, expiresAt }
  },
  pack: () => '{}',
  unpack: ({ position }) => ({ revokedBefore: position - KEPT_MS }),
}
