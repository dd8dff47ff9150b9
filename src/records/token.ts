import { partitionOfKey } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import { activeName, type LiveApp } from './app.ts'
import type { Kind } from './collection.ts'
import type { LiveInstall } from './install.ts'
import { stampName } from './stamp-name.ts'

/** An access token. */
export interface LiveToken {
  readonly state: 'live'
  readonly partition: string
  readonly id: string
  /** Digest of the whole text, ids included, so that the record is bound to them without storing them. */
  readonly digest: string
  /**
   * The list it was issued to. The name contains every stamp the token depends on, and a token is valid only while this is its
   * holder's current list: listed tokens and valid tokens cannot differ.
   */
  readonly group: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly scope: readonly string[]
  /** The resources it is for. Absent if the host has configured none: then it is for the issuer. */
  readonly audience?: readonly string[]
  readonly userAgent?: string
  /** For a user's token, the session it belongs to, and the stage that must have reached, because the token is stored first. */
  readonly session?: string
  readonly stage?: number
  /** The thumbprint of the key that it is bound to. Absent for a bearer token. */
  readonly jkt?: string
}

/** A removed access token. The digest is kept, so that only the holder of the token learns that it was removed. */
export interface RemovedToken {
  readonly state: 'removed'
  readonly partition: string
  readonly id: string
  readonly digest: string
  /** {@link appOnlyHolder} or {@link userHolder} of the list it was issued to: only its holder may remove it again. */
  readonly holder: string
  readonly expiresAt: number
}

export type StoredToken = LiveToken | RemovedToken

const KIND = 't'
const NAME = 11

export function tokenRef({ app, token }: { readonly app: string; readonly token: string }): RecordRef {
  return { kind: KIND, partition: partitionOfKey(app), id: token }
}

// Many verifications share one app object, so its stamps are hashed once.
const appOnlyGroups = new WeakMap<object, GroupRef>()

/** What the names of an app's lists depend on. */
type Stamped = Pick<LiveApp, 'key' | 'owner' | 'stamp' | 'trustStamp' | 'ownerStamp'>

/** The list of the app-only tokens that are valid with the app's current stamps. */
export function appOnlyTokens(app: Stamped): GroupRef {
  const known = appOnlyGroups.get(app)
  if (known) return known
  const stamps = nameOf(NAME, app.stamp, app.trustStamp, app.ownerStamp)
  const group = { kind: KIND, partition: partitionOfKey(app.key), group: appOnlyHolder(app.key) + stamps }
  appOnlyGroups.set(app, group)
  return group
}

// The same for an install, with the app as it was last read.
const userGroups = new WeakMap<LiveInstall, { readonly app: Stamped; readonly group: GroupRef }>()

/** The list of a user's tokens that are valid with the current stamps of the app and the install. */
export function userTokens(app: Stamped, install: LiveInstall): GroupRef {
  const known = userGroups.get(install)
  if (known?.app === app) return known.group
  const own = install.account === app.owner ? [app.ownerStamp] : []
  const stamps = nameOf(NAME, app.stamp, install.stamp, install.tokenStamp, ...own)
  const group = { kind: KIND, partition: partitionOfKey(app.key), group: userHolder(install.id) + stamps }
  userGroups.set(install, { app, group })
  return group
}

/**
 * The names by which the revocation feed knows what a token depends on: the same as the name of its list, the session, the token
 * itself, and that the app is active.
 */
export function stampsOfToken(
  { id, session }: LiveToken,
  app: Stamped,
  install: LiveInstall | undefined,
): readonly string[] {
  const isOwners = !install || install.account === app.owner
  const stamps = [
    app.stamp,
    ...(install ? [install.stamp, install.tokenStamp] : [app.trustStamp]),
    ...(isOwners ? [app.ownerStamp] : []),
  ]
  return [
    activeName(app.key),
    ...stamps.map((stamp) => stampName('stamp', stamp)),
    ...(session === undefined ? [] : [stampName('session', session)]),
    stampName('token', id),
  ]
}

/** Prefix of the names of all lists of the app's app-only tokens, whatever their stamps. */
export function appOnlyHolder(key: string): string {
  return `${key.slice(2, 2 + NAME)}.`
}

/** The same for the tokens of one install. */
export function userHolder(install: string): string {
  return `${install.slice(0, NAME)}.`
}

/** The holder that a token was issued to, by the prefix of its list. */
export function holderOf(token: StoredToken): string {
  return token.state === 'removed' ? token.holder : token.group.slice(0, NAME + 1)
}

/** The tombstone of a token: in no list, and it expires when the token would have. */
export function removedToken(token: StoredToken): RemovedToken {
  const { partition, id, digest, expiresAt } = token
  return { state: 'removed', partition, id, digest, holder: holderOf(token), expiresAt }
}

// Tokens are the most numerous records, so property names are short.
interface Packed {
  readonly d: string
  readonly i?: number
  /** Only of a removed token. */
  readonly h?: string
  readonly s?: string
  readonly a?: string
  readonly u?: string
  readonly f?: string
  readonly n?: number
  readonly k?: string
}

export const tokenKind: Kind<StoredToken> = {
  name: KIND,
  stamps: (token) => (token.state === 'live' ? [stampName('token', token.id)] : []),
  place(token) {
    const { partition, id, expiresAt } = token
    return { partition, id, groups: token.state === 'live' ? [token.group] : [], position: expiresAt, expiresAt }
  },
  pack(token) {
    // Digests, ids and times need no escaping.
    if (token.state === 'removed') return `{"d":"${token.digest}","h":"${token.holder}"}`
    let text = `{"d":"${token.digest}","i":${token.issuedAt}`
    if (token.scope.length > 0) text += `,"s":${JSON.stringify(token.scope.join(' '))}`
    if (token.audience) text += `,"a":${JSON.stringify(token.audience.join(' '))}`
    if (token.userAgent) text += `,"u":${JSON.stringify(token.userAgent)}`
    if (token.session !== undefined) text += `,"f":"${token.session}"`
    if (token.stage !== undefined) text += `,"n":${token.stage}`
    if (token.jkt !== undefined) text += `,"k":"${token.jkt}"`
    return `${text}}`
  },
  unpack({ partition, id, groups, position: expiresAt, data }) {
    const packed = JSON.parse(data) as Packed
    const {
      d: digest,
      i: issuedAt,
      h: holder,
      s: scope,
      a: audience,
      u: userAgent,
      f: session,
      n: stage,
      k: jkt,
    } = packed
    const [group] = groups
    if (group === undefined || issuedAt === undefined)
      return { state: 'removed', partition, id, digest, holder: holder ?? '', expiresAt }
    const token: { -readonly [Name in keyof LiveToken]: LiveToken[Name] } = {
      state: 'live',
      partition,
      id,
      digest,
      group,
      issuedAt,
      expiresAt,
      scope: scope ? scope.split(' ') : [],
    }
    // Every verification runs this, and spreading absent properties would take as long as parsing.
    if (audience !== undefined) token.audience = audience.split(' ')
    if (userAgent !== undefined) token.userAgent = userAgent
    if (session !== undefined) token.session = session
    if (stage !== undefined) token.stage = stage
    if (jkt !== undefined) token.jkt = jkt
    return token
  },
}
