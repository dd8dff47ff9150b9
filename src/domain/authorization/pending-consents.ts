import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import { appKind, appRef, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import {
  type ApprovedSession,
  type ConsentRequest,
  type Decided,
  deniedSession,
  type PendingSession,
  type Session,
  sessionKind,
  sessionRef,
} from '../../records/session.ts'
import { assertNotSuspended } from '../accounts/may-act.ts'
import { isUsableRedirect } from '../apps/usable-redirect.ts'
import type { AccountLimits } from '../input/account-limits.ts'
import { type AskedAccount, idInput } from '../input/input.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import type { Known } from '../refusals.ts'
import type { ConsentDecision } from './authorization.ts'
import { invalidTicket } from './invalid-ticket.ts'
import { invalidRequest } from './request-params.ts'

/** For how long an account may be asked. */
export const PENDING_MS = 600_000
/** How long a decision can be repeated: longer than a failover of a store takes. */
const REPEAT_MS = 30_000

/** A consent request that was decided a moment ago. */
export type DecidedSession = ApprovedSession & { readonly decided: Decided }

/** The tickets of consent requests, of registrations that an app starts in the browser, and of devices. */
export type TicketKind = 'qt' | 'rq' | 'dq'

/** A consent request that is pending, or was decided a moment ago. */
export interface AskedConsent {
  readonly session: PendingSession | DecidedSession
  readonly app: LiveApp
  readonly consentRequest: ConsentRequest
}

/** The consent requests that wait for a decision. Each is a session that gives nothing yet. */
export interface PendingConsents {
  /**
   * A new consent request, and the ticket with which the account decides. It is not stored yet.
   *
   * @param requested - `endsAt`: until when the account may decide; default is ten minutes, which is the longest. `id`: that of the
   *   session of a pushed request, which leads to no other before it has expired; default is a random one.
   */
  create(
    app: LiveApp,
    consentRequest: ConsentRequest,
    requested: Pick<Session, 'scope' | 'audience' | 'binding' | 'redirectStamp' | 'signIn' | 'newApp' | 'boundTo'> & {
      readonly endsAt?: number
      readonly id?: string
    },
  ): { readonly session: PendingSession; readonly ticket: string }
  /**
   * Stores a new consent request, or puts it in the place of the one that the same account was shown before for the same pushed
   * request. Rejects with `invalid_request` if that was decided, or is another account's.
   */
  store(session: PendingSession): Promise<void>
  /** The consent request of a ticket, if account and login are those it was made to, and the app is unchanged. */
  load(decision: ConsentDecision, actor: AskedAccount, known: Known): Promise<AskedConsent>
  /** Uses up the ticket, with one compare-and-set. False if it was decided meanwhile. */
  consume(pending: PendingSession, next: (session: PendingSession, decided: Decided) => Session): Promise<boolean>
  /** Writes a decided session again, because only a write confirms it (REV-7). Rejects with `invalid_ticket` if it has changed. */
  confirm(decided: DecidedSession): Promise<void>
  /** Ends the session, or confirms that it has ended. False if it was decided meanwhile. Rejects with `invalid_ticket` if approved. */
  deny(session: PendingSession | DecidedSession): Promise<boolean>
}

export function createPendingConsents(parts: {
  readonly collection: Collection
  readonly format: TokenFormat
  readonly accountLimits: AccountLimits
  readonly redirects: RedirectPolicy
  readonly random: RandomText
  readonly clock: () => number
  readonly ticketKind: TicketKind
}): PendingConsents {
  const { collection, format, accountLimits, redirects, random, clock, ticketKind } = parts

  return {
    create(app, consentRequest, requested) {
      accountLimits.assertMayAsk(consentRequest.account)
      const { id = random(WIDTH.session) } = requested
      const ticket = format.write(ticketKind, { app: app.key, session: id, secret: random(WIDTH.secret) })
      const longest = clock() + PENDING_MS
      const endsAt = Math.min(longest, requested.endsAt ?? longest)
      const session: PendingSession = {
        ...requested,
        state: 'pending',
        id,
        app: app.key,
        consentRequest,
        stamp: app.stamp,
        digest: digestOf(ticket),
        familyKey: random(WIDTH.secret),
        salt: random(WIDTH.secret),
        credentialEndsAt: endsAt,
        endsAt,
        expiresAt: endsAt,
        ...(requested.id !== undefined && { keptUntil: endsAt }),
      }
      return { session, ticket }
    },

    async store(session) {
      if ((await collection.insert<Session>(sessionKind, session)) === 'inserted') return
      const { account, login } = session.consentRequest
      const ref = sessionRef({ app: session.app, session: session.id })
      const written = await collection.write<Session>(sessionKind, ref, (before, isExpired) => {
        const asked = before?.state === 'pending' && !isExpired ? before.consentRequest : undefined
        return asked?.account === account && asked.login === login ? session : undefined
      })
      if (!written) throw invalidRequest('request_uri: expected one that was not used before')
    },

    async load(decision, actor, known) {
      const ticket = idInput(decision.ticket, 'ticket')
      const parsed = format.read(ticket)
      if (parsed?.kind !== ticketKind) throw invalidTicket('unknown')
      const [session, stored] = await Promise.all([
        collection.load(sessionKind, sessionRef(parsed)),
        collection.load(appKind, appRef(parsed.app)),
      ])
      if (!session || session.app !== parsed.app) throw invalidTicket('unknown')
      const asked = session.state === 'pending' ? session : session.decided
      if (asked && !sameDigest(asked.digest, digestOf(ticket))) throw invalidTicket('unknown')
      if (stored) known.app = session.app
      if (!asked || !isUsable(session)) throw invalidTicket('used')
      const { consentRequest } = asked
      if (consentRequest.account !== actor.account) throw invalidTicket('other_account')
      if (consentRequest.login !== actor.login) throw invalidTicket('other_login')
      const app = stored ?? session.newApp
      const isSameApp =
        app?.state === 'live' &&
        app.stamp === session.stamp &&
        (ticketKind === 'dq' || isUsableRedirect(app, session.redirectStamp, redirects))
      if (!isSameApp) throw invalidTicket('revoked')
      assertNotSuspended(app)
      return { session, app, consentRequest }
    },

    consume,
    confirm,

    async deny(session) {
      if (session.state === 'open') throw invalidTicket('used')
      if (session.state === 'pending') return consume(session, deniedSession)
      await confirm(session)
      return true
    },
  }

  async function consume(
    pending: PendingSession,
    next: (session: PendingSession, decided: Decided) => Session,
  ): Promise<boolean> {
    const ref = sessionRef({ app: pending.app, session: pending.id })
    const written = await collection.write(sessionKind, ref, (session, isExpired) => {
      if (session?.state !== 'pending' || isExpired) return undefined
      const { digest, consentRequest } = session
      return next(session, { digest, at: clock(), consentRequest })
    })
    return written !== undefined
  }

  async function confirm({ app, id, digest }: DecidedSession): Promise<void> {
    await collection.write(sessionKind, sessionRef({ app, session: id }), (session, isExpired) => {
      if (!session || isExpired || session.digest !== digest || !isUsable(session)) throw invalidTicket('used')
      return session
    })
  }

  /** Whether the consent request is pending, or was decided a moment ago. */
  function isUsable(session: Session): session is PendingSession | DecidedSession {
    return session.state === 'pending' || (session.decided !== undefined && clock() - session.decided.at < REPEAT_MS)
  }
}
