import { createBackground } from './base/background.ts'
import { checkedClock } from './base/checked-clock.ts'
import type { AppGrantError } from './base/errors.ts'
import { type Actor, createEmitter, type EventSource, type Events, publicEvents } from './base/events.ts'
import { assertOptions, knownMembers } from './base/known-members.ts'
import { createLoad, refusingUnderLoad } from './base/load.ts'
import { type Channels, traced } from './base/traced.ts'
import type { Claims } from './credentials/jwt/claims.ts'
import { MAX_SIGNED_TOKEN } from './credentials/jwt/compact.ts'
import type { JwkSet } from './credentials/jwt/signed-format.ts'
import { createRandomText } from './credentials/random.ts'
import { createTokenFormat, MAX_OPAQUE_TOKEN } from './credentials/token-format.ts'
import { createAccounts, createIdentityOf } from './domain/accounts/accounts.ts'
import { createScopes, type ScopeDescription } from './domain/accounts/scopes.ts'
import type { AppRegistry } from './domain/apps/app-registry.ts'
import { CONTEXT, createAppAuthenticator, type RequestContext } from './domain/apps/authenticate-app.ts'
import { createAppRegistry } from './domain/apps/create-app-registry.ts'
import { createFailureLimiter } from './domain/apps/failure-limiter.ts'
import { createFindApp } from './domain/apps/find-app.ts'
import { createFreeing } from './domain/apps/free-app.ts'
import { createLegacySecrets } from './domain/apps/legacy-secrets.ts'
import { createReadPermissions, type ReadPermissions } from './domain/apps/permissions.ts'
import { createRemoveApp } from './domain/apps/remove-app.ts'
import { createVisibleApps } from './domain/apps/visible-apps.ts'
import { createAuthorization } from './domain/authorization/consent.ts'
import { createSaveInstall } from './domain/authorization/save-install.ts'
import { type Authorizer, createAuthorizer } from './domain/authorizer.ts'
import { createGrants } from './domain/grants/create-grants.ts'
import { createAccountLimits, limitingChanges } from './domain/input/account-limits.ts'
import { accountInput, idInput, loginInput, sourceInput } from './domain/input/input.ts'
import { createAudiences } from './domain/input/resources.ts'
import { createEraseAccount, type Erased } from './domain/installs/erase-account.ts'
import { createInstalls, type Installs } from './domain/installs/installs.ts'
import { createNodeChecks, type NodeChecks } from './domain/prepare-node.ts'
import { createRefusals, reportingAll } from './domain/refusals.ts'
import { createRegistration, type Registration } from './domain/registration/create-registration.ts'
import { createAccessTokenIssuer } from './domain/tokens/access-token-issuer.ts'
import { createCachingVerifier } from './domain/tokens/caching-verifier.ts'
import { createHostClaims } from './domain/tokens/host-claims.ts'
import { createIssueLimits } from './domain/tokens/issue-limits.ts'
import { createSignedTokens } from './domain/tokens/signed-tokens.ts'
import { createStrictVerifier } from './domain/tokens/strict-verifier.ts'
import { createTokenReader } from './domain/tokens/token-reader.ts'
import { createTokenStore, type TokenStore } from './domain/tokens/token-store.ts'
import { createUsage } from './domain/tokens/usage.ts'
import type { Access } from './domain/tokens/verification.ts'
import { type AppGrantOptions, checkOptions } from './options.ts'
import { createCollection } from './records/collection.ts'
import { createPages } from './records/pages.ts'
import { createRetries } from './records/retries.ts'
import { comparedClock } from './store/compared-clock.ts'
import { guardedStore } from './store/guarded-store.ts'

const STAMP_LENGTH = 11
const AS = knownMembers<NonNullable<Parameters<AppGrant['as']>[1]>>({ login: true, ...CONTEXT })
const AS_HOST = knownMembers<Parameters<AppGrant['asHost']>[0]>({ login: true }, { account: 'as(account)' })
/** What apps and services may request faster than it can be served. `verify` is limited where the cache does not help. */
const LIMITED = [
  'clientCredentials',
  'exchangeCode',
  'refresh',
  'authenticateApp',
  'beginAuthorization',
  'checkAuthorization',
  'reportLeak',
] as const

/** The management of apps, tokens and installs, with the authority of the host or of one account. */
export interface Management {
  readonly apps: AppRegistry
  readonly tokens: TokenStore
  readonly installs: Installs
  readonly permissions: ReadPermissions
}

/**
 * The authorization server. Its own `apps`, `tokens` and `installs` have the host's authority and may do everything: code that
 * serves an account must use {@link AppGrant.as}.
 */
