import type { Emitter } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import type { RandomText } from '../../credentials/random.ts'
import type { TokenFormat } from '../../credentials/token-format.ts'
import { hasRegisteredItself } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import type { ConsentRequest } from '../../records/session.ts'
import { type Accounts, accountError, askingOnce, type IdentityOf } from '../accounts/accounts.ts'
import { type ActRefusal, mayAct } from '../accounts/may-act.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { appView } from '../apps/app.ts'
import { CONTEXT, type RequestContext } from '../apps/authenticate-app.ts'
import type { IsReservedName } from '../apps/fields/reserved-names.ts'
import type { FindApp } from '../apps/find-app.ts'
import { findNamesake } from '../apps/find-namesake.ts'
import type { AccountLimits } from '../input/account-limits.ts'
import { askedAccountInput, objectInput, sourceInput } from '../input/input.ts'
import { issuerOf } from '../input/issuer.ts'
import type { Lifetimes } from '../input/lifetimes.ts'
import { type RedirectPolicy, receiverOf } from '../input/redirect-policy.ts'
import type { Audiences } from '../input/resources.ts'
import { meetsOnArrival, readSignInNeeds, signInOf, userAuthenticationInput } from '../input/user-authentication.ts'
import type { Known, Refusals } from '../refusals.ts'
import type { ClientApps } from '../registration/client-apps.ts'
import type { ClientIds } from '../registration/client-ids.ts'
import type { Documents } from '../registration/documents.ts'
import type { Authorization, Redirect } from './authorization.ts'
import { pageError, type RedirectedError, signInNeedsOf, stateOf, validateRequest } from './authorization-request.ts'
import { createConsentPolicy, type DecideConsent } from './consent-policy.ts'
import { APPROVAL, createDecide, DENIAL } from './decide.ts'
import { createIssueCode } from './issue-code.ts'
import { createOpenSession } from './open-session.ts'
import { createPendingConsents } from './pending-consents.ts'
import type { ReceiveRequest } from './pushed-requests.ts'
import { redirectTo } from './redirect-to.ts'
import { createRequestClients } from './request-clients.ts'
import type { SaveInstall } from './save-install.ts'

const FACTS = knownMembers<RequestContext>(CONTEXT)
const ACTOR = knownMembers<Parameters<Authorization['beginAuthorization']>[1]>({
  account: true,
  login: true,
  isNavigation: true,
  authenticatedAt: true,
  acr: true,
  ...CONTEXT,
})

export interface AuthorizationParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly findApp: FindApp
  readonly accounts: Accounts
  readonly clientIds: ClientIds
  readonly clientApps: ClientApps
  readonly documents: Documents | undefined
  readonly saveInstall: SaveInstall
  readonly refusals: Refusals
  readonly format: TokenFormat
  readonly accountLimits: AccountLimits
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  readonly events: Emitter
  readonly random: RandomText
  readonly stamp: () => string
  readonly clock: () => number
  readonly issuer: string | undefined
  readonly lifetimes: Lifetimes
  readonly bindsKeys: boolean
  readonly consent: DecideConsent
  readonly identityOf: IdentityOf
  readonly receive: ReceiveRequest
}

