import { knownMembers } from '../../base/known-members.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import type { KeyRing } from '../../credentials/key-ring.ts'
import { hasRegisteredItself } from '../../records/app.ts'
import type { ConsentRequest } from '../../records/session.ts'
import { accountError, askingOnce } from '../accounts/accounts.ts'
import { assertMayAct, mayAct } from '../accounts/may-act.ts'
import { appView } from '../apps/app.ts'
import { type AppAuthenticator, CONTEXT, CREDENTIAL_NAMES, CREDENTIALS } from '../apps/authenticate-app.ts'
import { findNamesake } from '../apps/find-namesake.ts'
import type { AuthorizationParts } from '../authorization/consent.ts'
import { APPROVAL, createDecide, DENIAL } from '../authorization/decide.ts'
import { createOpenSession } from '../authorization/open-session.ts'
import { type AskedConsent, createPendingConsents, PENDING_MS } from '../authorization/pending-consents.ts'
import { createRequestClients } from '../authorization/request-clients.ts'
import type { SessionExchange } from '../grants/session-exchange.ts'
import {
  type AskedAccount,
  askedAccountInput,
  idInput,
  invalidRequest,
  objectInput,
  sourceInput,
} from '../input/input.ts'
import { issuerOf } from '../input/issuer.ts'
import { resourcesInput } from '../input/resources.ts'
import { signInOf, userAuthenticationInput } from '../input/user-authentication.ts'
import type { Known } from '../refusals.ts'
import type { AppOfCredential } from '../registration/app-of-credential.ts'
import { createAuthenticateClient, nameOfClient } from '../registration/requesting-client.ts'
import type { ProvenKeys } from '../tokens/proven-keys.ts'
import { narrowedScope, scopeTokens } from '../tokens/scope.ts'
import { createDeviceClaims } from './device-claims.ts'
import { createDeviceCodes, MAX_DEVICE_CODE } from './device-codes.ts'
import { invalidUserCode } from './device-errors.ts'
import type { DeviceConsent, DeviceGrant, DeviceRequestInput } from './device-grant.ts'
import { assertAllowed, type DeviceGrantOptions } from './device-options.ts'
import { createEntryTickets } from './entry-tickets.ts'
import { createExchangeDeviceCode } from './exchange-device-code.ts'
import { INTERVAL_SECONDS } from './poll-intervals.ts'
import { createUserCode, userCodeInput } from './user-code.ts'

const REQUEST = knownMembers<DeviceRequestInput>({ ...CREDENTIALS, scope: true, resources: true }, CREDENTIAL_NAMES)
const ACTOR = knownMembers<Parameters<DeviceGrant['beginEntry']>[0]>({ account: true, login: true, ...CONTEXT })
const ENTRY = knownMembers<Parameters<DeviceGrant['enterUserCode']>[0]>({
  ticket: true,
  userCode: true,
  account: true,
  login: true,
  ...CONTEXT,
})
const ASKED = knownMembers<Parameters<DeviceGrant['ask']>[0]>({
  userCode: true,
  account: true,
  login: true,
  authenticatedAt: true,
  acr: true,
  ...CONTEXT,
})

export interface DeviceGrantParts extends Omit<AuthorizationParts, 'consent' | 'bindsKeys'> {
  readonly authenticator: AppAuthenticator
  readonly appOfCredential: AppOfCredential
  readonly sessions: SessionExchange
  readonly provenKeys: ProvenKeys
  readonly keyRing: KeyRing
  readonly tokenPrefix: string
  readonly options: DeviceGrantOptions
}

