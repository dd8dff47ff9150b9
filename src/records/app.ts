import type { Actor } from '../base/events.ts'
import { partitionOf, partitionOfKey } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { AppJwk } from '../credentials/jwt/app-jwk.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'
import { stampName } from './stamp-name.ts'

/** The fields of an app, in the form that is stored and compared. An absent optional field is not a property. */
export interface CheckedFields {
  readonly name: string
  /** The name in the form that is searched. */
  readonly foldedName: string
  /** Absent only if the app has registered itself. So is the e-mail address. */
  readonly homepage?: string
  readonly homepageAscii?: string
  readonly adminEmail?: string
  readonly adminEmailAscii?: string
  readonly description?: string
  readonly image?: string
  readonly adminPhone?: string
  readonly redirectUrls: readonly string[]
  readonly scopes: readonly string[]
  readonly apiType?: string
  /** Whether its access tokens must be bound to a key. */
  readonly dpopBoundAccessTokens?: true
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

/** Where an app comes from that has asked its owner to be registered, and that the owner has approved. */
export interface AppOrigin {
  /** `itself`: it has registered itself. `browser`: it has sent its owner to the page on which it was registered. */
  readonly by: 'itself' | 'browser'
  /**
   * The host that publishes its metadata document or, without one, that the first response was sent to, without a port. It is what
   * people were shown before the name, which anyone can choose.
   */
  readonly host: string
  /**
   * The publisher, if there is one, and every host that responses may be sent to, without ports. Programs on the user's device have
   * `localhost`, `127.0.0.1` or `[::1]`, or the scheme of a private-use URL with its colon.
   */
  readonly hosts: readonly string[]
  /** The host that publishes its metadata document. Absent if it has none: then nobody can tell whose program it is. */
  readonly publisher?: string
  /** A digest that is the same for every account: of what the app said of itself, or of the URL of its metadata document. */
  readonly identity?: string
}

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
  /** Absent if its owner, an account above or the host registered it. */
  readonly origin?: AppOrigin
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

/** Whether the app was registered by itself, so that it need not have what developers fill in, and has rules of its own. */
export function hasRegisteredItself({ origin }: Pick<LiveApp, 'origin'>): boolean {
  return origin?.by === 'itself'
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

/** The apps of an owner that come from the same client: one, or a few if it was approved several times at once. */
export function appsOfClient({ owner, identity }: { readonly owner: string; readonly identity: string }): GroupRef {
  return { kind: KIND, partition: partitionOf(owner), group: `c.${nameOf(24, owner, identity)}` }
}

/** The apps of an owner that have the same name when it is folded. */
export function appsOfName({ owner, foldedName }: { readonly owner: string; readonly foldedName: string }): GroupRef {
  return { kind: KIND, partition: partitionOf(owner), group: `n.${nameOf(24, owner, foldedName)}` }
}

export function appsOfPartition(partition: string): GroupRef {
  return { kind: KIND, partition, group: 'all' }
}

/** How a live app is stored. Names in the store never change, so that old records can be read. */
export interface PackedApp
  extends Omit<LiveApp, 'key' | 'fields' | 'credentials' | 'stamp' | 'trustStamp' | 'ownerStamp'> {
  readonly fields: Omit<CheckedFields, 'apiType'> & { readonly api?: string }
  readonly public: boolean
  readonly secrets: readonly StoredSecret[]
  readonly keys: readonly AppJwk[]
  readonly generation: string
  readonly trustGeneration: string
  readonly ownGeneration: string
}

/** The name of what all tokens of an app depend on: that it exists and is not suspended. */
export function activeName(key: string): string {
  return stampName('active', key)
}

function activeNames(app: StoredApp): readonly string[] {
  return app.state === 'removed' || app.suspended ? [] : [activeName(app.key)]
}

export const appKind: Kind<StoredApp> = {
  name: KIND,
  isShared: true,
  stamps(app) {
    if (app.state === 'removed') return []
    const { stamp, trustStamp, ownerStamp } = app
    return [...activeNames(app), ...[stamp, trustStamp, ownerStamp].map((text) => stampName('stamp', text))]
  },
  returningStamps: activeNames,
  place(app) {
    const ref = { partition: partitionOfKey(app.key), id: app.key }
    if (app.state === 'removed') return { ...ref, groups: [], position: app.expiresAt, expiresAt: app.expiresAt }
    const { owner, origin, fields } = app
    const groups = [
      appsOfOwner(owner).group,
      appsOfPartition(ref.partition).group,
      appsOfName({ owner, foldedName: fields.foldedName }).group,
    ]
    if (origin?.identity !== undefined) groups.push(appsOfClient({ owner, identity: origin.identity }).group)
    return { ...ref, groups, position: app.createdAt }
  },
  pack: (app) => JSON.stringify(app.state === 'removed' ? { ...app, key: undefined } : packApp(app)),
  unpack({ id: key, data }) {
    const stored = JSON.parse(data) as PackedApp | Omit<RemovedApp, 'key'>
    return stored.state === 'removed' ? { ...stored, key } : unpackApp(key, stored)
  },
}

/** A live app as it is stored, which its key is not part of. */
export function packApp(app: LiveApp): PackedApp {
  const { key: _, fields, credentials, stamp, trustStamp, ownerStamp, ...rest } = app
  const { apiType, ...otherFields } = fields
  return {
    ...rest,
    fields: { ...otherFields, ...(apiType !== undefined && { api: apiType }) },
    public: credentials.type === 'none',
    secrets: secretsOf(app),
    keys: jwksOf(app),
    generation: stamp,
    trustGeneration: trustStamp,
    ownGeneration: ownerStamp,
  }
}

export function unpackApp(key: string, stored: PackedApp): LiveApp {
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
}
