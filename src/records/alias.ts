import { isKey, PARTITIONS, partitionOfKey } from '../credentials/app-key.ts'
import { digestOf } from '../credentials/digest.ts'
import type { RecordRef } from '../store/store.ts'
import { appRef } from './app.ts'
import type { Kind } from './collection.ts'
import { NEVER } from './never.ts'

/** Leads from the key that an imported app had elsewhere to the app. It permits nothing without the app. */
export interface LiveAlias {
  readonly state: 'live'
  /** {@link aliasName} of the key. */
  readonly name: string
  /** The app's key. */
  readonly app: string
}

/** The alias of a removed app, which stays for as long as the tombstone of the app; or the place is taken by something else. */
export interface RemovedAlias {
  readonly state: 'removed'
  readonly name: string
  readonly expiresAt: number
}

export type StoredAlias = LiveAlias | RemovedAlias

const KIND = 'k'

/**
 * What the key of an imported app is stored as: its digest, because it may have any characters. One with the form of a key of this
 * package is stored as it is, where an app with that key would be, so that one read finds either.
 */
export function aliasName(importedKey: string): string {
  return isKey(importedKey) ? importedKey : digestOf(importedKey)
}

/** Where the alias of that name is stored, and how. */
export function aliasAt(name: string): { readonly kind: Kind<StoredAlias>; readonly ref: RecordRef } {
  return isKey(name) ? { kind: forwardKind, ref: appRef(name) } : { kind: aliasKind, ref: aliasRef(name) }
}

export function removedAlias(name: string, expiresAt: number): RemovedAlias {
  return { state: 'removed', name, expiresAt }
}

/** Spread over all partitions by the digest, because nothing else of the app is known when it is looked up. */
function aliasRef(name: string): RecordRef {
  const [first = 0] = Buffer.from(name.slice(0, 2), 'base64url')
  return { kind: KIND, partition: PARTITIONS[first] as string, id: name }
}

const aliasKind: Kind<StoredAlias> = {
  name: KIND,
  isShared: true,
  place(alias) {
    const { partition, id } = aliasRef(alias.name)
    if (alias.state === 'live') return { partition, id, groups: [], position: 0 }
    return { partition, id, groups: [], position: alias.expiresAt, expiresAt: alias.expiresAt }
  },
  pack: (alias) => JSON.stringify(alias.state === 'live' ? { app: alias.app } : {}),
  unpack({ id: name, data, position: expiresAt }) {
    const { app } = JSON.parse(data) as { readonly app?: string }
    return app === undefined ? { state: 'removed', name, expiresAt } : { state: 'live', name, app }
  },
}

/** An alias in the place of an app: the tombstone of an app that leads to another. To everything else it is a removed app. */
const forwardKind: Kind<StoredAlias> = {
  name: appRef('').kind,
  place(alias) {
    const expiresAt = alias.state === 'live' ? NEVER : alias.expiresAt
    return { partition: partitionOfKey(alias.name), id: alias.name, groups: [], position: expiresAt, expiresAt }
  },
  pack(alias) {
    const { expiresAt } = forwardKind.place(alias)
    return JSON.stringify({ state: 'removed', ...(alias.state === 'live' && { leadsTo: alias.app }), expiresAt })
  },
  unpack({ id: name, data, position: expiresAt }) {
    const { leadsTo: app } = JSON.parse(data) as { readonly leadsTo?: string }
    return app === undefined ? { state: 'removed', name, expiresAt } : { state: 'live', name, app }
  },
}
