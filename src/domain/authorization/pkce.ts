import { AppGrantError } from '../../base/errors.ts'
import { digestOf } from '../../credentials/digest.ts'

/**
 * What a code is bound to: the PKCE challenge and the redirect URL of its authorization request.
 *
 * @param challenge - S256: the SHA-256 of the verifier in base64url.
 */
export function bindingOf(challenge: string, redirectUrl: string): string {
  return digestOf(JSON.stringify([challenge, redirectUrl]))
}

/**
 * The S256 challenge of a PKCE verifier.
 *
 * @throws {@link AppGrantError} `invalid_code`
 * @see [RFC 7636 - Proof Key for Code Exchange](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.1)
 */
export function challengeOf(text: string): string {
  if (text.length < 43 || text.length > 128 || !/^[\w.~-]+$/.test(text)) {
    throw new AppGrantError(
      'invalid_code',
      {},
      {
        message: 'codeVerifier: expected 43–128 characters of A-Z a-z 0-9 - . _ ~',
        hint: 'Send the PKCE verifier that the code_challenge of the authorization request was made from. The code is still valid.',
      },
    )
  }
  return digestOf(text)
}

/** Whether the text could be an S256 challenge. */
export function isChallenge(text: string): boolean {
  return text.length === 43 && /^[\w-]+$/.test(text)
}
