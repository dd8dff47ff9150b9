import { partitionOfKey } from '../credentials/app-key.ts'
import { macOf } from '../credentials/digest.ts'
import { WIDTH } from '../credentials/token-format.ts'
import type { GroupRef, RecordRef } from '../store/store.ts'
import { type LiveApp, type PackedApp, packApp, unpackApp } from './app.ts'
import type { Kind } from './collection.ts'
import { stampName } from './stamp-name.ts'

/** The stage of a session while its consent request is pending, while its code is current, and while its first refresh token is. */
const PENDING = -1
export const CODE = 0
export const FIRST_REFRESH = 1

/** What every session has. Times are in ms since 1970. */
interface SessionBase {
  readonly id: string
  readonly app: string
  /**
   * Digests of the PKCE challenge and of the redirect URL or, if a device has asked, of its device code, kept to recognise replays of
   * the code while the session lasts. Empty, as `redirectStamp` is, if the session was started by an imported refresh token: it never
   * had a code.
   */
  readonly binding: string
  /** The stamps the session depends on: of its redirect URL until the code is exchanged, absent for a device, and of the app. */
  readonly redirectStamp?: string
  readonly stamp: string
  /** The app, if nothing but this session has it: the exchange of the code registers it, with the install. */
  readonly newApp?: LiveApp
  readonly scope: readonly string[]
  /** The resources its tokens may be for. Absent if the host has configured none. */
  readonly audience?: readonly string[]
  /** The key that proofs must be by. Absent if the credentials are not bound to one. */
  readonly boundTo?: BoundTo
  /** How the user had signed in when the app asked. Absent if the host does not say. */
  readonly signIn?: SessionSignIn
  /** Of the current credential: the ticket, the code or the refresh token. */
  readonly digest: string
  /** Key of the tags by which every credential of the session, however old, is recognised as genuine. */
  readonly familyKey: string
  /** The next credentials are derived from this and the presented credential: neither is enough alone. */
  readonly salt: string
  /** When the current credential expires. */
  readonly credentialEndsAt: number
  /** When the whole session expires, fixed at approval. */
  readonly endsAt: number
  /** When it gives nothing any more: never before anything that depends on it. */
  readonly expiresAt: number
  /** Until when its record is kept at least: its pushed request may be opened again. Absent if there was none. */
  readonly keptUntil?: number
}

/** The account has not decided yet. */
export interface PendingSession extends SessionBase {
  readonly state: 'pending'
  readonly consentRequest: ConsentRequest
}

/** The account has approved. */
export interface OpenSession extends SessionBase {
  readonly state: 'open'
  /** 0 while the code is current, n while the n-th refresh token is. */
  readonly stage: number
  readonly install: SessionInstall
  /** The previous step, so that a retry gets the same response. Absent if there is none, or no retry of it is answered. */
  readonly last?: LastStep
  /**
   * Whether the account has also granted access. Only while the current credential is the code of a registration that the app has
   * started in the browser.
   */
  readonly grants?: boolean
  /** Absent once the code was exchanged. */
  readonly decided?: Decided
}

/** Nothing of it works. It is kept so that its credentials are still recognised. */
export interface EndedSession extends SessionBase {
  readonly state: 'ended'
  readonly stage: number
  /** Absent if the account had not approved. */
  readonly install?: SessionInstall
  /** Only if the account denied. */
  readonly decided?: Decided
}

/**
 * One authorization grant and its token family (RFC 9700 §4.14), not a login session: from the consent request to the last
 * refresh token. Each step is one compare-and-set to the next stage, so the store ensures that it happens exactly once.
 */
export type Session = PendingSession | OpenSession | EndedSession

/** A session that its account has approved, or has denied. */
export type ApprovedSession = OpenSession | EndedSession

/** Whether its account has approved it, even if it has ended since. */
export function wasApproved(
  session: Session,
): session is OpenSession | (EndedSession & Required<Pick<EndedSession, 'install'>>) {
  return session.state === 'open' || (session.state === 'ended' && session.install !== undefined)
}

/** The account that was asked, and where the response goes. */
export interface ConsentRequest {
  readonly account: string
  readonly login?: string
  /** The account's epoch at that time (ACC-7). */
  readonly epoch?: string
  /** Absent if a device has asked. */
  readonly redirectUrl?: string
  readonly state?: string
}

/** The key that the credentials of a session are bound to: those of an earlier stage can be used without it. */
export interface BoundTo {
  /** Its thumbprint. */
  readonly jkt: string
  readonly fromStage: number
}

/** How the user of a session had signed in. */
export interface SessionSignIn {
  /** In ms since 1970. */
  readonly at?: number
  readonly acr?: string
}

