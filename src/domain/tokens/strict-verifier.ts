import { futureRecord, MAX_CLOCK_DIFFERENCE_MS } from '../../base/clock-difference.ts'
import type { VerifyFailureReason } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import type { Load } from '../../base/load.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import { appKind, appRef, type LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired, type RecordRef, type StoreRecord } from '../../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../../records/install.ts'
import { type OpenSession, sessionKind, sessionRef, userAuthenticationOf } from '../../records/session.ts'
import { appOnlyTokens, type LiveToken, tokenKind, tokenRef, userTokens } from '../../records/token.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { type MayAct, mayAct, OWNER_REPLACED } from '../accounts/may-act.ts'
import type { Scopes } from '../accounts/scopes.ts'
import type { Audiences } from '../input/resources.ts'
import { availableScope } from './scope.ts'
import { accessApp } from './token-claims.ts'
import type { AccessTokenParts, PresentedToken, ReadToken } from './token-reader.ts'
import { type Verification, verifyFailure } from './verification.ts'

/** Verifies against the stored records, or refuses to under overload. */
export interface StrictVerifier {
  /** @param onReads - is called with the refs that are read. */
  verify(accessToken: unknown, onReads?: (places: readonly RecordRef[]) => void): Promise<Verification>
}

export function createStrictVerifier(parts: {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly readToken: ReadToken
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly events: Emitter
  readonly clock: () => number
  readonly load: Load
}): StrictVerifier {
  const { collection, accounts, readToken, audiences, scopes, events, clock, load } = parts

  return {
    // No async function and no extra promise: every request takes this path.
    verify(text, onReads) {
      const refusal = load.refusal()
      if (refusal) return refusal
      if (typeof text !== 'string') return Promise.resolve(verifyFailure('malformed'))
      try {
        const read = readToken(text)
        // Only signed tokens are read asynchronously.
        return read instanceof Promise
          ? load.hold(read).then((presented) => verifyRead(presented, onReads))
          : verifyRead(read, onReads)
      } catch (error) {
        return Promise.reject(error)
      }
    },
  }

  function verifyRead(
    presented: PresentedToken | VerifyFailureReason,
    onReads: ((places: readonly RecordRef[]) => void) | undefined,
  ): Promise<Verification> {
    if (typeof presented === 'string') return Promise.resolve(verifyFailure(presented))
    const places = refsOf(presented.parsed)
    onReads?.(places)
    const reading = collection.get(places)
    load.enter()
    return reading.then(
      (records) => {
        load.leave()
        return verifyRecords(presented, records)
      },
      (error) => {
        load.leave()
        throw error
      },
    )
  }

  function verifyRecords(
    { parsed, credential }: PresentedToken,
    records: readonly (StoreRecord | undefined)[],
  ): Verification | Promise<Verification> {
    const tokenRecord = records[0]
    const appRecord = records[1]
    if (!tokenRecord) return verifyFailure('unknown')
    const token = tokenKind.unpack(tokenRecord)
    // Only the holder of the token itself may learn more than "unknown".
    if (!sameDigest(token.digest, digestOf(credential))) return verifyFailure('unknown')
    const now = clock()
    if (hasExpired(tokenRecord, now)) return verifyFailure('expired')
    if (token.state === 'removed') return verifyFailure('revoked')
    const early = token.issuedAt - now
    if (early > MAX_CLOCK_DIFFERENCE_MS) throw futureRecord('verify', early, events)
    const app = appRecord && collection.unpack(appKind, appRecord)
    if (app?.state !== 'live') return verifyFailure('app_removed')
    const isUsers = 'install' in parsed
    const user = isUsers ? userBehind(token, app, records[2], records[3]) : undefined
    if (isUsers && !user) return verifyFailure('revoked')
    const current = user ? userTokens(app, user.install) : appOnlyTokens(app)
    if (token.group !== current.group) return verifyFailure('revoked')
    if (!audiences.accepts(token.audience)) return verifyFailure('other_audience')
    if (app.suspended) return verifyFailure('app_suspended')
    return verifyAccounts(app, token, user)
  }

  /** The install and the session of a user's token, if the session is open and has reached the token's stage. */
  function userBehind(
    token: LiveToken,
    app: LiveApp,
    installRecord: StoreRecord | undefined,
    sessionRecord: StoreRecord | undefined,
  ): TokenUser | undefined {
    const install = installRecord && collection.unpack(installKind, installRecord)
    const session = sessionRecord && collection.unpack(sessionKind, sessionRecord)
    if (session?.state !== 'open' || install?.state !== 'live') return undefined
    const isReached = session.app === app.key && session.stage >= (token.stage ?? Number.MAX_VALUE)
    return isReached ? { install, session } : undefined
  }

  /** A new holder of an account id has another epoch and inherits nothing (ACC-7). */
  function verifyAccounts(
    app: LiveApp,
    token: LiveToken,
    user: TokenUser | undefined,
  ): Verification | Promise<Verification> {
    const decision = mayAct(app, user?.install.account ?? app.owner, accounts)
    return decision instanceof Promise
      ? load.hold(decision).then((decided) => toVerification(decided, app, token, user))
      : toVerification(decision, app, token, user)
  }

  function toVerification(
    { refusal, epoch }: MayAct,
    app: LiveApp,
    token: LiveToken,
    user: TokenUser | undefined,
  ): Verification {
    const install = user?.install
    if (refusal) return verifyFailure(refusal === OWNER_REPLACED ? 'revoked' : refusal.code)
    if (install && install.epoch !== epoch) return verifyFailure('revoked')
    return {
      ok: true,
      kind: install ? 'user' : 'app',
      app: accessApp(app),
      account: install?.account ?? app.owner,
      scope: availableScope(token.scope, app, scopes),
      audience: audiences.of(token.audience),
      tokenId: token.id,
      issuedAt: new Date(token.issuedAt),
      expiresAt: new Date(token.expiresAt),
      ...(token.jkt !== undefined && { jkt: token.jkt }),
      ...(user?.session.signIn && userAuthenticationOf(user.session.signIn)),
    }
  }
}

/** What a user's token depends on besides the app. */
interface TokenUser {
  readonly install: LiveInstall
  readonly session: OpenSession
}

function refsOf(parsed: AccessTokenParts): readonly RecordRef[] {
  return 'install' in parsed
    ? [tokenRef(parsed), appRef(parsed.app), installRef(parsed), sessionRef(parsed)]
    : [tokenRef(parsed), appRef(parsed.app)]
}
