import type { Actor } from '../base/events.ts'
import { partitionOf, partitionOfKey } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { AppJwk } from '../credentials/jwt/app-jwk.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'

/** The fields of an app, in the form that is stored and compared. An absent optional field is not a property. */
export interface CheckedFields {
  readonly name: string
  /** The name in the form that is searched. */
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
  readonly apiType?: string
}

/** A secret of an app. Only its digest is stored. */
export interface DigestedSecret {
  readonly id: string
  readonly digest: string
  readonly createdAt: number
}

/** A secret as another server has hashed it. Its first use replaces it by a {@link DigestedSecret} with the same id. */
export interface HashedSecret {
  readonly id: string
  readonly legacy: { readonly scheme: string; readonly text: string }
  readonly createdAt: number
}

export type StoredSecret = DigestedSecret | HashedSecret

/** The lifetimes of one app in whole seconds, in the same ranges as those of the host. */
export interface AppLifetimes {
  /** Of its access tokens. Default is that of the host. */
  readonly accessTokenSeconds?: number
  /** Of an unused refresh token. Default is that of the host. */
  readonly refreshIdleSeconds?: number
  /** Of everything issued under one authorization, or `'never'`. Default is that of the host. */
  readonly refreshAbsoluteSeconds?: number | 'never'
}

/** How an app authenticates. A public app does not: it has nothing to authenticate with. */
export type StoredCredentials =
  | { readonly type: 'secrets'; readonly secrets: readonly StoredSecret[] }
  | { readonly type: 'jwks'; readonly jwks: readonly AppJwk[] }
  | { readonly type: 'none' }

/** A registered app. Times are in ms since 1970. Stamps are random and only compared: replacing one revokes what carries it. */
export interface LiveApp {
  readonly state: 'live'
  readonly key: string
  /** The key that it had before it was imported, and still has on the wire: an alias leads from it to this app. */
  readonly importedKey?: string
  readonly owner: string
  /** The owner's epoch when the app was registered or last got new credentials (ACC-7). */
  readonly epoch?: string
  readonly createdAt: number
  readonly fields: CheckedFields
  readonly trusted: boolean
  readonly published: boolean
  /** The day of its last use, counted from 1970. Absent if it has never been issued a token. */
  readonly lastUsedDay?: number
  /** The resource whose tokens it may introspect. */
  readonly resourceServer?: string
  /** In place of the host's lifetimes. */
  readonly lifetimes?: AppLifetimes
  /** Whether its sessions had no end before its lifetimes were changed: installs that never expire may be left. */
  readonly hadNoEnd?: true
  readonly suspended?: { readonly at: number; readonly by: Actor }
  readonly credentials: StoredCredentials
  /** The ids of secrets removed last: removing one of them again is not an error. */
  readonly removedSecretIds: readonly string[]
  /** Carried by everything the app holds. */
  readonly stamp: string
  /** Carried by app-only tokens: a new stamp revokes what the app got by being trusted. */
  readonly trustStamp: string
  /** Carried by every token that acts for the owner. */
  readonly ownerStamp: string
  /** One per redirect URL, in the same order, carried by the codes bound to it. */
  readonly redirectStamps: readonly string[]
  /** Install ids are derived with it, so that they do not reveal the account. */
  readonly salt: string
}

export function secretsOf({ credentials }: LiveApp): readonly StoredSecret[] {
  return credentials.type === 'secrets' ? credentials.secrets : []
}

export function jwksOf({ credentials }: LiveApp): readonly AppJwk[] {
  return credentials.type === 'jwks' ? credentials.jwks : []
}

export function isPublic({ credentials }: LiveApp): boolean {
  return credentials.type === 'none'
}

/** A removed app. It stops a registration that arrives late, and says nothing of the owner (ACC-9). */
export interface RemovedApp {
  readonly state: 'removed'
  readonly key: string
  /** Whether it may have left installs that never expire. */
  readonly hasLasting?: true
  /** The name of its alias, if it has one. */
  readonly alias?: string
  /** The key of the app that was imported with this key: see `alias.ts`. */
  readonly leadsTo?: string
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

export function appsOfPartition(partition: string): GroupRef {
  return { kind: KIND, partition, group: 'all' }
}

/** How a live app is stored. Names in the store never change, so that old records can be read. */
interface PackedApp extends Omit<LiveApp, 'key' | 'fields' | 'credentials' | 'stamp' | 'trustStamp' | 'ownerStamp'> {
  readonly fields: Omit<CheckedFields, 'apiType'> & { readonly api?: string }
  readonly public: boolean
  readonly secrets: readonly StoredSecret[]
  readonly keys: readonly AppJwk[]
  readonly generation: string
  readonly trustGeneration: string
  readonly ownGeneration: string
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
  pack(app) {
    if (app.state === 'removed') return JSON.stringify({ ...app, key: undefined })
    const { key: _, fields, credentials, stamp, trustStamp, ownerStamp, ...rest } = app
    const { apiType, ...otherFields } = fields
    const stored: PackedApp = {
      ...rest,
      fields: { ...otherFields, ...(apiType !== undefined && { api: apiType }) },
      public: credentials.type === 'none',
      secrets: secretsOf(app),
      keys: jwksOf(app),
      generation: stamp,
      trustGeneration: trustStamp,
      ownGeneration: ownerStamp,
    }
    return JSON.stringify(stored)
  },
  unpack({ id: key, data }) {
    const stored = JSON.parse(data) as PackedApp | Omit<RemovedApp, 'key'>
    if (stored.state === 'removed') return { ...stored, key }
    const { fields, public: hasNone, secrets, keys, generation, trustGeneration, ownGeneration, ...rest } = stored
    const { api, ...otherFields } = fields
    return {
      ...rest,
      key,
      fields: { ...otherFields, ...(api !== undefined && { apiType: api }) },
      credentials: hasNone
        ? { type: 'none' }
        : keys.length > 0
          ? { type: 'jwks', jwks: keys }
          : { type: 'secrets', secrets },
      stamp: generation,
      trustStamp: trustGeneration,
      ownerStamp: ownGeneration,
    }
  },
}
