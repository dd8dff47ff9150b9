import { partitionOfKey } from '../credentials/app-key.ts'
import { macOf } from '../credentials/digest.ts'
import { type TokenKind, WIDTH } from '../credentials/token-format.ts'
import type { RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'

/** The stage of a session: its consent request is pending; its code was issued; or n, if its n-th refresh token was issued. */
export const PENDING = -1
export const CODE = 0

/**
 * One authorization grant and its token family (RFC 9700 §4.14), not a login session: from the consent request to the last
 * refresh token. Each step is one compare-and-set to the next stage, so the store ensures that it happens exactly once. Times
 * are in ms since 1970.
 */
export interface Session {
  readonly state: 'open' | 'ended'
  readonly id: string
  readonly app: string
  readonly stage: number
  /** Only while the consent request is pending: the account it was made to, and where the response goes. */
  readonly consentRequest?: {
    readonly account: string
    readonly login?: string
    /** The account's epoch at that time (ACC-7). */
    readonly epoch?: string
    readonly redirectUrl: string
    readonly state?: string
  }
  /** Digests of the PKCE challenge and of the redirect URL, kept to recognise replays of the code while the session lasts. */
  readonly binding: string
  /** The stamps the session depends on: of its redirect URL until the code is redeemed, of the app, of the install. */
  readonly redirectStamp: string
  readonly stamp: string
  readonly install?: { readonly id: string; readonly stamp: string }
  readonly scope: readonly string[]
  /** The resources its tokens may be for. Absent if the host has configured none. */
  readonly audience?: readonly string[]
  /** Of the current credential: the ticket, the code or the refresh token. */
  readonly digest: string
  /** Key of the tags by which every credential of the session, however old, is recognised as genuine. */
  readonly familyKey: string
  /** The next credentials are derived from this and the presented credential: neither is enough alone. */
  readonly salt: string
  /** The previous step, so that a retry gets the same response. */
  readonly last?: LastStep
  /** When the current credential expires. */
  readonly credentialEndsAt: number
  /** When the whole session expires, fixed at approval. */
  readonly endsAt: number
  /** When the record expires: never before anything that depends on it. */
  readonly expiresAt: number
}

/** How the session got to its stage. */
export interface LastStep {
  /** Of the credential that was exchanged. */
  readonly digest: string
  readonly salt: string
  readonly at: number
  /** The access tokens that it was exchanged for: the first, and one more for each retry with other parameters. */
  readonly tokens: readonly StepToken[]
}

/**
 * An access token of the last step. `sealed` is its text if it is signed, readable only with the credential that was exchanged for
 * it: a signature cannot be reproduced.
 */
export interface StepToken {
  readonly id: string
  readonly expiresAt: number
  readonly sealed?: string
}

const KIND = 's'

export function sessionRef({ app, session }: { readonly app: string; readonly session: string }): RecordRef {
  return { kind: KIND, partition: partitionOfKey(app), id: session }
}

/** The tag of the session's credential of that kind and stage. */
export function tagOf(session: Session, kind: TokenKind, stage: number): string {
  return macOf(session.familyKey, WIDTH.tag, kind, String(stage))
}

/** Nothing of an ended session works. It is kept so that its credentials are still recognised. */
export function endedSession({ consentRequest: _, last: __, ...session }: Session): Session {
  return { ...session, state: 'ended' }
}

export const sessionKind: Kind<Session> = {
  name: KIND,
  isShared: true,
  place: ({ app, id, expiresAt }) => ({
    partition: partitionOfKey(app),
    id,
    groups: [],
    position: expiresAt,
    expiresAt,
  }),
  pack: ({ id: _, expiresAt: __, ...rest }) => JSON.stringify(rest),
  unpack: ({ id, position, data }) => Object.assign(JSON.parse(data), { id, expiresAt: position }),
}