export interface AppGrant extends Management, NodeChecks, AsyncDisposable {
  /** Issues, verifies and revokes tokens, and asks accounts for consent. */
  readonly authorizer: Authorizer
  /** Reports changes, refusals and outages of this process. */
  readonly events: Events
  /** The configured issuer; undefined if there is none. */
  readonly issuer: string | undefined
  /** What tokens can be issued for: the option `resources`, by default the issuer alone. */
  readonly resources: readonly string[]
  /** Registers programs that register themselves, without storing them. Undefined without the option `selfRegistration`. */
  readonly selfRegistration: Registration['selfRegistration']
  /** The scope catalogue, in the order of the option `scopes`. Empty without it. */
  readonly scopes: readonly ScopeDescription[]
  /**
   * Returns the claims that the option `claims` adds to an access, for introspection. Rejects with `claims_unavailable` if it fails.
   * Undefined without the option.
   */
  readonly claims: ((access: Access) => Promise<Claims>) | undefined
  /** Returns the public keys of signed access tokens, for `/jwks.json`. Undefined if access tokens are opaque. */
  readonly jwks: (() => Promise<JwkSet>) | undefined
  /**
   * Returns the management API with the authority of an account: it covers the apps that the account or an account below it owns,
   * and the tokens and installs that they hold. Everything else is not found.
   *
   * @param options - `login`: the real login behind the account, recorded with its operations. `remoteAddress`, `userAgent`: the
   *   request behind them, for the event `refused`.
   * @throws TypeError if the account is not an account id.
   */
  as(account: string, options?: { readonly login?: string | undefined } & RequestContext): Management
  /**
   * Returns the management API with the host's authority, recording the login that uses it.
   *
   * @throws TypeError if the login is not a string of 1–256 characters.
   */
  asHost(options: { readonly login: string }): Management
  /**
   * Removes what is stored of an account: its apps and everything they hold, its installs, and its access tokens; repeated until
   * nothing is left. What must stay for a while contains nothing of the account. Consent requests that it has not decided expire
   * within ten minutes. Block the account in the directory first: while it goes on, nothing is ever complete.
   *
   * @throws {@link AppGrantError} `conflict` if the account went on all the time, `store_unavailable`, `outcome_unknown`: repeat the
   *   call.
   */
  erase(account: string): Promise<Erased>
  /** Does what is waiting in the background, then closes what the store opened itself, never a client that was passed in. */
  close(): Promise<void>
}

/**
 * Creates an authorization server on top of a store. Validates all options; opens no connection.
 *
 * @throws TypeError that names the invalid option.
 * @example
 * ```ts
 * const appgrant = createAppGrant({ store: memoryStore() })
 * const { app, secret } = await appgrant.apps.register({
 *   owner: 'org-7', name: 'MyApp', homepage: 'https://myapp.example/', adminEmail: 'ops@myapp.example', trusted: true,
 * })
 * const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
 * const access = await appgrant.authorizer.verify(accessToken)
 * ```
 */
