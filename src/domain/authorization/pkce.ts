import { AppGrantError } from '../../base/errors.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import { because } from '../refusals.ts'

/** Longer than any redirect URL that an app can register. Nothing longer is hashed. */
export const MAX_REDIRECT = 4096

/**
 * What a code is bound to: a digest of the PKCE challenge and one of the redirect URL of its authorization request.
 *
 * @param challenge - S256: the SHA-256 of the verifier in base64url.
 */
export function bindingOf(challenge: string, redirectUrl: string): string {
  return digestOf(challenge) + digestOf(redirectUrl)
}

/** Which part of what was presented differs from what a code is bound to; undefined if it is the same. */
export function bindingFault(bound: string, presented: string): 'wrong_verifier' | 'wrong_redirect' | undefined {
  if (sameDigest(bound, presented)) return undefined
  const middle = presented.length / 2
  return sameDigest(bound.slice(0, middle), presented.slice(0, middle)) ? 'wrong_redirect' : 'wrong_verifier'
}

/**
 * The S256 challenge of a PKCE verifier.
 *
 * @throws {@link AppGrantError} `invalid_code`
 * @see [RFC 7636 - Proof Key for Code Exchange](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.1)
 */
export function challengeOf(text: string): string {
  if (text.length < 43 || text.length > 128 || !/^[\w.~-]+$/.test(text)) {
    throw because(
      new AppGrantError('invalid_code', {
        message: 'codeVerifier: expected 43–128 characters of A-Z a-z 0-9 - . _ ~',
        hint: 'Send the PKCE verifier that the code_challenge of the authorization request was made from. The code is still valid.',
      }),
      'wrong_verifier',
    )
  }
  return digestOf(text)
}

/** What a request must have that leads to a code. */
export const CHALLENGE = 'code_challenge: expected an S256 challenge of 43 characters and code_challenge_method=S256'

/** The challenge of such a request; undefined if it has no {@link CHALLENGE}. */
export function requestedChallenge(params: {
  readonly code_challenge?: string
  readonly code_challenge_method?: string
}): string | undefined {
  const { code_challenge: challenge = '', code_challenge_method: method } = params
  return method === 'S256' && challenge.length === 43 && /^[\w-]+$/.test(challenge) ? challenge : undefined
}
