import { invalidOption } from './base/errors.ts'
import { hasStoreMethods } from './base/has-store-methods.ts'
import { integerOption } from './base/integer-option.ts'
import { assertOptions, knownMembers } from './base/known-members.ts'
import { type AssertionPolicy, checkAssertions } from './credentials/jwt/assertion-policy.ts'
import { type CheckedSigning, checkSigning } from './credentials/jwt/signing-keys.ts'
import { checkKeyRing, type KeyRing } from './credentials/key-ring.ts'
import { TOKEN_PREFIX } from './credentials/token-format.ts'
import type { AccountDirectory, AppIdentity } from './domain/accounts/accounts.ts'
import { readScopes } from './domain/accounts/scopes.ts'
import { type IsReservedName, readReservedNames } from './domain/apps/fields/reserved-names.ts'
import type { VerifyLegacySecret } from './domain/apps/legacy-secrets.ts'
import type { PushedRequestsPolicy } from './domain/authorization/pushed-requests.ts'
import { checkDeviceGrant, type DeviceGrantOptions } from './domain/devices/device-options.ts'
import { isIssuer } from './domain/input/issuer.ts'
import { DEFAULT_LIFETIMES, type Lifetimes, readLifetimes } from './domain/input/lifetimes.ts'
import { type RedirectPolicy, readRedirects } from './domain/input/redirect-policy.ts'
import { checkResources } from './domain/input/resources.ts'
import { checkSelfRegistration, type SelfRegistrationPolicy } from './domain/registration/self-registration-options.ts'
import type { ClaimsFunction } from './domain/tokens/host-claims.ts'
import { type CheckedDpop, checkDpop } from './domain/tokens/proofs.ts'
import { MAX_STALENESS_MS } from './domain/tokens/verification.ts'
import { checkLimits, type Limits } from './limits.ts'
import type { AppGrantOptions } from './options.ts'

/** The validated options, with defaults applied. */
export type CheckedOptions = {
  readonly [Name in Exclude<
    keyof AppGrantOptions,
    | 'keyRing'
    | 'deviceGrant'
    | 'pushedRequests'
    | 'issuer'
    | 'resources'
    | 'scopes'
    | 'redirects'
    | 'reservedNames'
    | 'selfRegistration'
    | 'signing'
    | 'assertions'
    | 'dpop'
    | 'claims'
    | 'verifyLegacySecret'
    | 'directory'
    | 'lifetimes'
    | 'limits'
    | 'rotateRefreshTokens'
  >]-?: NonNullable<AppGrantOptions[Name]>
} & {
  readonly issuer: string | undefined
  readonly resources: readonly string[] | undefined
  /** Descriptions by name. */
  readonly scopes: ReadonlyMap<string, string>
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  readonly selfRegistration: SelfRegistrationPolicy | undefined
  /** Empty if the host has none. */
  readonly keyRing: KeyRing
  readonly deviceGrant: DeviceGrantOptions | undefined
  readonly pushedRequests: PushedRequestsPolicy | undefined
  readonly signing: CheckedSigning | undefined
  readonly assertions: AssertionPolicy
  readonly dpop: CheckedDpop | undefined
  readonly directory: AccountDirectory | undefined
  readonly claims: ClaimsFunction | undefined
  readonly verifyLegacySecret: VerifyLegacySecret | undefined
  readonly lifetimes: Lifetimes
  readonly limits: Limits
  readonly rotatesRefreshTokens: (app: AppIdentity) => boolean
}

/** The options of `createAppGrant`. */
export const KNOWN_OPTIONS = knownMembers<AppGrantOptions>({
  store: true,
  directory: true,
  issuer: true,
  resources: true,
  scopes: true,
  signing: true,
  revocationFeed: true,
  maxStalenessMs: true,
  assertions: true,
  dpop: true,
  claims: true,
  consent: true,
  verifyLegacySecret: true,
  tokenPrefix: true,
  appsPerOwner: true,
  lifetimes: true,
  limits: true,
  rotateRefreshTokens: true,
  redirects: true,
  reservedNames: true,
  selfRegistration: true,
  keyRing: true,
  deviceGrant: true,
  pushedRequests: true,
  timeoutMs: true,
  clock: true,
})
const POLICIES: readonly unknown[] = ['accepted', 'required', undefined]

