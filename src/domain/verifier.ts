import { digestOf, sameDigest } from '../credentials/digest.ts'
import type { TokenFormat } from '../credentials/token-format.ts'
import { appKind, appRef, type LiveApp } from '../records/app.ts'
import { type Collection, hasExpired, type StoreRecord } from '../records/collection.ts'
import { appOnlyTokens, type LiveToken, tokenKind, tokenRef } from '../records/token.ts'
import type { Accounts } from './accounts.ts'

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

/** Says what an access token gives. */
export interface Verifier {
  /**
   * Judges an access token by the state as it is: one round trip to the store.
   *
   * Never rejects for a bad token. Rejects with `store_unavailable` or `directory_unavailable` where the answer is not known:
   * answer 503 then, never 401 and never the resource.
   */
  verify(accessToken: string): Promise<Verification>
}

/** A token that the records bear out; whether the accounts do is asked next. */
interface Borne {
  readonly ok: true
  readonly app: LiveApp
  readonly token: LiveToken
}

const denied = (reason: DenialReason): Denied => Object.freeze({ ok: false, reason })

export function createVerifier(parts: {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly format: TokenFormat
  readonly clock: () => number
}): Verifier {
  const { collection, accounts, format, clock } = parts

  return {
    async verify(accessToken) {
      const parsed = typeof accessToken === 'string' ? format.read(accessToken) : undefined
      if (!parsed) return denied('malformed')
      const records = await collection.get([tokenRef(parsed), appRef(parsed.app)])
      const borne = judge(accessToken, records)
      if (!borne.ok) return borne
      const refusal = await refusalByAccounts(borne.app)
      return refusal ? denied(refusal) : access(borne)
    },
  }

  function judge(text: string, [tokenRecord, appRecord]: readonly (StoreRecord | undefined)[]): Borne | Denied {
    if (!tokenRecord) return denied('unknown')
    const token = tokenKind.unpack(tokenRecord)
    // Only who presents the token itself learns more than "unknown".
    if (!sameDigest(token.digest, digestOf(text))) return denied('unknown')
    if (hasExpired(tokenRecord, clock())) return denied('expired')
    if (token.state === 'removed') return denied('revoked')
    const app = appRecord && appKind.unpack(appRecord)
    if (app?.state !== 'live') return denied('app_removed')
    if (token.group !== appOnlyTokens(app).group) return denied('revoked')
    return app.suspended ? denied('app_suspended') : { ok: true, app, token }
  }

  /** An app whose owner is blocked is as good as suspended; an owner of another epoch is another owner (ACC-3, ACC-7). */
  async function refusalByAccounts(app: LiveApp): Promise<DenialReason | undefined> {
    const owner = await accounts.lineage(app.owner)
    return accounts.useRefusal(owner, app) ?? (owner[0]?.epoch === app.epoch ? undefined : 'revoked')
  }
}

function access({ app, token }: Borne): Access {
  const registered = new Set(app.fields.scopes)
  return {
    ok: true,
    kind: 'app',
    app: { key: app.key, name: app.fields.name, owner: app.owner },
    account: app.owner,
    scope: token.scope.filter((scope) => registered.has(scope)),
    tokenId: token.id,
    issuedAt: new Date(token.issuedAt),
    expiresAt: new Date(token.expiresAt),
  }
}