export function createDeviceGrant(parts: DeviceGrantParts): DeviceGrant {
  const { accounts, refusals, scopes, audiences, events, clock } = parts
  issuerOf(parts)
  const codes = createDeviceCodes(parts.keyRing, parts.tokenPrefix)
  const entries = createEntryTickets(parts)
  const claims = createDeviceClaims(parts)
  const authenticate = createAuthenticateClient(parts)
  const clients = createRequestClients(parts)
  const pending = createPendingConsents({ ...parts, ticketKind: 'dq' })
  const opening = createOpenSession({ ...parts, pending })
  const decide = createDecide(parts)

  return {
    async authorize(input) {
      const source = sourceInput(objectInput(input, 'input', REQUEST))
      const client = await authenticate(input)
      const { app } = client
      return refusals.watch({}, { ...(app && { app: app.key }), ...source }, async () => {
        const [scope, resources] = [scopeTokens(input.scope), resourcesInput(input.resources)]
        if (app) {
          await assertMayAct(app, app.owner, accounts)
          assertAllowed(app, parts)
          narrowedScope(scope, app.fields.scopes, { app, scopes })
        }
        audiences.requested(resources)
        const userCode = createUserCode()
        const endsAt = clock() + PENDING_MS
        const requested = { ...(scope && { scope }), ...(resources && { resources }) }
        const deviceCode = codes.write({ client: nameOfClient(client), userCode, ...requested, endsAt })
        if (deviceCode.length > MAX_DEVICE_CODE)
          throw invalidRequest('scope and resources', `what fits into ${MAX_DEVICE_CODE} characters`, requested)
        const shown = { expiresInSeconds: PENDING_MS / 1000, intervalSeconds: INTERVAL_SECONDS }
        return withConcealed(shown, { deviceCode, userCode })
      })
    },

    async beginEntry(actor) {
      return withConcealed({}, { ticket: entries.write(askedAccountInput(objectInput(actor, 'actor', ACTOR))) })
    },

    async enterUserCode(entry) {
      const by = askedAccountInput(objectInput(entry, 'entry', ENTRY))
      await refusals.watch(by, sourceInput(entry), async () => {
        entries.assertOf(idInput(entry.ticket, 'ticket'), by)
        await claims.enter(userCodeInput(entry.userCode), by)
      })
    },

    async ask(entry) {
      const by = askedAccountInput(objectInput(entry, 'entry', ASKED))
      const user = userAuthenticationInput({ authenticatedAt: entry.authenticatedAt, acr: entry.acr })
      const known: Known = sourceInput(entry)
      return refusals.watch(by, known, async () => {
        const userCode = userCodeInput(entry.userCode)
        const consent = () => consentOf(userCode, { by, known, signIn: signInOf(user, clock()) })
        // If another request came first, there is nothing left that could come between.
        const asked = (await consent()) ?? (await consent())
        if (!asked) throw invalidUserCode('used')
        return asked
      })
    },

    async approve(decision) {
      await decide(objectInput(decision, 'decision', APPROVAL), async (actor, known) => {
        const found = await pending.load(decision, actor, known)
        const { session, app } = found
        assertAllowed(app, parts)
        // Until the device code expires, and then for as long as it would take to use a code.
        const credentialEndsAt = session.endsAt + parts.lifetimes.codeSeconds * 1000
        const approval = { ...(await opening.approvalOf(found, actor, decision.scope)), credentialEndsAt }
        if (session.state !== 'pending') await opening.repeat(session, session.binding, approval.scope)
        else if (await opening.open(session, session.binding, approval)) wasDecided(session, actor)
        else return undefined
        // The first exchange installs a new app.
        if (!session.newApp) events.emit('install', actor, { change: 'approved', app: app.key, account: actor.account })
        return session
      })
    },

    async deny(decision) {
      await decide(objectInput(decision, 'decision', DENIAL), async (actor, known) => {
        const { session, app } = await pending.load(decision, actor, known)
        if (!(await pending.deny(session))) return undefined
        wasDecided(session, actor)
        if (!session.newApp) events.emit('install', actor, { change: 'denied', app: app.key, account: actor.account })
        return session
      })
    },

    exchange: createExchangeDeviceCode({ ...parts, codes, claims, authenticate }),
  }

  /** Takes back the code that the account entered, once: a decision that is repeated was counted as one before (DEV-6). */
  function wasDecided({ state }: AskedConsent['session'], { account }: AskedAccount): void {
    if (state === 'pending') parts.accountLimits.entryWasDecided(account)
  }

  /** What to ask the account, or undefined if another request has asked it meanwhile. */
  async function consentOf(
    userCode: string,
    { by, known, signIn }: { readonly by: AskedAccount; readonly known: Known; readonly signIn: object },
  ): Promise<Awaited<ReturnType<DeviceGrant['ask']>> | undefined> {
    const { account } = by
    const claim = await claims.of(userCode, by)
    const { device } = claim
    if (!device) return { step: 'waiting', account, userCode }
    if (clock() >= device.endsAt) throw invalidUserCode('expired')
    const asked = askingOnce(accounts)
    const { app, isNew, before } = await clients.appOfDevice(device.client, { asking: by, accounts: asked, known })
    const { refusal, epoch } = await mayAct(app, account, asked)
    if (refusal) throw accountError(refusal.code, refusal.hint)
    assertAllowed(app, parts)
    const scope = narrowedScope(device.scope, app.fields.scopes, { app, scopes })
    const audience = audiences.requested(device.resources)
    const consentRequest: ConsentRequest = { ...by, ...(epoch !== undefined && { epoch }) }
    const { session, ticket } = pending.create(app, consentRequest, {
      scope,
      ...(audience && { audience }),
      binding: device.digest,
      endsAt: device.endsAt,
      ...signIn,
      ...(isNew && { newApp: app }),
    })
    const [namesake, isAsked] = await Promise.all([
      hasRegisteredItself(app) ? findNamesake(app, parts) : undefined,
      claims.ask(claim, session),
    ])
    if (!isAsked) return undefined
    const { userAgent, remoteAddress } = device
    const shown = {
      app: appView(app),
      isNew,
      ...(before && { before }),
      ...namesake,
      account,
      userCode,
      scopes: scopes.describe(scope),
      device: { ...(userAgent !== undefined && { userAgent }), ...(remoteAddress !== undefined && { remoteAddress }) },
    }
    return withConcealed({ step: 'consent', ...shown } as const, { ticket }) satisfies DeviceConsent
  }
}
