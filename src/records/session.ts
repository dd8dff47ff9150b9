import { partitionOfKey } from '../credentials/app-key.ts'
import { macOf } from '../credentials/digest.ts'
import { type TokenKind, WIDTH } from '../credentials/token-format.ts'
import type { RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'

/** The stage of a session: its question is outstanding, its code is, its n-th refresh token is. */
export const QUESTION = -1
export const CODE = 0

/**
 * One authorization, from the question to its last refresh token. Each step is one compare-and-set to the next stage, so that
 * exactly once is what the store answers. Times are in ms since 1970.
 */
export interface Session {
  readonly state: 'open' | 'ended'
  readonly id: string
  readonly app: string
  readonly stage: number
  /** Only while the question is outstanding: whom it was put to, and where the answer goes. */
  readonly question?: {
    readonly account: string
    readonly login?: string
    /** The account's epoch when it was asked (ACC-7). */
    readonly epoch?: string
    readonly redirectUrl: string
    readonly state?: string
  }
  /** Digest of the PKCE challenge and the redirect URL: replays of the code are judged by it as long as the session lives. */
  readonly binding: string
  /** Stamps the session works under: of its redirect URL until the code is redeemed, of the app, of the install. */
  readonly redirectStamp: string
  readonly generation: string
  readonly install?: { readonly id: string; readonly generation: string }
  readonly scope: readonly string[]
  /** The resources its tokens may be for. Absent where the host has named none. */
  readonly audience?: readonly string[]
  /** Of the credential that is valid now: the ticket, the code or the refresh token. */
  readonly digest: string
  /** The key of the tags by which every credential of the session, however old, is known as genuine. */
  readonly familyKey: string
  /** The next step's secrets are made of it and of the credential that will be presented: neither gives anything alone. */
  readonly salt: string
  /**
   * The step that led here, so that its repeat gets the same answer. `sealed` is the signed access token that it gave, readable
   * with the credential that was spent for it only: a signature cannot be made a second time.
   */
  readonly last?: { readonly digest: string; readonly salt: string; readonly at: number; readonly sealed?: string }
  /** The end of the credential that is valid now. */
  readonly credentialEndsAt: number
  /** The end of everything, fixed at approval. */
  readonly endsAt: number
  /** Unexpired access tokens, the newest last: only to take them out of the list when the session ends. */
  readonly tokens: readonly { readonly id: string; readonly expiresAt: number }[]
  /** The end of the record: never before that of anything under it. */
  readonly expiresAt: number
}

const KIND = 's'

export function sessionRef({ app, session }: { readonly app: string; readonly session: string }): RecordRef {
  return { kind: KIND, partition: partitionOfKey(app), id: session }
}

/** The tag of the session's credential of that kind and stage. */
export function tagOf(session: Session, kind: TokenKind, stage: number): string {
  return macOf(session.familyKey, WIDTH.tag, kind, String(stage))
}

/** Nothing of an ended session works; it is kept so that its credentials are still known. */
export function endedSession({ question: _, ...session }: Session): Session {
  return { ...session, state: 'ended', tokens: [] }
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
