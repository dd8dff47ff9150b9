import { knownMembers } from '../base/known-members.ts'
import { type KeyFor, readAccessToken } from '../credentials/jwt/access-token.ts'
import { remoteKeys } from '../credentials/jwt/remote-keys.ts'
import { accessOfClaims } from '../domain/tokens/token-claims.ts'
import {
  assertVerifyOptions,
  checkFit,
  type Verifier,
  verifierOf,
  verifyFailure,
} from '../domain/tokens/verification.ts'
import { type FeedOptions, openFeed } from './feed.ts'
import { fetchWhole, issuerAhead, issuerUnavailable } from './issuer-response.ts'
import { checkResourceOptions, checkUrl, claimRules, RESOURCE_OPTIONS, type ResourceOptions } from './options.ts'

/** Options of {@link signatureVerifier}. */
export interface SignatureOptions extends ResourceOptions {
  /** The URL of the public keys. Default is `/jwks.json` under the issuer. */
  readonly jwksUri?: string | undefined
  /**
   * Polls the revocation feed of the platform, which needs its option `revocationFeed`. A revoked token is refused as soon as the
   * feed was read, some seconds later. Default is none: it is accepted until it expires.
   */
  readonly feed?: FeedOptions | undefined
}

/** The verifier that {@link signatureVerifier} creates. */
export interface SignatureVerifier extends Verifier {
  /** Stops polling the feed. Without a feed it does nothing. */
  close(): void
}

const OPTIONS = knownMembers<SignatureOptions>({ ...RESOURCE_OPTIONS, jwksUri: true, feed: true })

/**
 * Verifies signed access tokens by signature and claims alone, without state and without a request for each token.
 *
 * WARNING: without the option `feed` it does not detect revocation. A revoked token, and every token of a suspended or removed app
 * or of a withdrawn authorization, is accepted until it expires. Even with a feed it does not learn what the host's directory says
 * of accounts, nor that an app lost scopes. If that matters, use {@link introspectionVerifier}. `maxStalenessMs` has no effect here.
 *
 * With `feed`, a token without the claim `stamps` is refused as `unknown`: it was issued before the platform had a feed.
 *
 * The keys are fetched on first use, cached for ten minutes, and fetched again for an unknown `kid`, at most once in ten seconds.
 * Verification rejects with `issuer_unavailable` if they cannot be fetched, or if a token was issued in the future: then a clock is
 * wrong.
 *
 * @throws TypeError if an option is invalid; the message names the option.
 * @see [RFC 9068 - JWT Profile for OAuth 2.0 Access Tokens](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 * @example
 * ```ts
 * const verifier = signatureVerifier({ issuer: 'https://accounts.example.com', audience: 'https://api.example.com' })
 * const guard = protect(verifier, { scope: 'calls:read' })
 * ```
 */
export function signatureVerifier(options: SignatureOptions): SignatureVerifier {
  const resource = checkResourceOptions('signatureVerifier', options, OPTIONS)
  const uri = checkUrl('signatureVerifier', 'jwksUri', options.jwksUri ?? `${resource.issuer}/jwks.json`)
  const { timeoutMs } = resource
  const keys = remoteKeys(uri, { timeoutMs, fetch: fetchWhole, steadyClock: () => performance.now() })
  const keyFor: KeyFor = (header) =>
    keys(header).catch((cause) => {
      throw issuerUnavailable(cause, `The keys could not be fetched from ${uri}. See the cause.`)
    })

  const feed = options.feed === undefined ? undefined : openFeed(options.feed, resource, keyFor)

  const verifier = verifierOf(async (text, options = {}) => {
    assertVerifyOptions(options)
    if (typeof text !== 'string') return verifyFailure('malformed')
    const claims = await readAccessToken(text, keyFor, claimRules(resource))
    if (claims === 'early') throw issuerAhead()
    if (typeof claims === 'string') return verifyFailure(claims)
    const verification = checkFit(accessOfClaims(claims), options)
    if (!feed || !verification.ok) return verification
    // Without stamps it is in no feed.
    if (!claims.stamps) return verifyFailure('unknown')
    return (await feed.isRevoked(claims.stamps)) ? verifyFailure('revoked') : verification
  })
  return { ...verifier, close: () => feed?.close() }
}
