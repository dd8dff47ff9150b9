import { setTimeout } from 'node:timers/promises'
import type { AppGrant, Management } from './app-grant.ts'
import { createBackground } from './base/background.ts'
import { checkedClock } from './base/checked-clock.ts'
import type { AppGrantError } from './base/errors.ts'
import { type Actor, createEmitter, type EventSource, publicEvents } from './base/events.ts'
import { assertOptions, knownMembers } from './base/known-members.ts'
import { createLoad, refusingUnderLoad } from './base/load.ts'
import { type Channels, traced } from './base/traced.ts'
import { checkOptions } from './check-options.ts'
import { MAX_SIGNED_TOKEN } from './credentials/jwt/compact.ts'
import { createRandomText } from './credentials/random.ts'
import { createTokenFormat, MAX_OPAQUE_TOKEN } from './credentials/token-format.ts'
import { createAccounts, createIdentityOf } from './domain/accounts/accounts.ts'
import { createScopes } from './domain/accounts/scopes.ts'
import { CONTEXT, createAppAuthenticator } from './domain/apps/authenticate-app.ts'
import { createAppRegistry } from './domain/apps/create-app-registry.ts'
import { createFailureLimiter } from './domain/apps/failure-limiter.ts'
import { createFindApp } from './domain/apps/find-app.ts'
import { createFreeing } from './domain/apps/free-app.ts'
import { createLegacySecrets } from './domain/apps/legacy-secrets.ts'
import { createReadPermissions } from './domain/apps/permissions.ts'
import { createRemoveApp } from './domain/apps/remove-app.ts'
import { createVisibleApps } from './domain/apps/visible-apps.ts'
import { createBrowserRegistration } from './domain/authorization/browser-registration.ts'
import { createAuthorization } from './domain/authorization/consent.ts'
import { createImportInstall } from './domain/authorization/import-install.ts'
import { createPushedRequests } from './domain/authorization/pushed-requests.ts'
import { createSaveInstall } from './domain/authorization/save-install.ts'
import { createAuthorizer, LIMITED } from './domain/authorizer.ts'
import { createDeviceGrant } from './domain/devices/create-device-grant.ts'
import { LIMITED_OF_DEVICES } from './domain/devices/device-grant.ts'
import { createGrants } from './domain/grants/create-grants.ts'
import { createAccountLimits, limitingChanges } from './domain/input/account-limits.ts'
import { accountInput, idInput, loginInput, sourceInput } from './domain/input/input.ts'
import { createAudiences } from './domain/input/resources.ts'
import { createEraseAccount } from './domain/installs/erase-account.ts'
import { createInstalls } from './domain/installs/installs.ts'
import { createNodeChecks } from './domain/prepare-node.ts'
import { createRefusals, reportingAll } from './domain/refusals.ts'
import { createRegistration } from './domain/registration/create-registration.ts'
import { createAccessTokenIssuer } from './domain/tokens/access-token-issuer.ts'
import { createCachingVerifier } from './domain/tokens/caching-verifier.ts'
import { createFeedReaders } from './domain/tokens/feed-readers.ts'
import { createHostClaims } from './domain/tokens/host-claims.ts'
import { createIssueLimits } from './domain/tokens/issue-limits.ts'
import { createProofs, DPOP_ALGORITHMS } from './domain/tokens/proofs.ts'
import { createProvenKeys } from './domain/tokens/proven-keys.ts'
import { createReceipts } from './domain/tokens/receipts.ts'
import { createRevocationFeed } from './domain/tokens/revocation-feed.ts'
import { createSignedTokens } from './domain/tokens/signed-tokens.ts'
import { createStrictVerifier } from './domain/tokens/strict-verifier.ts'
import { createTokenReader } from './domain/tokens/token-reader.ts'
import { createTokenStore } from './domain/tokens/token-store.ts'
import { createUsage } from './domain/tokens/usage.ts'
import type { AppGrantOptions } from './options.ts'
import { createCollection } from './records/collection.ts'
import { createPages } from './records/pages.ts'
import { createRetries } from './records/retries.ts'
import { createRevocations } from './records/revocations.ts'
import { comparedClock } from './store/compared-clock.ts'
import { guardedStore } from './store/guarded-store.ts'

export type { AppGrant, Management } from './app-grant.ts'