export function createAuthorization(parts: AuthorizationParts): Authorization {
  const { accounts, refusals, scopes, events } = parts
  const pending = createPendingConsents({ ...parts, ticketKind: 'qt' })
  const clients = createRequestClients(parts)
  const policy = createConsentPolicy(parts)
  const decide = createDecide(parts)
  const opening = createOpenSession({ ...parts, pending })
  const codes = createIssueCode({ ...parts, opening })

  return {
    async checkAuthorization(input, facts = {}) {
      const known: Known = sourceInput(objectInput(facts, 'facts', FACTS))
      const params = await refusals.watch({}, known, () => clients.check(input, known))
      // What cannot be read is an error for the app, once the user is known.
      return readSignInNeeds(params) ?? {}
    },

    async beginAuthorization(input, actor) {
      issuerOf(parts)
      const asking = askedAccountInput(objectInput(actor, 'actor', ACTOR))
      const { account } = asking
      const user = userAuthenticationInput({ authenticatedAt: actor.authenticatedAt, acr: actor.acr })
      const known: Known = sourceInput(actor)
      return refusals.watch(asking, known, async () => {
        const asked = askingOnce(accounts)
        const requested = await clients.appFor(input, { asking, accounts: asked, known })
        const { params, app, isNew, before, redirect, pushedSession } = requested
        const { refusal, epoch } = await mayAct(app, account, asked)
        // Before faults of the request.
        assertNotOfApp(refusal)
        const { redirectUrl } = redirect
        // Nothing is redirected to a program that the account has not approved (WEB-4).
        const refuse = (error: RedirectedError, state: { readonly state?: string } = {}) => {
          if (isNew) throw pageError(error)
          refusals.report(asking, known, error.error)
          return respondTo({ redirectUrl, ...state }, error)
        }
        const state = stateOf(params)
        if ('error' in state) return refuse(state)
        const target = { redirectUrl, ...state }
        const validated = validateRequest(params, { ...parts, app, redirect })
        if ('error' in validated) return refuse(validated, state)
        const needs = signInNeedsOf(params)
        if ('error' in needs) return refuse(needs, state)
        if (!meetsOnArrival(needs, user, parts.clock())) return refuse(UNMET, state)
        if (refusal) {
          refusals.report(asking, known, refusal.code)
          return respondTo(target, { error: 'access_denied', error_description: 'the account may not use this app' })
        }
        const consentRequest: ConsentRequest = { ...asking, ...(epoch !== undefined && { epoch }), ...target }
        const { session, ticket } = pending.create(app, consentRequest, {
          ...validated,
          ...signInOf(user, parts.clock()),
          redirectStamp: redirect.stamp,
          ...(isNew && { newApp: app }),
          ...(pushedSession !== undefined && { id: pushedSession }),
        })
        const unasked = actor.isNavigation === true ? await policy(session, app) : undefined
        const [namesake] = await Promise.all([
          hasRegisteredItself(app) ? findNamesake(app, parts) : undefined,
          pending.store(session),
        ])
        if (unasked) {
          const { consent, installStamp } = unasked
          const code = await codes.issue(session, ticket, {
            app,
            actor: asking,
            scope: session.scope,
            epoch,
            installStamp,
          })
          if (code !== undefined) {
            events.emit('install', asking, { change: 'approved', app: app.key, account, consent })
            return respondTo(target, { code })
          }
        }
        const shown = {
          app: appView(app),
          isNew,
          ...(before && { before }),
          ...namesake,
          account,
          scopes: scopes.describe(validated.scope),
          redirectHost: receiverOf(redirectUrl).host,
        }
        return withConcealed({ step: 'consent', ...shown } as const, { ticket })
      })
    },

    approve: async (decision) =>
      decide(objectInput(decision, 'decision', APPROVAL), async (actor, known) => {
        const found = await pending.load(decision, actor, known)
        const { session, app, consentRequest } = found
        const approval = await opening.approvalOf(found, actor, decision.scope)
        const code =
          session.state === 'pending'
            ? await codes.issue(session, decision.ticket, approval)
            : await codes.repeat(session, decision.ticket, approval)
        if (code === undefined) return undefined
        // The exchange of the code installs a new app.
        if (!session.newApp) events.emit('install', actor, { change: 'approved', app: app.key, account: actor.account })
        return respondTo(consentRequest, { code })
      }),

    deny: async (decision) =>
      decide(objectInput(decision, 'decision', DENIAL), async (actor, known) => {
        const { session, app, consentRequest } = await pending.load(decision, actor, known)
        // An account that is blocked may deny.
        assertNotOfApp((await mayAct(app, actor.account, accounts)).refusal)
        if (!(await pending.deny(session))) return undefined
        if (!session.newApp) events.emit('install', actor, { change: 'denied', app: app.key, account: actor.account })
        const denied = { error: 'access_denied', error_description: 'the account denied the request' }
        return respondTo(consentRequest, denied)
      }),
  }

  function respondTo(
    target: Pick<ConsentRequest, 'redirectUrl' | 'state'>,
    result: { readonly code: string } | RedirectedError,
  ): Redirect {
    return redirectTo(target, result, issuerOf(parts))
  }
}

/** @see RFC 9470 §5 */
const UNMET: RedirectedError = {
  error: 'unmet_authentication_requirements',
  error_description: 'the user has not signed in as max_age or acr_values asks',
}

/** Nothing is redirected to an app that the account must not deal with (HTTP-2). */
function assertNotOfApp(refusal: ActRefusal | undefined): void {
  if (refusal?.ofApp) throw accountError(refusal.code, refusal.hint)
}
