import type { Actor } from '../base/events.ts'
import { partitionOf, partitionOfKey } from '../credentials/app-key.ts'
import { macOf, nameOf } from '../credentials/digest.ts'
import { WIDTH } from '../credentials/token-format.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import type { LiveApp } from './app.ts'
import type { Kind } from './collection.ts'
import { stampName } from './stamp-name.ts'

/** An account's authorization of an app. It gives the app nothing without a session. */
export interface LiveInstall {
  readonly state: 'live'
  /** Derived from the account with the app's salt, so that it does not reveal the account. */
  readonly id: string
  readonly app: string
  readonly account: string
  /** The account's epoch when it authorized the app (ACC-7). */
  readonly epoch?: string
  readonly installedAt: number
  readonly approvedBy: Actor
  /** All scopes granted since the app was installed. */
  readonly scope: readonly string[]
  /** The day of its last use, counted from 1970. Absent if no token was issued under it. */
  readonly lastUsedDay?: number
  /** All resources granted since. Absent if the host has configured none. */
  readonly audience?: readonly string[]
  /** Stamp carried by everything the app holds for the account. */
  readonly stamp: string
  /** Stamp also carried by the access tokens. */
  readonly tokenStamp: string
  /** The latest time at which a session under it can end; {@link NEVER} if it stays until it is withdrawn. */
  readonly expiresAt: number
}

/** A withdrawn install: everything under it is revoked, and the next approval creates a new one. */
export interface EndedInstall {
  readonly state: 'ended'
  readonly id: string
  readonly app: string
  readonly expiresAt: number
}

export type StoredInstall = LiveInstall | EndedInstall

const INSTALL = 'i'
const INDEX_ENTRY = 'p'
/** No unused credential is valid for longer: a year and an hour. */
const TOMBSTONE_MS = (365 * 24 + 1) * 3_600_000

export function installId(app: LiveApp, account: string): string {
  return macOf(app.salt, WIDTH.install, account)
}

export function installRef({ app, install }: { readonly app: string; readonly install: string }): RecordRef {
  return { kind: INSTALL, partition: partitionOfKey(app), id: install }
}

/** The live installs of an app. */
export function installsOfApp(key: string): GroupRef {
  return { kind: INSTALL, partition: partitionOfKey(key), group: key }
}

/** The tombstone of an install, which stays until everything under it would have expired. */
export function endedInstall({ id, app, expiresAt }: StoredInstall, now: number): EndedInstall {
  return { state: 'ended', id, app, expiresAt: Math.min(expiresAt, now + TOMBSTONE_MS) }
}

/** How a live install is stored. Names in the store never change, so that old records can be read. */
interface PackedInstall extends Omit<LiveInstall, 'id' | 'expiresAt' | 'approvedBy' | 'stamp' | 'tokenStamp'> {
  readonly permittedBy: Actor
  readonly generation: string
  readonly tokenGeneration: string
}

export const installKind: Kind<StoredInstall> = {
  name: INSTALL,
  isShared: true,
  stamps: (install) =>
    install.state === 'ended' ? [] : [install.stamp, install.tokenStamp].map((stamp) => stampName('stamp', stamp)),
  place(install) {
    const { id, app, expiresAt, state } = install
    const groups = state === 'live' ? [installsOfApp(app).group] : []
    return { partition: partitionOfKey(app), id, groups, position: expiresAt, expiresAt }
  },
  pack(install) {
    if (install.state === 'ended') return JSON.stringify({ state: install.state, app: install.app })
    const { id: _, expiresAt: __, approvedBy, stamp, tokenStamp, ...rest } = install
    const stored: PackedInstall = { ...rest, permittedBy: approvedBy, generation: stamp, tokenGeneration: tokenStamp }
    return JSON.stringify(stored)
  },
  unpack({ id, position: expiresAt, data }) {
    const stored = JSON.parse(data) as PackedInstall | Pick<EndedInstall, 'state' | 'app'>
    if (stored.state === 'ended') return { ...stored, id, expiresAt }
    const { permittedBy, generation, tokenGeneration, ...rest } = stored
    return { ...rest, id, expiresAt, approvedBy: permittedBy, stamp: generation, tokenStamp: tokenGeneration }
  },
}

/**
 * Index entry of an install in the account's own partition: the apps of an account have many owners, and so are in many
 * partitions. Written after the install, before anything can use it; readers check whether the install still exists.
 */
export interface InstallIndexEntry {
  readonly app: string
  readonly account: string
  /** In no list any more, and without the account. */
  readonly isFreed?: boolean
  readonly expiresAt: number
}

export function installIndexRef({ app, account }: Pick<InstallIndexEntry, 'app' | 'account'>): RecordRef {
  return { kind: INDEX_ENTRY, partition: partitionOf(account), id: `${app}.${nameOf(24, account)}` }
}

/** The index entries of an account. Some may be stale. */
export function installIndexOfAccount(account: string): GroupRef {
  return { kind: INDEX_ENTRY, partition: partitionOf(account), group: nameOf(24, account) }
}

export const installIndexKind: Kind<InstallIndexEntry> = {
  name: INDEX_ENTRY,
  place(entry) {
    const { partition, id } = installIndexRef(entry)
    const { expiresAt, isFreed } = entry
    const groups = isFreed ? [] : [installIndexOfAccount(entry.account).group]
    return { partition, id, groups, position: expiresAt, expiresAt }
  },
  pack: ({ app, account, isFreed }) => JSON.stringify(isFreed ? { app } : { app, account }),
  unpack: (record) => ({ ...JSON.parse(record.data), expiresAt: record.position }),
}
