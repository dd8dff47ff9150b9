import type { Actor, Emitter } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { isKey } from '../../credentials/app-key.ts'
import { numberToBase62 } from '../../credentials/base62.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import { appKind, appRef, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { CODE, endedSession, PENDING, type Session, sessionKind, sessionRef, tagOf } from '../../records/session.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct, assertNotSuspended, mayAct } from '../accounts/may-act.ts'
import { type App, appView } from '../apps/app.ts'
import { CONTEXT, type RequestContext } from '../apps/authenticate-app.ts'
import { accountInput, idInput, loginInput, objectInput, sourceInput } from '../input/input.ts'
import { issuerOf } from '../input/issuer.ts'
import type { Audiences } from '../input/resources.ts'
import { because, type Known, type Refusals } from '../refusals.ts'
import { narrowedScope, scopeTokens } from '../tokens/scope.ts'
import {
  matchRedirectUri,
  pageError,
  type RedirectedError,
  readParams,
  stateOf,
  validateRequest,
} from './authorization-request.ts'
import { invalidTicket } from './invalid-ticket.ts'
import type { SaveInstall } from './save-install.ts'

const PENDING_MS = 600_000
const FACTS = knownMembers<RequestContext>(CONTEXT)
const ACTOR = knownMembers<Parameters<Authorization['beginAuthorization']>[1]>({
  account: true,
  login: true,
  ...CONTEXT,
})
const DECISION = { ticket: true, account: true, login: true, ...CONTEXT } as const
const APPROVAL = knownMembers<Parameters<Authorization['approve']>[0]>({ ...DECISION, scope: true })
const DENIAL = knownMembers<ConsentDecision>(DECISION)

/** The next step is to redirect the browser, with 303 See Other. */
export interface Redirect {
  readonly step: 'redirect'
  /**
   * The app's redirect URL with the response in its query. It may contain a code: only reading the property shows it,
   * inspection and JSON do not.
   */
  readonly location: string
}

/** The next step is to ask the account for consent. */
export interface Consent {
  readonly step: 'consent'
  /**
   * Belongs in the form, and is its CSRF token: single use, for this account and login only, valid for 10 minutes. Only reading
   * the property shows it.
   */
  readonly ticket: string
  readonly app: App
  readonly account: string
  /** The scope the app requests. */
  readonly scope: readonly string[]
  /** The host that the response will be sent to, in ASCII. */
  readonly redirectHost: string
}

/** The account that decides, and the login behind it. Both must be those that {@link Authorization.beginAuthorization} got. */
export interface ConsentDecision extends RequestContext {
  readonly ticket: string
  readonly account: string
  readonly login?: string
}

/** Asks an account whether an app may act for it. */
export interface Authorization {
  /**
   * Checks what must be valid before a user is asked to sign in: the app and its redirect URL.
   * {@link Authorization.beginAuthorization} checks them again, with everything else.
   *
   * @param params - as for {@link Authorization.beginAuthorization}.
   * @param facts - the request behind the call, for the event `refused`.
   * @throws {@link AppGrantError} `app_not_found`, `app_suspended`, `invalid_redirect`, `invalid_request`: show the error and
   *   do not redirect.
   */
  checkAuthorization(params: URLSearchParams, facts?: RequestContext): Promise<void>
  /**
   * Validates an authorization request of a signed-in account and stores a consent request, which is valid for 10 minutes.
   *
   * @param params - as received: `client_id`, `redirect_uri`, `response_type=code`, `code_challenge`,
   *   `code_challenge_method=S256`, and optionally `scope`, `state` and `resource`. Only `resource` may be repeated.
   * @returns the consent to ask for, or a redirect that reports an error to the app.
   * @throws {@link AppGrantError} `app_not_found`, `app_suspended`, `invalid_redirect`, or `invalid_request` for a repeated or
   *   oversized parameter: show the error and do not redirect.
   * @throws TypeError without the option `issuer`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.1)
   */
  beginAuthorization(
    params: URLSearchParams,
    actor: { readonly account: string; readonly login?: string } & RequestContext,
  ): Promise<Consent | Redirect>
  /**
   * Approves the request: installs the app for the account and returns a redirect with an authorization code. The ticket is
   * used up, atomically.
   *
   * @param decision - `scope`: the part of the requested scope to grant. Default is all of it.
   * @throws {@link AppGrantError} `invalid_ticket`, `invalid_scope`, `app_suspended`, `account_blocked`, `not_permitted`.
   * @see [RFC 9207 - Authorization Server Issuer Identification](https://www.rfc-editor.org/rfc/rfc9207.html#section-2)
   */
  approve(decision: ConsentDecision & { readonly scope?: readonly string[] }): Promise<Redirect>
  /** Denies the request: returns a redirect with `access_denied`. @throws {@link AppGrantError} `invalid_ticket`, `app_suspended`. */
  deny(decision: ConsentDecision): Promise<Redirect>
}

