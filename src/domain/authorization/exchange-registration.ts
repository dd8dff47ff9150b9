import type { Emitter } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { numberToBase62 } from '../../credentials/base62.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFields, type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { installId, installKind, installRef } from '../../records/install.ts'
import type { Pages } from '../../records/pages.ts'
import {
  CODE,
  type Decided,
  endedSession,
  type OpenSession,
  type Session,
  sessionKind,
  sessionRef,
  tagOf,
} from '../../records/session.ts'
import { appOnlyTokens, userTokens } from '../../records/token.ts'
import { type Accounts, accountError } from '../accounts/accounts.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { appView } from '../apps/app.ts'
import { createAppSecret } from '../apps/app-secret.ts'
import { assertMayRegister } from '../apps/assert-may-register.ts'
import { assertRoom } from '../apps/assert-room.ts'
import { CONTEXT } from '../apps/authenticate-app.ts'
import { fieldOptionsFor } from '../apps/field-options-for.ts'
import type { IsReservedName } from '../apps/fields/reserved-names.ts'
import { type RemoveApp, removalOf } from '../apps/remove-app.ts'
import type { StoreApp } from '../apps/store-app.ts'
import { isUsableRedirect } from '../apps/usable-redirect.ts'
import { withOutcomeDetails } from '../apps/with-outcome-details.ts'
import { idInput, objectInput, sourceInput } from '../input/input.ts'
import { absoluteEnd, type Lifetimes } from '../input/lifetimes.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import type { Audiences } from '../input/resources.ts'
import type { Known, Refusals } from '../refusals.ts'
import { invalidCode } from './invalid-code.ts'
import { bindingFault, bindingOf, challengeOf, MAX_REDIRECT } from './pkce.ts'
import type { BrowserRegistration, RegistrationCodeInput } from './registration.ts'
import type { SaveInstall } from './save-install.ts'

export interface ExchangeRegistrationParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly accounts: Accounts
  readonly storeApp: StoreApp
  readonly appsPerOwner: number
  readonly removeApp: RemoveApp
  readonly saveInstall: SaveInstall
  readonly refusals: Refusals
  readonly format: TokenFormat
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  /** Whether tokens can be bound to a key. */
  readonly bindsKeys: boolean
  readonly events: Emitter
  readonly random: RandomText
  readonly stamp: () => string
  readonly clock: () => number
  readonly issuer: string | undefined
  readonly lifetimes: Lifetimes
}

/** An approved registration whose code was not exchanged yet. */
type ApprovedRegistration = OpenSession & {
  readonly newApp: LiveApp
  readonly grants: boolean
  readonly decided: Decided
}

const INPUT = knownMembers<RegistrationCodeInput>({ code: true, codeVerifier: true, redirectUrl: true, ...CONTEXT })

/**
 * The code is used up first, with one compare-and-set, so only one exchange ever draws a secret. Whatever fails after that leaves at
 * most an app that nobody has the secret of, or one without its install.
 */