/** @throws TypeError that names the option, what was expected and what was received. */
export function checkOptions(options: AppGrantOptions): CheckedOptions {
  assertOptions('createAppGrant', options, KNOWN_OPTIONS)
  const { store, directory, issuer, tokenPrefix = 'ag', clock = Date.now } = options
  const {
    appsPerOwner = 1000,
    timeoutMs = 1000,
    maxStalenessMs = MAX_STALENESS_MS,
    rotateRefreshTokens = true,
    lifetimes = {},
  } = options
  if (!hasStoreMethods(store)) throw wrong('store', 'a store such as memoryStore()', store)
  if (directory !== undefined && typeof directory?.lineage !== 'function')
    throw wrong('directory', 'an object with a lineage() method', directory)
  if (issuer !== undefined && !isIssuer(issuer)) {
    throw wrong(
      'issuer',
      'a canonical https URL without query, fragment or trailing slash (or http on a loopback address, for development)',
      issuer,
    )
  }
  const { resources, signing, revocationFeed = false, claims, verifyLegacySecret, consent = () => 'ask' } = options
  if (typeof consent !== 'function')
    throw wrong('consent', "a function of an app and a request that returns 'ask', 'remember' or 'skip'", consent)
  if (verifyLegacySecret !== undefined && typeof verifyLegacySecret !== 'function')
    throw wrong(
      'verifyLegacySecret',
      'a function of a scheme, a stored text and a presented secret',
      verifyLegacySecret,
    )
  if (claims !== undefined && typeof claims !== 'function') throw wrong('claims', 'a function of an access', claims)
  if (resources !== undefined) checkResources(resources, wrong)
  if (signing !== undefined && issuer === undefined)
    throw wrong('issuer', 'an https URL, because signed tokens contain it', issuer)
  if (options.dpop !== undefined && issuer === undefined)
    throw wrong('issuer', 'an https URL, because DPoP proofs are for its token endpoint', issuer)
  if (typeof revocationFeed !== 'boolean') throw wrong('revocationFeed', 'true or false', revocationFeed)
  if (revocationFeed && signing === undefined)
    throw wrong(
      'revocationFeed',
      'no feed without `signing`: opaque tokens are verified by introspection',
      revocationFeed,
    )
  if (typeof tokenPrefix !== 'string' || !TOKEN_PREFIX.test(tokenPrefix))
    throw wrong('tokenPrefix', 'a string that matches [a-z][a-z0-9]{1,9}', tokenPrefix)
  if (typeof rotateRefreshTokens !== 'boolean' && typeof rotateRefreshTokens !== 'function')
    throw wrong('rotateRefreshTokens', 'true, false, or a function of an app', rotateRefreshTokens)
  if (typeof clock !== 'function') throw wrong('clock', 'a function that returns ms since 1970', clock)
  const scopes = readScopes(options.scopes, wrong)
  const { selfRegistration: self } = options
  const selfRegistration = self === undefined ? undefined : checkSelfRegistration(self, scopes)
  return {
    store,
    directory,
    issuer,
    resources: resources && [...resources],
    scopes,
    claims,
    verifyLegacySecret,
    consent,
    revocationFeed,
    signing: signing === undefined ? undefined : checkSigning(signing),
    assertions: checkAssertions(options.assertions),
    dpop: options.dpop === undefined ? undefined : checkDpop('createAppGrant', options.dpop),
    tokenPrefix,
    redirects: {
      ...readRedirects(options.redirects, wrong),
      ...(selfRegistration && { selfRegistered: selfRegistration.redirects }),
    },
    selfRegistration,
    isReservedName: readReservedNames(options.reservedNames, wrong),
    ...checkSealed(options),
    // Whatever a function returns but false, the refresh token rotates.
    rotatesRefreshTokens: (app) =>
      (typeof rotateRefreshTokens === 'function' ? rotateRefreshTokens(app) : rotateRefreshTokens) !== false,
    clock,
    appsPerOwner: integerOption('createAppGrant', 'appsPerOwner', appsPerOwner, [1, 100_000]),
    maxStalenessMs: integerOption('createAppGrant', 'maxStalenessMs', maxStalenessMs, [0, MAX_STALENESS_MS]),
    timeoutMs: integerOption('createAppGrant', 'timeoutMs', timeoutMs, [10, 60_000]),
    lifetimes: { ...DEFAULT_LIFETIMES, ...ownLifetimes(lifetimes) },
    limits: checkLimits(options.limits),
  }
}

function ownLifetimes(given: unknown): Partial<Lifetimes> {
  const unknown = (name: string, expected: string) =>
    new TypeError(`createAppGrant: ${name}: unknown option, expected ${expected}`)
  return readLifetimes(given, { base: DEFAULT_LIFETIMES, invalid: wrong, unknown })
}

/** What clients carry, sealed, so that nothing of it is stored. */
function checkSealed({
  issuer,
  keyRing,
  deviceGrant,
  pushedRequests,
}: AppGrantOptions): Pick<CheckedOptions, 'keyRing' | 'deviceGrant' | 'pushedRequests'> {
  if (!POLICIES.includes(pushedRequests)) throw wrong('pushedRequests', "'accepted' or 'required'", pushedRequests)
  const checked = {
    keyRing: keyRing === undefined ? [] : checkKeyRing('createAppGrant', 'keyRing', keyRing),
    deviceGrant: deviceGrant === undefined ? undefined : checkDeviceGrant(deviceGrant),
    pushedRequests,
  }
  const needy = Object.entries({ deviceGrant, pushedRequests }).find(([, value]) => value !== undefined)?.[0]
  if (needy !== undefined && issuer === undefined)
    throw wrong('issuer', `an https URL, because ${needy} serves clients over HTTP`, issuer)
  if (needy !== undefined && keyRing === undefined)
    throw wrong('keyRing', `keys, because ${needy} seals what clients carry`, keyRing)
  return checked
}

function wrong(name: string, expected: string, received: unknown): TypeError {
  return invalidOption('createAppGrant', name, expected, received)
}