export interface AuthorizationParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly saveInstall: SaveInstall
  readonly refusals: Refusals
  readonly format: TokenFormat
  readonly audiences: Audiences
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  readonly issuer: string | undefined
  readonly lifetimes: { readonly codeSeconds: number; readonly refreshAbsoluteSeconds: number }
}

type ConsentRequest = NonNullable<Session['consentRequest']>
type Answerer = Actor & { readonly account: string }

export function createAuthorization(parts: AuthorizationParts): Authorization {
  const { collection, accounts, saveInstall, refusals, format, audiences, events, random, clock, lifetimes } = parts

  return {
    async checkAuthorization(input, facts = {}) {
      const known: Known = sourceInput(objectInput(facts, 'facts', FACTS))
      await refusals.watch({}, known, () => validateClient(input, known))
    },

    async beginAuthorization(input, actor) {
      issuerOf(parts)
      const account = accountInput(objectInput(actor, 'actor', ACTOR).account)
      const login = loginInput(actor.login)
      const asking = { account, ...login }
      const known: Known = sourceInput(actor)
      return refusals.watch(asking, known, async () => {
        const { params, app, redirect } = await validateClient(input, known)
        const state = stateOf(params)
        if ('error' in state) return redirectTo(redirect, state)
        const target = { redirectUrl: redirect.redirectUrl, ...state }
        const validated = validateRequest(params, { app, redirect, audiences })
        if ('error' in validated) {
          refusals.report(asking, known, validated.error)
          return redirectTo(target, validated)
        }
        const { refusal, epoch } = await mayAct(app, account, accounts)
        if (refusal) {
          refusals.report(asking, known, refusal)
          return redirectTo(target, { error: 'access_denied', error_description: 'the account may not use this app' })
        }
        const consentRequest: ConsentRequest = { ...asking, ...(epoch !== undefined && { epoch }), ...target }
        const ticket = await storeRequest(app, consentRequest, { ...validated, redirectStamp: redirect.stamp })
        const redirectHost = new URL(consentRequest.redirectUrl).host
        return withConcealed(
          { step: 'consent', app: appView(app), account, scope: validated.scope, redirectHost } as const,
          { ticket },
        )
      })
    },

    async approve(decision) {
      return answering(objectInput(decision, 'decision', APPROVAL), async (actor, known) => {
        const { session, consentRequest, app } = await loadPending(decision, actor, known)
        const scope = narrowedScope(scopeTokens(decision.scope), session.scope, app)
        const epoch = await assertMayAct(app, actor.account, accounts)
        if (epoch !== consentRequest.epoch) throw invalidTicket('revoked')
        const now = clock()
        const endsAt = now + lifetimes.refreshAbsoluteSeconds * 1000
        const install = await saveInstall(app, { actor, scope, epoch, endsAt })
        const ids = { app: app.key, install: install.id, session: session.id }
        const stage = numberToBase62(CODE, WIDTH.stage)
        const code = format.write('ac', {
          ...ids,
          stage,
          secret: random(WIDTH.secret),
          tag: tagOf(session, 'ac', CODE),
        })
        const credentialEndsAt = now + lifetimes.codeSeconds * 1000
        await consume(session, ({ consentRequest: _, ...pending }) => ({
          ...pending,
          stage: CODE,
          install: { id: install.id, stamp: install.stamp },
          scope,
          digest: digestOf(code),
          credentialEndsAt,
          endsAt,
          expiresAt: credentialEndsAt,
        }))
        events.emit('install', actor, { change: 'approved', app: app.key, account: actor.account })
        return redirectTo(consentRequest, { code })
      })
    },

    async deny(decision) {
      return answering(objectInput(decision, 'decision', DENIAL), async (actor, known) => {
        const { session, consentRequest, app } = await loadPending(decision, actor, known)
        await consume(session, endedSession)
        events.emit('install', actor, { change: 'denied', app: app.key, account: actor.account })
        return redirectTo(consentRequest, {
          error: 'access_denied',
          error_description: 'the account denied the request',
        })
      })
    },
  }

  /** The app that sent a request, and where the response goes. */
  async function validateClient(input: unknown, known: Known) {
    const params = readParams(input)
    const { client_id: key } = params
    const app = key !== undefined && isKey(key) ? await collection.load(appKind, appRef(key)) : undefined
    if (app) known.app = app.key
    if (app?.state !== 'live') {
      const error = pageError('app_not_found', 'client_id: expected the key of a registered app')
      throw because(error, app ? 'removed_app' : 'unknown_app')
    }
    assertNotSuspended(app)
    return { params, app, redirect: matchRedirectUri(params, app) }
  }

  /** Runs the decision of a signed-in account. */
  async function answering<T>(
    decision: ConsentDecision,
    decide: (actor: Answerer, known: Known) => Promise<T>,
  ): Promise<T> {
    const actor = { account: accountInput(decision.account), ...loginInput(decision.login) }
    const known: Known = sourceInput(decision)
    return refusals.watch(actor, known, () => decide(actor, known))
  }

  async function storeRequest(
    app: LiveApp,
    consentRequest: ConsentRequest,
    requested: Pick<Session, 'scope' | 'audience' | 'binding' | 'redirectStamp'>,
  ): Promise<string> {
    const id = random(WIDTH.session)
    const ticket = format.write('qt', { app: app.key, session: id, secret: random(WIDTH.secret) })
    const endsAt = clock() + PENDING_MS
    const result = await collection.insert<Session>(sessionKind, {
      state: 'open',
      id,
      app: app.key,
      stage: PENDING,
      consentRequest,
      ...requested,
      stamp: app.stamp,
      digest: digestOf(ticket),
      familyKey: random(WIDTH.secret),
      salt: random(WIDTH.secret),
      credentialEndsAt: endsAt,
      endsAt,
      expiresAt: endsAt,
    })
    if (result !== 'inserted') throw new Error('the same random session id was generated twice')
    return ticket
  }

  /** The consent request of a ticket, if account and login are those it was made to, and the app is unchanged. */
  async function loadPending(decision: ConsentDecision, actor: Answerer, known: Known) {
    const ticket = idInput(decision.ticket, 'ticket')
    const parsed = format.read(ticket)
    if (parsed?.kind !== 'qt') throw invalidTicket('unknown')
    const [session, app] = await Promise.all([
      collection.load(sessionKind, sessionRef(parsed)),
      collection.load(appKind, appRef(parsed.app)),
    ])
    if (!session || session.app !== parsed.app) throw invalidTicket('unknown')
    const consentRequest = session.state === 'open' && session.stage === PENDING ? session.consentRequest : undefined
    if (consentRequest && !sameDigest(session.digest, digestOf(ticket))) throw invalidTicket('unknown')
    known.app = session.app
    if (!consentRequest) throw invalidTicket('used')
    if (consentRequest.account !== actor.account) throw invalidTicket('other_account')
    if (consentRequest.login !== actor.login) throw invalidTicket('other_login')
    const isSameApp =
      app?.state === 'live' && app.stamp === session.stamp && app.redirectStamps.includes(session.redirectStamp)
    if (!isSameApp) throw invalidTicket('revoked')
    assertNotSuspended(app)
    return { session, consentRequest, app }
  }

  /** Uses up the ticket, with one compare-and-set. */
  async function consume(pending: Session, next: (session: Session) => Session): Promise<void> {
    await collection.write(sessionKind, sessionRef({ app: pending.app, session: pending.id }), (session) => {
      if (session?.state !== 'open' || session.stage !== PENDING) throw invalidTicket('used')
      return next(session)
    })
  }

  function redirectTo(
    target: Pick<ConsentRequest, 'redirectUrl' | 'state'>,
    result: { readonly code: string } | RedirectedError,
  ): Redirect {
    const query = new URLSearchParams({
      ...result,
      ...(target.state !== undefined && { state: target.state }),
      iss: issuerOf(parts),
    })
    const location = `${target.redirectUrl}${target.redirectUrl.includes('?') ? '&' : '?'}${query}`
    return withConcealed({ step: 'redirect' } as const, { location })
  }
}