export function createExchangeRegistration(
  parts: ExchangeRegistrationParts,
): BrowserRegistration['exchangeRegistration'] {
  const { collection, pages, accounts, storeApp, removeApp, saveInstall, refusals, format, events } = parts
  const { random, clock, lifetimes } = parts

  return async (input) => {
    const source: Known = sourceInput(objectInput(input, 'input', INPUT))
    const text = idInput(input.code, 'code')
    const codeVerifier = idInput(input.codeVerifier, 'codeVerifier')
    const redirectUrl = idInput(input.redirectUrl, 'redirectUrl')
    return refusals.watch({}, source, async () => {
      const parsed = format.read(text)
      if (parsed?.kind !== 'rc') throw invalidCode('unknown')
      const session = await genuine(parsed)
      if (redirectUrl.length > MAX_REDIRECT) throw invalidCode('wrong_redirect')
      const fault = bindingFault(session.binding, bindingOf(challengeOf(codeVerifier), redirectUrl))
      if (fault) throw invalidCode(fault)
      if (!isCurrent(session, text)) {
        await removeUnused(session.app)
        throw invalidCode('reused')
      }
      await assertStillAllowed(session)
      return register(session)
    })
  }

  /** The session of a registration code: its tag proves that the code was issued. */
  async function genuine(code: TokenFields<'rc'>): Promise<Session> {
    const session = await collection.load(sessionKind, sessionRef(code))
    const isGenuine = session?.app === code.app && sameDigest(tagOf(session, 'rc', CODE), code.tag)
    if (!session || !isGenuine || session.state === 'pending') throw invalidCode('unknown')
    return session
  }

  function isCurrent(session: Session, text: string): session is ApprovedRegistration {
    const isApproved = session.state === 'open' && session.grants !== undefined && session.newApp !== undefined
    return isApproved && session.decided !== undefined && sameDigest(session.digest, digestOf(text))
  }

  /** The account and the host may have changed what is allowed since the account approved. Nothing is used up by that. */
  async function assertStillAllowed({ newApp, decided, redirectStamp, credentialEndsAt }: ApprovedRegistration) {
    if (clock() >= credentialEndsAt) throw invalidCode('expired')
    if (!isUsableRedirect(newApp, redirectStamp, parts.redirects)) throw invalidCode('revoked')
    const { account, epoch } = decided.consentRequest
    const lineage = await accounts.lineage(account)
    const { apiType, scopes } = newApp.fields
    assertMayRegister(lineage, apiType)
    if (lineage[0]?.epoch !== epoch) throw invalidCode('revoked')
    const { permits } = fieldOptionsFor(lineage, parts, { account }).scopes
    if (!scopes.every(permits))
      throw accountError('not_permitted', "The directory's mayRegisterScopes no longer allows all scopes of the app.")
    await assertRoom(account, parts)
  }

  async function register(session: ApprovedRegistration) {
    const { newApp, decided, grants, install, scope, audience } = session
    const { account, login, epoch } = decided.consentRequest
    const actor = { account, ...(login !== undefined && { login }) }
    const { secret, stored } = createAppSecret(random, clock)
    const app: LiveApp = { ...newApp, createdAt: clock(), credentials: { type: 'secrets', secrets: [stored] } }
    const authorizationCode = grants ? newCode(session) : undefined
    const endsAt = absoluteEnd(app, lifetimes, clock())
    if (!(await consume(session, authorizationCode, endsAt))) throw invalidCode('reused')
    const result = await withOutcomeDetails({ app: app.key }, () => storeApp(app))
    if (result === 'taken') throw invalidCode('revoked')
    events.emit('app', actor, { change: 'registered', app: app.key })
    if (authorizationCode !== undefined) {
      await saveInstall(app, { actor, scope, audience, epoch, endsAt, newStamp: install.stamp })
      events.emit('install', actor, { change: 'approved', app: app.key, account })
    }
    return withConcealed({ app: appView(app) }, { secret, authorizationCode })
  }

  /** Replaces the registration code by the authorization code, or ends the session. False if it was exchanged meanwhile. */
  async function consume(
    { app, id, digest }: ApprovedRegistration,
    code: string | undefined,
    endsAt: number,
  ): Promise<boolean> {
    const credentialEndsAt = clock() + lifetimes.codeSeconds * 1000
    const written = await collection.write<Session>(
      sessionKind,
      sessionRef({ app, session: id }),
      (session, isExpired) => {
        if (session?.state !== 'open' || isExpired || session.digest !== digest) return undefined
        if (code === undefined) return endedSession(session)
        const { newApp: _, grants: __, decided: ___, ...kept } = session
        return { ...kept, digest: digestOf(code), credentialEndsAt, endsAt, expiresAt: credentialEndsAt }
      },
    )
    return written !== undefined
  }

  function newCode(session: ApprovedRegistration): string {
    return format.write('ac', {
      app: session.app,
      install: session.install.id,
      session: session.id,
      stage: numberToBase62(CODE, WIDTH.stage),
      secret: random(WIDTH.secret),
      tag: tagOf(session, 'ac', CODE),
    })
  }

  /** A code that was exchanged twice: the app is removed unless it was issued a token, which only the holder of its secret can get. */
  async function removeUnused(key: string): Promise<void> {
    const removed = await removeApp(key, async (app) => app?.state === 'live' && !(await isUsed(app)))
    if (removed) events.emit('app', {}, removalOf(removed))
  }

  async function isUsed(app: LiveApp): Promise<boolean> {
    const install = await collection.load(installKind, installRef({ app: app.key, install: installId(app, app.owner) }))
    const tokens = [appOnlyTokens(app), ...(install?.state === 'live' ? [userTokens(app, install)] : [])]
    return app.lastUsedDay !== undefined || (await pages.count(tokens, clock())) > 0
  }
}
