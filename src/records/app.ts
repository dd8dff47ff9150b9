import type { Actor } from '../base/events.ts'
import { partitionOf, partitionOfKey } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { AppJwk } from '../credentials/jwt/app-keys.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'

/** What an app says of itself, in the forms that are stored and compared. An optional field that is absent is no property. */
export interface CheckedFields {
  readonly name: string
  /** The name as it is searched by. */
  readonly foldedName: string
  readonly homepage: string
  readonly homepageAscii: string
  readonly adminEmail: string
  readonly adminEmailAscii: string
  readonly description?: string
  readonly image?: string
  readonly adminPhone?: string
  readonly redirectUrls: readonly string[]
  readonly scopes: readonly string[]
  readonly api?: string
}

/** A secret of an app: its digest, never itself. */
export interface StoredSecret {
  readonly id: string
  readonly digest: string
  readonly createdAt: number
}

/** A registered app. Times are in ms since 1970; stamps are random and mean nothing but "still the same". */
export interface LiveApp {
  readonly state: 'live'
  readonly key: string
  readonly owner: string
  /** The owner's epoch when the app was registered or last got new credentials (ACC-7). */
  readonly epoch?: string
  readonly createdAt: number
  readonly fields: CheckedFields
  readonly trusted: boolean
  readonly public: boolean
  readonly published: boolean
  /** The resource whose tokens it may introspect. */
  readonly resourceServer?: string
  readonly suspended?: { readonly at: number; readonly by: Actor }
  readonly secrets: readonly StoredSecret[]
  /** Public keys. An app has secrets, or keys, or is public. */
  readonly keys: readonly AppJwk[]
  /** The last few ids that were removed: removing one of them again is no mistake. */
  readonly removedSecretIds: readonly string[]
  /** Everything the app holds carries it. */
  readonly generation: string
  /** App-only tokens carry it: a new one ends what the app got by being trusted. */
  readonly trustGeneration: string
  /** Every token that acts for the owner carries it. */
  readonly ownGeneration: string
  /** One for each redirect URL, in their order: the codes bound to it carry it. */
  readonly redirectStamps: readonly string[]
  /** The key of the ids of installs: they tell nobody the account. */
  readonly salt: string
}

/** What is left of a removed app: enough to authorise the repeat, and to stop a registration that arrives late. */
export interface RemovedApp {
  readonly state: 'removed'
  readonly key: string
  readonly owner?: string
  readonly expiresAt: number
}

export type StoredApp = LiveApp | RemovedApp

const KIND = 'a'

export function appRef(key: string): RecordRef {
  return { kind: KIND, partition: partitionOfKey(key), id: key }
}

/** The apps of an owner: the group whose size is limited. */
export function appsOfOwner(owner: string): GroupRef {
  return { kind: KIND, partition: partitionOf(owner), group: `o.${nameOf(24, owner)}` }
}

/** All apps of a partition. */
export function appsOfPartition(partition: string): GroupRef {
  return { kind: KIND, partition, group: 'all' }
}

export const appKind: Kind<StoredApp> = {
  name: KIND,
  isShared: true,
  place(app) {
    const ref = { partition: partitionOfKey(app.key), id: app.key }
    if (app.state === 'removed') return { ...ref, groups: [], position: app.expiresAt, expiresAt: app.expiresAt }
    const groups = [appsOfOwner(app.owner).group, appsOfPartition(ref.partition).group]
    return { ...ref, groups, position: app.createdAt }
  },
  pack: ({ key: _, ...rest }) => JSON.stringify(rest),
  unpack: (record) => ({ ...JSON.parse(record.data), key: record.id }),
}
