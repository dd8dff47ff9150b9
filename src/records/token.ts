import { partitionOfKey } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import type { LiveApp } from './app.ts'
import type { Kind } from './collection.ts'
import type { LiveInstall } from './install.ts'

/** An access token. */
export interface LiveToken {
  readonly state: 'live'
  readonly partition: string
  readonly id: string
  /** Of the whole text: so the record cannot be met through another app's ids, and need not repeat them. */
  readonly digest: string
  /**
   * The list it was made for. Its name holds every stamp the token needs, so the token is valid only while this is its
   * holder's current list: what is listed and what works cannot differ.
   */
  readonly group: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly scope: readonly string[]
  /** The resources it is for. Absent where the host has named none: then it is for the issuer. */
  readonly audience?: readonly string[]
  readonly userAgent?: string
  /** For a user's token the stage its session must have reached: it is stored before the session gets there. */
  readonly stage?: number
}

/** A removed access token. The digest stays, so that only who presents the token itself learns that it was removed. */
export interface RemovedToken {
  readonly state: 'removed'
  readonly partition: string
  readonly id: string
  readonly digest: string
  readonly expiresAt: number
}

export type StoredToken = LiveToken | RemovedToken

const KIND = 't'
const NAME = 11

export function tokenRef({ app, token }: { readonly app: string; readonly token: string }): RecordRef {
  return { kind: KIND, partition: partitionOfKey(app), id: token }
}

// An app as it was read is judged by many times: its stamps are digested once.
const appOnlyGroups = new WeakMap<LiveApp, GroupRef>()

/** Where the app-only tokens stand that are valid under the app's stamps. */
export function appOnlyTokens(app: LiveApp): GroupRef {
  const known = appOnlyGroups.get(app)
  if (known) return known
  const stamps = nameOf(NAME, app.generation, app.trustGeneration, app.ownGeneration)
  const group = { kind: KIND, partition: partitionOfKey(app.key), group: appOnlyHolder(app.key) + stamps }
  appOnlyGroups.set(app, group)
  return group
}

// The same of an install, under the app as it was read last.
const userGroups = new WeakMap<LiveInstall, { readonly app: LiveApp; readonly group: GroupRef }>()

/** Where a user's tokens stand that are valid under the stamps of the app and the install. */
export function userTokens(app: LiveApp, install: LiveInstall): GroupRef {
  const known = userGroups.get(install)
  if (known?.app === app) return known.group
  const own = install.account === app.owner ? [app.ownGeneration] : []
  const stamps = nameOf(NAME, app.generation, install.generation, install.tokenGeneration, ...own)
  const group = { kind: KIND, partition: partitionOfKey(app.key), group: userHolder(install.id) + stamps }
  userGroups.set(install, { app, group })
  return group
}

/** What the names of all lists of the app's app-only tokens begin with, whatever their stamps. */
export function appOnlyHolder(key: string): string {
  return `${key.slice(2, 2 + NAME)}.`
}

/** The same for the tokens of one install. */
export function userHolder(install: string): string {
  return `${install.slice(0, NAME)}.`
}

/** The tombstone of a token: in no list, and gone when the token would have been. */
export function removedToken({ partition, id, digest, expiresAt }: StoredToken): RemovedToken {
  return { state: 'removed', partition, id, digest, expiresAt }
}

// Tokens are the many records: their names are short.
interface Packed {
  readonly d: string
  readonly i?: number
  readonly s?: string
  readonly a?: string
  readonly u?: string
  readonly n?: number
}

export const tokenKind: Kind<StoredToken> = {
  name: KIND,
  place(token) {
    const { partition, id, expiresAt } = token
    return { partition, id, groups: token.state === 'live' ? [token.group] : [], position: expiresAt, expiresAt }
  },
  pack(token) {
    // Digests and times need no escapes.
    if (token.state === 'removed') return `{"d":"${token.digest}"}`
    let text = `{"d":"${token.digest}","i":${token.issuedAt}`
    if (token.scope.length > 0) text += `,"s":${JSON.stringify(token.scope.join(' '))}`
    if (token.audience) text += `,"a":${JSON.stringify(token.audience.join(' '))}`
    if (token.userAgent) text += `,"u":${JSON.stringify(token.userAgent)}`
    if (token.stage !== undefined) text += `,"n":${token.stage}`
    return `${text}}`
  },
  unpack({ partition, id, groups, position: expiresAt, data }) {
    const { d: digest, i: issuedAt, s: scope, a: audience, u: userAgent, n: stage } = JSON.parse(data) as Packed
    const [group] = groups
    if (group === undefined || issuedAt === undefined) return { state: 'removed', partition, id, digest, expiresAt }
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
    // Every verification comes here: spreading what is absent would take as long as parsing.
    if (audience !== undefined) token.audience = audience.split(' ')
    if (userAgent !== undefined) token.userAgent = userAgent
    if (stage !== undefined) token.stage = stage
    return token
  },
}
