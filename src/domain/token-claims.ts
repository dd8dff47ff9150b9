import type { AccessTokenClaims } from '../credentials/jwt/access-token.ts'
import { APP_SUBJECT } from './input.ts'

/** What of a token the claims are made of. */
export interface ClaimedToken {
  readonly kind: 'app' | 'user'
  readonly app: { readonly key: string }
  /** Whom it acts for. */
  readonly account: string
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/**
 * What a token says of itself, signed or by introspection. An app-only one has a subject of its own: nobody takes the app for the account it acts for (TOK-6).
 *
 * @see RFC 9068 §2.2, RFC 7662 §2.2
 */
export function tokenClaims(token: ClaimedToken, issuer: string): AccessTokenClaims {
  const { kind, app, account, audience, scope, tokenId } = token
  const [first = issuer, ...more] = audience
  return {
    iss: issuer,
    ...(kind === 'app' ? { sub: APP_SUBJECT + app.key, owner: account } : { sub: account }),
    client_id: app.key,
    aud: more.length > 0 ? audience : first,
    iat: seconds(token.issuedAt),
    exp: seconds(token.expiresAt),
    jti: tokenId,
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    kind,
  }
}

/** Rounded down, so that nobody takes a token for valid longer than it is. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
