import { digestOf, sameDigest } from '../credentials/digest.ts'
import { appKind, appRef, type LiveApp } from '../records/app.ts'
import { type Collection, hasExpired, type RecordRef, type StoreRecord } from '../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../records/install.ts'
import { sessionKind, sessionRef } from '../records/session.ts'
import { appOnlyTokens, type LiveToken, tokenKind, tokenRef, userTokens } from '../records/token.ts'
import type { Accounts } from './accounts.ts'
import type { Audiences } from './audience.ts'
import type { AccessTokenParts, PresentedToken, ReadPresentedToken } from './presented-token.ts'
import { type Standing, standingOf } from './standing.ts'

/** What a valid access token permits. */
export interface Access {
  readonly ok: true
  /** `app`: issued to the app alone, which acts for its owner. `user`: authorised by the account. */
  readonly kind: 'app' | 'user'
  readonly app: { readonly key: string; readonly name: string; readonly owner: string }
  /** The account the app acts for. */
  readonly account: string
  /** The scope that applies now: the token's scope without what the app has lost since. */
  readonly scope: readonly string[]
  /** The resources the token is for. Without the option `resources`, the issuer; empty if there is none either. */
  readonly audience: readonly string[]
  readonly tokenId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/**
 * Why an access token is not valid. On the wire, every reason is `invalid_token`.
 *
 * @see [RFC 6750 - Bearer Token Usage](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export interface Denied {
  readonly ok: false
  readonly reason: DenialReason
}

/**
 * The reasons for which an access token is denied. `unknown` includes tokens that were made up or whose record has been dropped;
 * `revoked` is everything that was revoked, removed or withdrawn, or belongs to another epoch.
 */
export type DenialReason =
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'revoked'
  | 'other_audience'
  | 'app_removed'
  | 'app_suspended'
  | 'account_blocked'
  | 'not_permitted'

export type Verification = Access | Denied

/** How fresh a verification must be, and which resource it is for. */
export interface VerifyOptions {
  /**
   * WARNING: a token may still be accepted for this long after it was revoked.
   *
   * How old the state that an acceptance is based on may be, in ms, 0–300 000. A denial is always based on the current state.
   * Default is 0, the current state.
   */
  readonly maxStalenessMs?: number
  /** The resource that is accessed: a token that is not for it is denied. Default is any of the option `resources`. */
  readonly audience?: string
}

/** Verifies access tokens. */
export interface Verifier {
  /**
   * Verifies an access token against the current state, with one round trip to the store, or none within `maxStalenessMs`. The
   * signature of a signed token is checked too, without another round trip.
   *
   * @returns what the token permits, or why it is not valid: an invalid token is never a rejection.
   * @throws {@link AppGrantError} `store_unavailable` or `directory_unavailable` if the result is not known: respond with 503,
   *   never with 401 or the resource. `invalid_request` for an invalid option.
   */
  verify(accessToken: string, options?: VerifyOptions): Promise<Verification>
}

/** Verifies against the stored records. */
export interface StrictVerifier {
  /** @param restsOn - is called with the refs that are read. */
  verify(accessToken: unknown, restsOn?: (places: readonly RecordRef[]) => void): Promise<Verification>
}

export const denied = (reason: DenialReason): Denied => Object.freeze({ ok: false, reason })

/** Denies a valid token that is not for the resource. */
export function meantFor(audience: string | undefined, verification: Verification): Verification {
  const isFor = !verification.ok || audience === undefined || verification.audience.includes(audience)
  return isFor ? verification : denied('other_audience')
}

export function createStrictVerifier(parts: {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly readPresented: ReadPresentedToken
  readonly audiences: Audiences
  readonly clock: () => number
}): StrictVerifier {
  const { collection, accounts, readPresented, audiences, clock } = parts

  return {
    // No async function and no extra promise: every request takes this path.
    verify(text, restsOn) {
      if (typeof text !== 'string') return Promise.resolve(denied('malformed'))
      try {
        const read = readPresented(text)
        // Only signed tokens are read asynchronously.
        return read instanceof Promise
          ? read.then((presented) => verifyRead(presented, restsOn))
          : verifyRead(read, restsOn)
      } catch (error) {
        return Promise.reject(error)
      }
    },
  }

  function verifyRead(
    presented: PresentedToken | DenialReason,
    restsOn: ((places: readonly RecordRef[]) => void) | undefined,
  ): Promise<Verification> {
    if (typeof presented === 'string') return Promise.resolve(denied(presented))
    const places = refsOf(presented.parsed)
    restsOn?.(places)
    return collection.get(places).then((records) => judge(presented, records))
  }

  function judge(
    { parsed, credential }: PresentedToken,
    records: readonly (StoreRecord | undefined)[],
  ): Verification | Promise<Verification> {
    const tokenRecord = records[0]
    const appRecord = records[1]
    if (!tokenRecord) return denied('unknown')
    const token = tokenKind.unpack(tokenRecord)
    // Only the holder of the token itself may learn more than "unknown".
    if (!sameDigest(token.digest, digestOf(credential))) return denied('unknown')
    if (hasExpired(tokenRecord, clock())) return denied('expired')
    if (token.state === 'removed') return denied('revoked')
    const app = appRecord && collection.unpack(appKind, appRecord)
    if (app?.state !== 'live') return denied('app_removed')
    const isUsers = 'install' in parsed
    const install = isUsers ? installBehind(token, app, records[2], records[3]) : undefined
    if (isUsers && !install) return denied('revoked')
    const current = install ? userTokens(app, install) : appOnlyTokens(app)
    if (token.group !== current.group) return denied('revoked')
    if (!audiences.accepts(token.audience)) return denied('other_audience')
    if (app.suspended) return denied('app_suspended')
    return judgeAccounts(app, token, install)
  }

  /** The install of a user's token, if its session is open and has reached the token's stage. */
  function installBehind(
    token: LiveToken,
    app: LiveApp,
    installRecord: StoreRecord | undefined,
    sessionRecord: StoreRecord | undefined,
  ) {
    const install = installRecord && collection.unpack(installKind, installRecord)
    const session = sessionRecord && collection.unpack(sessionKind, sessionRecord)
    const isReached =
      session?.state === 'open' && session.app === app.key && session.stage >= (token.stage ?? Number.MAX_VALUE)
    return isReached && install?.state === 'live' ? install : undefined
  }

  /** A new holder of an account id has another epoch and inherits nothing (ACC-7). */
  function judgeAccounts(
    app: LiveApp,
    token: LiveToken,
    install: LiveInstall | undefined,
  ): Verification | Promise<Verification> {
    const standing = standingOf(app, install?.account ?? app.owner, accounts)
    return standing instanceof Promise
      ? standing.then((told) => judgeStanding(told, app, token, install))
      : judgeStanding(standing, app, token, install)
  }

  function judgeStanding(
    { refusal, epoch }: Standing,
    app: LiveApp,
    token: LiveToken,
    install: LiveInstall | undefined,
  ): Verification {
    if (refusal) return denied(refusal)
    if ((install ?? app).epoch !== epoch) return denied('revoked')
    return {
      ok: true,
      kind: install ? 'user' : 'app',
      app: { key: app.key, name: app.fields.name, owner: app.owner },
      account: install?.account ?? app.owner,
      scope: stillHeld(token.scope, app),
      audience: audiences.of(token.audience),
      tokenId: token.id,
      issuedAt: new Date(token.issuedAt),
      expiresAt: new Date(token.expiresAt),
    }
  }
}

function refsOf(parsed: AccessTokenParts): readonly RecordRef[] {
  return 'install' in parsed
    ? [tokenRef(parsed), appRef(parsed.app), installRef(parsed), sessionRef(parsed)]
    : [tokenRef(parsed), appRef(parsed.app)]
}

// Many verifications share one app object, so the set of its scopes is made once.
const scopeSets = new WeakMap<LiveApp, ReadonlySet<string>>()

function stillHeld(scope: readonly string[], app: LiveApp): readonly string[] {
  if (scope.length === 0) return []
  let held = scopeSets.get(app)
  if (!held) {
    held = new Set(app.fields.scopes)
    scopeSets.set(app, held)
  }
  const known = held
  return scope.filter((one) => known.has(one))
}
