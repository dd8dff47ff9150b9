/** What a {@link isThumbprint} is, in words. */
export const THUMBPRINT = 'the SHA-256 thumbprint of a key, 43 characters of base64url'

/** Whether it is the thumbprint of a key. @see RFC 7638 §3 */
export function isThumbprint(text: unknown): text is string {
  return typeof text === 'string' && /^[\w-]{43}$/.test(text)
}