export function createAppGrant(options: AppGrantOptions): AppGrant {
  const { store, directory, issuer, resources, signing, tokenPrefix, lifetimes, claims, consent, ...rest } =
    checkOptions(options)
  const { appsPerOwner, assertions, limits, timeoutMs, redirects, rotatesRefreshTokens, verifyLegacySecret } = rest
  const random = createRandomText()
  const events = createEmitter(rest.clock)
  const clock = checkedClock(rest.clock, events)
  const load = createLoad({
    timeoutMs,
    refused: (count) => events.emit('overload', {}, { refused: count }),
  })
  const steadyClock = () => performance.now()
  const reached = guardedStore(store, { timeoutMs, load, failed: (failure) => events.emit('outage', {}, failure) })
  const differs = (cause: AppGrantError) => events.emit('outage', {}, { code: 'clock_skew', operation: 'time', cause })
  const { store: guarded, now, compare } = comparedClock(reached, { clock, steadyClock, differs })
  const retries = createRetries(timeoutMs)
  const collection = createCollection(guarded, { clock, random, retries })
  const scopes = createScopes(rest.scopes, rest.selfRegistration?.scopes)
  const identityOf = createIdentityOf(scopes)
  const accounts = createAccounts(directory, { timeoutMs, events, identityOf })
  const refusals = createRefusals(events)
  const failures = createFailureLimiter({ clock, limits })
  const accountLimits = createAccountLimits({ clock, limits })
  const stamp = () => random(STAMP_LENGTH)
  const pages = createPages(guarded)
  const shared = {
    load,
    collection,
    pages,
    accounts,
    scopes,
    identityOf,
    redirects,
    events,
    refusals,
    failures,
    accountLimits,
    findApp: createFindApp(collection),
  }
  const base = { ...shared, random, clock, timeoutMs, lifetimes, issuer, stamp, steadyClock }
  // For decisions that depend on the time. What revokes must not wait for a clock to be corrected.
  const deciding = { ...base, clock: now }
  const format = createTokenFormat(tokenPrefix)
  const audiences = createAudiences(resources, issuer)
  const hostClaims = claims && createHostClaims(claims, { timeoutMs, events })
  // checkOptions rejects `signing` without an issuer.
  const signed =
    signing && issuer !== undefined
      ? createSignedTokens(signing, { ...deciding, issuer, audience: resources ?? [issuer], timeoutMs, hostClaims })
      : undefined
  const readToken = createTokenReader(format, signed)
  const legacySecrets = createLegacySecrets({ ...base, verifyLegacySecret })
  const authenticator = createAppAuthenticator({ ...deciding, legacySecrets, assertions })
  const { selfRegistration, ...registration } = createRegistration({ ...rest, ...base, tokenPrefix })
  const background = createBackground({ timeoutMs })
  const issueLimits = createIssueLimits({ pages, clock, limits })
  const usage = createUsage({ collection, background, clock })
  const accessTokenIssuer = createAccessTokenIssuer({ ...deciding, format, signed, audiences, issueLimits, usage })
  const freeing = createFreeing(base)
  const removeApp = createRemoveApp({ ...base, freeing })
  const saveInstall = createSaveInstall(base)
  const parts = {
    ...base,
    format,
    audiences,
    readToken,
    authenticator,
    appsPerOwner,
    ...registration,
    ...createGrants({
      ...base,
      now,
      retries,
      format,
      audiences,
      ...registration,
      saveInstall,
      authenticator,
      accessTokenIssuer,
      rotatesRefreshTokens,
    }),
    authorization: createAuthorization({ ...deciding, ...registration, format, audiences, saveInstall, consent }),
    verifier: createCachingVerifier(createStrictVerifier({ ...deciding, readToken, audiences }), {
      watch: guarded.watch,
      maxLength: signed ? MAX_SIGNED_TOKEN : MAX_OPAQUE_TOKEN,
      clock: now,
      steadyClock,
    }),
    verifiesLegacySecrets: verifyLegacySecret !== undefined,
    removeApp,
    freeing,
    background,
  }
  const channels: Channels = new Map()
  const managementFor = (actor: Actor, source: EventSource = {}): Management => {
    Object.freeze(actor)
    const own = { ...parts, visibleApps: createVisibleApps({ ...base, source }) }
    const api = <Api extends object>(name: string, methods: Api) =>
      traced(name, reportingAll(limitingChanges(methods, accountLimits, actor), refusals, actor, source), channels)
    return Object.freeze({
      apps: api('AppRegistry', createAppRegistry(own, actor)),
      tokens: api('TokenStore', createTokenStore(own, actor)),
      installs: api('Installs', createInstalls(own, actor)),
      permissions: api('Management', createReadPermissions(own, actor)).permissions,
    })
  }
  const close = async () => {
    try {
      await background.close()
      await parts.verifier.close()
    } finally {
      await guarded.close()
    }
  }

  return Object.freeze<AppGrant>({
    ...managementFor({}),
    erase: createEraseAccount({ ...base, freeing, removeApp }),
    authorizer: traced('Authorizer', refusingUnderLoad(createAuthorizer(parts), LIMITED, load), channels),
    events: publicEvents(events),
    issuer,
    resources: audiences.all,
    selfRegistration,
    scopes: scopes.catalogue,
    jwks: signed?.jwks,
    claims: hostClaims,
    as(account, options = {}) {
      assertActor('as', () => accountInput(account))
      assertOptions('as', options, AS)
      const source = assertActor('as', () => sourceInput(options))
      return managementFor({ account, ...assertActor('as', () => loginInput(options.login)) }, source)
    },
    asHost(options) {
      assertOptions('asHost', options, AS_HOST)
      return managementFor(assertActor('asHost', () => loginInput(idInput(options.login, 'login'))))
    },
    ...createNodeChecks({ ...base, compare, tokenPrefix, resources, jwks: signed?.jwks }),
    close,
    [Symbol.asyncDispose]: close,
  })
}

/** The actor comes from the host's code: a bad one is a TypeError, not a client error. */
function assertActor<T>(method: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new TypeError(`${method}: ${(error as Error).message}`)
  }
}
