import { type AccessTokenClaims, RESERVED_CLAIMS } from '../../credentials/jwt/claims.ts'
import type { LiveApp } from '../../records/app.ts'
import { APP_SUBJECT } from '../input/input.ts'
import { spacedList } from '../input/spaced-list.ts'
import type { UserAuthentication } from '../input/user-authentication.ts'
import type { Access } from './verification.ts'

/** The data from which the claims of a token are made. */
export interface ClaimedToken extends UserAuthentication {
  readonly kind: 'app' | 'user'
  readonly app: Access['app']
  /** The account it acts for. */
  readonly account: string
  readonly audience: readonly string[]
  readonly scope: readonly string[]
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** The thumbprint of the key that it is bound to. */
  readonly jkt?: string
}

/**
 * The claims of a token, for signing and for introspection. The subject of an app-only token is the app, so that nobody
 * mistakes it for the account it acts for (TOK-6).
 *
 * @see RFC 9068 §2.2, RFC 7662 §2.2
 */
export function tokenClaims(token: ClaimedToken, issuer: string): AccessTokenClaims {
  const { kind, app, account, audience, scope, tokenId, authenticatedAt, acr, jkt } = token
  const [first = issuer, ...more] = audience
  return {
    iss: issuer,
    sub: kind === 'app' ? APP_SUBJECT + app.key : account,
    client_id: app.importedKey ?? app.key,
    ...(app.importedKey !== undefined && { client_key: app.key }),
    client_name: app.name,
    owner: app.owner,
    aud: more.length > 0 ? audience : first,
    iat: seconds(token.issuedAt),
    exp: seconds(token.expiresAt),
    jti: tokenId,
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    ...(authenticatedAt && { auth_time: seconds(authenticatedAt.getTime()) }),
    ...(acr !== undefined && { acr }),
    ...(jkt !== undefined && { cnf: { jkt } }),
    kind,
  }
}

/** What a token says of its app. */
export function accessApp({ key, importedKey, owner, fields: { name } }: LiveApp): Access['app'] {
  return importedKey === undefined ? { key, name, owner } : { key, importedKey, name, owner }
}

/** What a new token permits. */
export function accessOfToken(token: ClaimedToken): Access {
  return { ...token, ok: true, issuedAt: new Date(token.issuedAt), expiresAt: new Date(token.expiresAt) }
}

/** Converts the result of {@link tokenClaims} into that of a verification. Times are in whole seconds, as in the claims. */
export function accessOfClaims(claims: AccessTokenClaims): Access {
  const { kind, client_id: id, client_key: key = id, client_name: name, owner, sub, aud, scope, jti, iat, exp } = claims
  const { auth_time: at, acr, cnf } = claims
  const added = Object.entries(claims).filter(([name]) => !RESERVED_CLAIMS.has(name))
  return {
    ok: true,
    kind,
    app: { key, ...(key !== id && { importedKey: id }), name, owner },
    account: kind === 'app' ? owner : sub,
    scope: spacedList(scope) ?? [],
    audience: [aud].flat(),
    tokenId: jti,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
    ...(at !== undefined && { authenticatedAt: new Date(at * 1000) }),
    ...(acr !== undefined && { acr }),
    ...(cnf && { jkt: cnf.jkt }),
    ...(added.length > 0 && { claims: Object.fromEntries(added) }),
  }
}

/** Rounded down, so that a token never appears to be valid for longer than it is. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