/** What the account decided, so that a repeat of the decision gets the same response. */
export interface Decided {
  /** Of the ticket. */
  readonly digest: string
  readonly at: number
  readonly consentRequest: ConsentRequest
}

/** The install that a session works under, while the install has this stamp. */
export interface SessionInstall {
  readonly id: string
  readonly stamp: string
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

/** How the user had signed in, as it is shown. */
export function userAuthenticationOf({ at, acr }: SessionSignIn): {
  readonly authenticatedAt?: Date
  readonly acr?: string
} {
  return { ...(at !== undefined && { authenticatedAt: new Date(at) }), ...(acr !== undefined && { acr }) }
}

export function sessionRef({ app, session }: { readonly app: string; readonly session: string }): RecordRef {
  return { kind: KIND, partition: partitionOfKey(app), id: session }
}

/** The sessions of an app that have a refresh token, for an export: nothing else lists sessions. */
export function sessionsOfApp(key: string): GroupRef {
  return { kind: KIND, partition: partitionOfKey(key), group: key }
}

/** The tag of the session's credential of that kind and stage. */
export function tagOf(session: Session, kind: string, stage: number): string {
  return macOf(session.familyKey, WIDTH.tag, kind, String(stage))
}

/** Whether it gives nothing any more, by its own time. Its record may be kept for longer. */
export function isOver({ expiresAt, endsAt }: Session, now: number): boolean {
  return now >= Math.min(expiresAt, endsAt)
}

export function endedSession({ newApp: _, ...session }: Session): EndedSession {
  if (session.state === 'ended') return session
  if (session.state === 'open') {
    const { last: _, decided: __, grants: ___, ...kept } = session
    return { ...kept, state: 'ended' }
  }
  const { consentRequest: __, ...kept } = session
  return { ...kept, state: 'ended', stage: PENDING }
}

/** The session of a request that its account has denied. The app is kept, so that a repeat of the decision gets the same response. */
export function deniedSession(asked: PendingSession, decided: Decided): EndedSession {
  return { ...endedSession(asked), ...(asked.newApp && { newApp: asked.newApp }), decided }
}

/** How a session is stored. Names in the store never change, so that old records can be read. */
interface PackedSession extends Omit<SessionBase, 'id' | 'stamp' | 'expiresAt' | 'newApp'> {
  readonly state: 'open' | 'ended'
  /** {@link PENDING} if the session is pending, or has ended without an approval. */
  readonly stage: number
  readonly question?: ConsentRequest
  readonly generation: string
  readonly newApp?: PackedApp
  readonly install?: { readonly id: string; readonly generation: string }
  readonly last?: LastStep
  readonly decided?: Decided
}

export const sessionKind: Kind<Session> = {
  name: KIND,
  isShared: true,
  // No token depends on a session that is not open yet.
  stamps: ({ state, id }) => (state === 'open' ? [stampName('session', id)] : []),
  place(session) {
    const { app, id, expiresAt, keptUntil = 0 } = session
    const isListed = session.state === 'open' && session.stage >= FIRST_REFRESH
    const groups = isListed ? [sessionsOfApp(app).group] : []
    return {
      partition: partitionOfKey(app),
      id,
      groups,
      position: expiresAt,
      expiresAt: Math.max(expiresAt, keptUntil),
    }
  },
  pack(session) {
    const { id: _, expiresAt: __, stamp: generation, newApp, ...rest } = session
    const common = { generation, ...(newApp && { newApp: packApp(newApp) }) }
    if (rest.state === 'pending') {
      const { consentRequest: question, ...base } = rest
      return textOf({ ...base, ...common, state: 'open', stage: PENDING, question })
    }
    const { install, ...base } = rest
    return textOf({ ...base, ...common, ...(install && { install: { id: install.id, generation: install.stamp } }) })
  },
  unpack({ id, position: expiresAt, data }) {
    const {
      state,
      stage,
      question,
      generation,
      install: stored,
      last,
      newApp,
      ...rest
    } = JSON.parse(data) as PackedSession
    const base = { ...rest, id, expiresAt, stamp: generation, ...(newApp && { newApp: unpackApp(rest.app, newApp) }) }
    const install = stored && { id: stored.id, stamp: stored.generation }
    if (state === 'open' && question) return { ...base, state: 'pending', consentRequest: question }
    if (state === 'open' && install) return { ...base, state, stage, install, ...(last && { last }) }
    return { ...base, state: 'ended', stage, ...(install && { install }) }
  },
}

function textOf(packed: PackedSession): string {
  return JSON.stringify(packed)
}
