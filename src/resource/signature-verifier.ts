import { type KeyFor, readAccessToken } from '../credentials/jwt/access-token.ts'
import { remoteKeys } from '../credentials/jwt/remote-keys.ts'
import { accessOfClaims } from '../domain/token-claims.ts'
import { denied, meantFor, type Verifier } from '../domain/verifier.ts'
import { fetchWhole, issuerUnavailable } from './issuer-answer.ts'
import { checkResourceOptions, checkUrl, claimRules, type ResourceOptions } from './options.ts'

/** How {@link signatureVerifier} finds the keys. */
export interface SignatureOptions extends ResourceOptions {
  /** Where the public keys are. Default is `/jwks.json` of the issuer. */
  readonly jwksUri?: string
}

/**
 * Verifies signed access tokens by their signature alone: no call for each token, and no state.
 *
 * WARNING: it does not see that anything was revoked. A killed token, a suspended or removed app, a withdrawn authorization: all
 * are accepted here until the token expires. Where that is too long use {@link introspectionVerifier}. `maxStalenessMs` changes
 * nothing here.
 *
 * The keys are fetched when they are first needed, kept for ten minutes, and fetched again for a `kid` that is not among them, at
 * most once in ten seconds. `verify` rejects with `issuer_unavailable` where they cannot be had.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [RFC 9068 - JWT Profile for OAuth 2.0 Access Tokens](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 * @example
 * ```ts
 * const verifier = signatureVerifier({ issuer: 'https://accounts.example.com', audience: 'https://api.example.com' })
 * const guard = protect(verifier, { scope: 'calls:read' })
 * ```
 */
export function signatureVerifier(options: SignatureOptions): Verifier {
  const resource = checkResourceOptions('signatureVerifier', options)
  const uri = checkUrl('signatureVerifier', 'jwksUri', options.jwksUri ?? `${resource.issuer}/jwks.json`)
  const keys = remoteKeys(uri, { timeoutMs: resource.timeoutMs, fetch: fetchWhole })
  const keyFor: KeyFor = (header) =>
    keys(header).catch((cause) => {
      throw issuerUnavailable(cause, `The keys at ${uri} could not be had. See the cause.`)
    })

  return {
    async verify(text, { audience: asked } = {}) {
      if (typeof text !== 'string') return denied('malformed')
      const claims = await readAccessToken(text, keyFor, claimRules(resource))
      return typeof claims === 'string' ? denied(claims) : meantFor(asked, accessOfClaims(claims))
    },
  }
}
