import type { Actor } from '../base/events.ts'
import { partitionOf, partitionOfKey } from '../credentials/app-key.ts'
import { macOf, nameOf } from '../credentials/digest.ts'
import { WIDTH } from '../credentials/token-format.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import type { LiveApp } from './app.ts'
import type { Kind } from './collection.ts'

/** An account authorised an app. By itself it gives the app nothing: that takes a session under it. */
export interface LiveInstall {
  readonly state: 'live'
  /** Tells nobody the account: it is computed from it under the app's salt. */
  readonly id: string
  readonly app: string
  readonly account: string
  /** The account's epoch when it authorised the app (ACC-7). */
  readonly epoch?: string
  readonly installedAt: number
  readonly permittedBy: Actor
  /** All that was granted since the app was installed. */
  readonly scope: readonly string[]
  /** Everything the app holds for the account carries it. */
  readonly generation: string
  /** The access tokens among it carry this too. */
  readonly tokenGeneration: string
  /** When the last session under it ends at the latest. */
  readonly expiresAt: number
}

/** A withdrawn install: what hung on it is dead, and the next approval begins anew. */
export interface EndedInstall {
  readonly state: 'ended'
  readonly id: string
  readonly app: string
  readonly expiresAt: number
}

export type StoredInstall = LiveInstall | EndedInstall

const INSTALL = 'i'
const POINTER = 'p'

export function installId(app: LiveApp, account: string): string {
  return macOf(app.salt, WIDTH.install, account)
}

export function installRef({ app, install }: { readonly app: string; readonly install: string }): RecordRef {
  return { kind: INSTALL, partition: partitionOfKey(app), id: install }
}

/** The accounts that authorise an app now. */
export function installsOfApp(key: string): GroupRef {
  return { kind: INSTALL, partition: partitionOfKey(key), group: key }
}

export const installKind: Kind<StoredInstall> = {
  name: INSTALL,
  isShared: true,
  place(install) {
    const { id, app, expiresAt, state } = install
    const groups = state === 'live' ? [installsOfApp(app).group] : []
    return { partition: partitionOfKey(app), id, groups, position: expiresAt, expiresAt }
  },
  pack: ({ id: _, expiresAt: __, ...rest }) => JSON.stringify(rest),
  unpack: ({ id, position, data }) => Object.assign(JSON.parse(data), { id, expiresAt: position }),
}

/**
 * Says in the account's own partition that an app was installed: an account's apps belong to many owners, who stand elsewhere.
 * Written before the install and never taken back; whoever reads it looks whether the install is still there.
 */
export interface Pointer {
  readonly app: string
  readonly account: string
  readonly expiresAt: number
}

export function pointerRef({ app, account }: Omit<Pointer, 'expiresAt'>): RecordRef {
  return { kind: POINTER, partition: partitionOf(account), id: `${app}.${nameOf(24, account)}` }
}

/** What the account may have installed. */
export function pointersOfAccount(account: string): GroupRef {
  return { kind: POINTER, partition: partitionOf(account), group: nameOf(24, account) }
}

export const pointerKind: Kind<Pointer> = {
  name: POINTER,
  place(pointer) {
    const { partition, id } = pointerRef(pointer)
    const { expiresAt } = pointer
    return { partition, id, groups: [pointersOfAccount(pointer.account).group], position: expiresAt, expiresAt }
  },
  pack: ({ app, account }) => JSON.stringify({ app, account }),
  unpack: (record) => ({ ...JSON.parse(record.data), expiresAt: record.position }),
}
