import { knownMembers } from '../../base/known-members.ts'
import { createKey } from '../../credentials/app-key.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import { digestOf, macOf, sameDigest } from '../../credentials/digest.ts'
import { WIDTH } from '../../credentials/token-format.ts'
import { installId } from '../../records/install.ts'
import { CODE, type ConsentRequest, type Session, tagOf } from '../../records/session.ts'
import { askingOnce } from '../accounts/accounts.ts'
import { assertMayAct } from '../accounts/may-act.ts'
import { appView } from '../apps/app.ts'
import { assertMayRegister } from '../apps/assert-may-register.ts'
import { assertRoom } from '../apps/assert-room.ts'
import { CONTEXT } from '../apps/authenticate-app.ts'
import { fieldOptionsFor } from '../apps/field-options-for.ts'
import { findNamesake } from '../apps/find-namesake.ts'
import { newApp } from '../apps/new-app.ts'
import type { AccountLimits } from '../input/account-limits.ts'
import { askedAccountInput, flagInput, objectInput, sourceInput } from '../input/input.ts'
import { issuerOf } from '../input/issuer.ts'
import { receiverOf } from '../input/redirect-policy.ts'
import { resourcesInput } from '../input/resources.ts'
import { narrowedScope, scopeTokens } from '../tokens/scope.ts'
import { createDecide, DECISION, DENIAL } from './decide.ts'
import { createExchangeRegistration, type ExchangeRegistrationParts } from './exchange-registration.ts'
import { invalidTicket } from './invalid-ticket.ts'
import { createPendingConsents } from './pending-consents.ts'
import { redirectTo } from './redirect-to.ts'
import type { BrowserRegistration } from './registration.ts'
import { readRegistration } from './registration-request.ts'

/** How long an app may take to exchange its registration code: browsers and servers need seconds. */
const CODE_MS = 60_000

const ACTOR = knownMembers<Parameters<BrowserRegistration['beginRegistration']>[1]>({
  account: true,
  login: true,
  ...CONTEXT,
})
const APPROVAL = knownMembers<Parameters<BrowserRegistration['approveRegistration']>[0]>({
  ...DECISION,
  grant: true,
  scope: true,
})

/**
 * Registrations that an app starts in the browser. The request of a signed-in account is a session with the app in it, which nothing
 * else has until the registration code is exchanged (WEB-3).
 */
export function createBrowserRegistration(
  parts: ExchangeRegistrationParts & { readonly accountLimits: AccountLimits },
): BrowserRegistration {
  const { accounts, refusals, scopes, audiences, format, stamp, clock } = parts
  const pending = createPendingConsents({ ...parts, ticketKind: 'rq' })
  const decide = createDecide(parts)

  return {
    async beginRegistration(input, actor) {
      issuerOf(parts)
      const asking = askedAccountInput(objectInput(actor, 'actor', ACTOR))
      const { account } = asking
      return refusals.watch(asking, sourceInput(actor), async () => {
        const params = readRegistration(input)
        const lineage = await accounts.lineage(account)
        assertMayRegister(lineage, params.apiType)
        const fields = params.fields(fieldOptionsFor(lineage, parts, asking))
        const audience = audiences.requested(resourcesInput(params.resources))
        await assertRoom(account, parts)
        const [redirectUrl = ''] = fields.redirectUrls
        const { host: redirectHost, hostname } = receiverOf(redirectUrl)
        const epoch = lineage[0]?.epoch
        const app = newApp(parts, {
          key: createKey(account, parts.random),
          owner: account,
          epoch,
          createdAt: clock(),
          checked: { fields, trusted: false },
          credentials: { type: 'secrets', secrets: [] },
          origin: { by: 'browser', host: hostname, hosts: [hostname] },
        })
        const { state } = params
        const request = { ...asking, ...(epoch !== undefined && { epoch }), redirectUrl, state }
        const { session, ticket } = pending.create(app, request, {
          newApp: app,
          scope: fields.scopes,
          ...(audience && { audience }),
          binding: params.binding(redirectUrl),
          redirectStamp: app.redirectStamps[0] ?? '',
        })
        const [namesake] = await Promise.all([findNamesake(app, parts), pending.store(session)])
        const mayGrant = accounts.useRefusal(lineage, app) === undefined
        const shown = {
          app: appView(app),
          ...namesake,
          account,
          scopes: scopes.describe(fields.scopes),
          redirectHost,
          mayGrant,
        }
        return withConcealed({ step: 'registration', ...shown } as const, { ticket })
      })
    },

    approveRegistration: async (decision) =>
      decide(objectInput(decision, 'decision', APPROVAL), async (actor, known) => {
        const grants = decision.grant !== undefined && flagInput(decision.grant, 'grant')
        const { session, app, consentRequest } = await pending.load(decision, actor, known)
        const asked = askingOnce(accounts)
        const lineage = await asked.lineage(actor.account)
        assertMayRegister(lineage, app.fields.apiType)
        if (lineage[0]?.epoch !== consentRequest.epoch) throw invalidTicket('revoked')
        if (grants) await assertMayAct(app, actor.account, asked)
        const scope = grants ? narrowedScope(scopeTokens(decision.scope), session.scope, { app, scopes }) : []
        const code = codeOf(session, decision.ticket)
        if (session.state !== 'pending') {
          const isSame = session.state === 'open' && session.grants === grants && session.scope.length === scope.length
          if (!isSame || !sameDigest(session.digest, digestOf(code))) throw invalidTicket('used')
          await pending.confirm(session)
          return respond(consentRequest, { code })
        }
        const endsAt = clock() + CODE_MS
        const install = { id: installId(app, actor.account), stamp: stamp() }
        const isDone = await pending.consume(session, ({ consentRequest: _, ...kept }, decided) => ({
          ...kept,
          state: 'open',
          stage: CODE,
          install,
          grants,
          scope,
          digest: digestOf(code),
          decided,
          credentialEndsAt: endsAt,
          endsAt,
          expiresAt: endsAt,
        }))
        return isDone ? respond(consentRequest, { code }) : undefined
      }),

    denyRegistration: async (decision) =>
      decide(objectInput(decision, 'decision', DENIAL), async (actor, known) => {
        const { session, consentRequest } = await pending.load(decision, actor, known)
        if (!(await pending.deny(session))) return undefined
        return respond(consentRequest, {
          error: 'access_denied',
          error_description: 'the account denied the registration',
        })
      }),

    exchangeRegistration: createExchangeRegistration(parts),
  }

  /** Derived from the ticket, so that a repeated approval leads to the same code. Neither record nor ticket is enough alone. */
  function codeOf(session: Session, ticket: string): string {
    return format.write('rc', {
      app: session.app,
      session: session.id,
      secret: macOf(session.salt, WIDTH.secret, 'registration', ticket),
      tag: tagOf(session, 'rc', CODE),
    })
  }

  function respond(request: ConsentRequest, result: Parameters<typeof redirectTo>[1]) {
    return redirectTo(request, result, issuerOf(parts))
  }
}
