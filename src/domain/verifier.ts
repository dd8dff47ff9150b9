import { digestOf, sameDigest } from '../credentials/digest.ts'
import type { ParsedToken, TokenFormat } from '../credentials/token-format.ts'
import { appKind, appRef, type LiveApp } from '../records/app.ts'
import { type Collection, hasExpired, type RecordRef, type StoreRecord } from '../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../records/install.ts'
import { sessionKind, sessionRef } from '../records/session.ts'
import { appOnlyTokens, type LiveToken, tokenKind, tokenRef, userTokens } from '../records/token.ts'
import type { Accounts } from './accounts.ts'
import { type Standing, standingOf } from './standing.ts'

/** What a valid access token gives. */
export interface Access {
  readonly ok: true
  /** `app`: the app by itself, for its owner. `user`: for the account that authorised it. */
  readonly kind: 'app' | 'user'
  readonly app: { readonly key: string; readonly name: string; readonly owner: string }
  /** Whom the app acts for. */
  readonly account: string
  /** What it may do now: the token's scope without what the app has lost since. */
  readonly scope: readonly string[]
  readonly tokenId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** Why an access token gives nothing. On the wire all of it is `invalid_token`. */
export interface Denied {
  readonly ok: false
  readonly reason: DenialReason
}

export type DenialReason =
  | 'malformed'
  | 'unknown'
  | 'expired'
  | 'revoked'
  | 'app_removed'
  | 'app_suspended'
  | 'account_blocked'
  | 'not_permitted'

export type Verification = Access | Denied

/** How fresh an answer must be. */
export interface VerifyOptions {
  /**
   * How old, in ms, the state may be that an acceptance rests on, 0–300 000. A denial is always fresh.
   *
   * WARNING: a token may be accepted for so long after it was killed. Default is 0: the state as it is.
   */
  readonly maxStalenessMs?: number
}

/** Says what an access token gives. */
export interface Verifier {
  /**
   * Judges an access token by the state as it is: one round trip to the store, or none within `maxStalenessMs`.
   *
   * Never rejects for a bad token. Rejects with `store_unavailable` or `directory_unavailable` where the answer is not known:
   * answer 503 then, never 401 and never the resource.
   */
  verify(accessToken: string, options?: VerifyOptions): Promise<Verification>
}

/** Judges by the records themselves. */
export interface StrictVerifier {
  verify(accessToken: unknown): Promise<Verification>
  /** The places that an acceptance of this token rests on. */
  placesOf(accessToken: string): readonly RecordRef[]
}

/** A token that the records bear out; whether the accounts do is asked next. */
interface Borne {
  readonly ok: true
  readonly app: LiveApp
  readonly token: LiveToken
  /** Absent for an app-only token. */
  readonly install?: LiveInstall
}

type AccessToken = Extract<ParsedToken, { readonly token: string }>

const denied = (reason: DenialReason): Denied => Object.freeze({ ok: false, reason })

export function createStrictVerifier(parts: {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly format: TokenFormat
  readonly clock: () => number
}): StrictVerifier {
  const { collection, accounts, format, clock } = parts

  return {
    async verify(text) {
      const parsed = read(text)
      if (!parsed) return denied('malformed')
      const borne = judge(text as string, parsed, await collection.get(refsOf(parsed)))
      return borne.ok ? judgeAccounts(borne) : borne
    },
    placesOf(text) {
      const parsed = read(text)
      return parsed ? refsOf(parsed) : []
    },
  }

  function read(text: unknown): AccessToken | undefined {
    const parsed = typeof text === 'string' ? format.read(text) : undefined
    return parsed && 'token' in parsed ? parsed : undefined
  }

  function judge(text: string, parsed: AccessToken, records: readonly (StoreRecord | undefined)[]): Borne | Denied {
    const [tokenRecord, appRecord, ...others] = records
    if (!tokenRecord) return denied('unknown')
    const token = tokenKind.unpack(tokenRecord)
    // Only who presents the token itself learns more than "unknown".
    if (!sameDigest(token.digest, digestOf(text))) return denied('unknown')
    if (hasExpired(tokenRecord, clock())) return denied('expired')
    if (token.state === 'removed') return denied('revoked')
    const app = appRecord && collection.unpack(appKind, appRecord)
    if (app?.state !== 'live') return denied('app_removed')
    const install = parsed.kind === 'ut' ? installBehind(token, app, others) : undefined
    if (parsed.kind === 'ut' && !install) return denied('revoked')
    const current = install ? userTokens(app, install) : appOnlyTokens(app)
    if (token.group !== current.group) return denied('revoked')
    if (app.suspended) return denied('app_suspended')
    return { ok: true, app, token, ...(install && { install }) }
  }

  /** The install of a user's token, if its session is open and has reached the token's stage. */
  function installBehind(
    token: LiveToken,
    app: LiveApp,
    [installRecord, sessionRecord]: readonly (StoreRecord | undefined)[],
  ) {
    const install = installRecord && installKind.unpack(installRecord)
    const session = sessionRecord && sessionKind.unpack(sessionRecord)
    const isReached =
      session?.state === 'open' && session.app === app.key && session.stage >= (token.stage ?? Number.MAX_VALUE)
    return isReached && install?.state === 'live' ? install : undefined
  }

  /** A stranger who got an account's id, or its app, has another epoch and inherits nothing (ACC-7). */
  function judgeAccounts(borne: Borne): Verification | Promise<Verification> {
    const { app, install } = borne
    const account = install?.account ?? app.owner
    const judged = ({ refusal, epoch }: Standing): Verification => {
      if (refusal) return denied(refusal)
      return (install ?? app).epoch === epoch ? access(borne, account) : denied('revoked')
    }
    const standing = standingOf(app, account, accounts)
    return standing instanceof Promise ? standing.then(judged) : judged(standing)
  }
}

function refsOf(parsed: AccessToken): readonly RecordRef[] {
  const refs = [tokenRef(parsed), appRef(parsed.app)]
  return parsed.kind === 'ut' ? [...refs, installRef(parsed), sessionRef(parsed)] : refs
}

function access({ app, token, install }: Borne, account: string): Access {
  return {
    ok: true,
    kind: install ? 'user' : 'app',
    app: { key: app.key, name: app.fields.name, owner: app.owner },
    account,
    scope: token.scope.filter((scope) => app.fields.scopes.includes(scope)),
    tokenId: token.id,
    issuedAt: new Date(token.issuedAt),
    expiresAt: new Date(token.expiresAt),
  }
}