const STAMP_LENGTH = 11
const AS = knownMembers<NonNullable<Parameters<AppGrant['as']>[1]>>({ login: true, ...CONTEXT })
const AS_HOST = knownMembers<Parameters<AppGrant['asHost']>[0]>({ login: true }, { account: 'as(account)' })

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
  const {
    appsPerOwner,
    assertions,
    dpop,
    limits,
    timeoutMs,
    redirects,
    isReservedName,
    rotatesRefreshTokens,
    verifyLegacySecret,
    maxStalenessMs,
    revocationFeed: hasFeed,
    deviceGrant,
  } = rest
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
  const { store: guarded, now, storeTime, compare } = comparedClock(reached, { clock, steadyClock, differs })
  const retries = createRetries(timeoutMs)
  const revocations = hasFeed ? createRevocations(guarded, { random, storeTime, steadyClock }) : undefined
  const { beforeReplace } = revocations ?? {}
  const collection = createCollection(guarded, { clock, random, retries, beforeReplace })
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
    isReservedName,
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
      ? createSignedTokens(signing, {
          ...deciding,
          issuer,
          audience: resources ?? [issuer],
          timeoutMs,
          hostClaims,
          hasFeed,
        })
      : undefined
  const proofs = dpop && createProofs(dpop, now)
  const provenKeys = createProvenKeys({ ...deciding, proofs })
  const readToken = createTokenReader(format, signed)
  const legacySecrets = createLegacySecrets({ ...base, verifyLegacySecret })
  const authenticator = createAppAuthenticator({ ...deciding, legacySecrets, assertions })
  const { selfRegistration, ...registration } = createRegistration({ ...rest, ...base, now, tokenPrefix })
  const background = createBackground({ timeoutMs })
  const issueLimits = createIssueLimits({ pages, clock, limits })
  const usage = createUsage({ collection, background, clock })
  const accessTokenIssuer = createAccessTokenIssuer({ ...deciding, format, signed, audiences, issueLimits, usage })
  const freeing = createFreeing(base)
  const removeApp = createRemoveApp({ ...base, freeing })
  const saveInstall = createSaveInstall(base)
  const requesting = {
    ...registration,
    format,
    audiences,
    authenticator,
    provenKeys,
    bindsKeys: proofs !== undefined,
  }
  const pushable = { ...deciding, ...requesting, keyRing: rest.keyRing }
  const { receive, pushedRequests } = createPushedRequests(rest.pushedRequests, pushable)
  const asking = { ...deciding, ...requesting, appsPerOwner, removeApp, saveInstall, receive }
  const granting = { ...base, ...requesting, now, retries, saveInstall, accessTokenIssuer, rotatesRefreshTokens }
  const parts = {
    ...base,
    ...requesting,
    readToken,
    appsPerOwner,
    ...createGrants(granting),
    authorization: createAuthorization({ ...asking, consent }),
    registration: createBrowserRegistration(asking),
    verifier: createCachingVerifier(createStrictVerifier({ ...deciding, readToken, audiences }), {
      watch: guarded.watch,
      maxStalenessMs: () => maxStalenessMs,
      maxLength: signed ? MAX_SIGNED_TOKEN : MAX_OPAQUE_TOKEN,
      clock: now,
      steadyClock,
    }),
    verifiesLegacySecrets: verifyLegacySecret !== undefined,
    importInstall: createImportInstall({ ...base, retries, saveInstall }),
    removeApp,
    freeing,
    background,
  }
  const devices =
    deviceGrant &&
    createDeviceGrant({ ...asking, ...parts, ...deciding, keyRing: rest.keyRing, tokenPrefix, options: deviceGrant })
  const channels: Channels = new Map()
  const pushing =
    pushedRequests &&
    traced('PushedRequests', refusingUnderLoad({ push: pushedRequests.push }, ['push'], load), channels)
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
  const readers = revocations && createFeedReaders({ collection, pages, storeTime })
  const receipts = createReceipts({
    maxStalenessMs,
    areSigned: signed !== undefined,
    readers,
    compare,
    clock,
    storeTime,
    steadyClock,
    pause: (ms, signal) => setTimeout(ms, undefined, { signal }),
  })
  const close = async () => {
    receipts.close()
    try {
      await background.close()
      await parts.verifier.close()
    } finally {
      await guarded.close()
    }
  }
  const shown = { ...base, ...requesting, compare, tokenPrefix, resources, hasFeed, maxStalenessMs }

  return Object.freeze<AppGrant>({
    ...managementFor({}),
    erase: createEraseAccount({ ...base, freeing, removeApp }),
    authorizer: Object.freeze({
      ...traced('Authorizer', refusingUnderLoad(createAuthorizer(parts), LIMITED, load), channels),
      acceptable: Object.freeze({
        resources: audiences.all,
        scopes: Object.freeze(scopes.catalogue.map(({ name }) => name)),
      }),
    }),
    events: publicEvents(events),
    issuer,
    resources: audiences.all,
    selfRegistration,
    pushedRequests: pushedRequests && Object.freeze({ ...pushedRequests, ...pushing }),
    devices: devices && traced('DeviceGrant', refusingUnderLoad(devices, LIMITED_OF_DEVICES, load), channels),
    scopes: scopes.catalogue,
    jwks: signed?.jwks,
    receipt: receipts.receipt,
    maxStalenessMs,
    revocationFeed:
      revocations &&
      readers &&
      signed &&
      createRevocationFeed({ ...deciding, revocations, readers, signed, storeTime }),
    dpop: proofs && { algorithms: DPOP_ALGORITHMS, nonce: proofs.nonce },
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
    ...createNodeChecks({ ...shown, jwks: signed?.jwks }),
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
