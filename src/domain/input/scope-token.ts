/** Maximum length of a scope. */
export const MAX_SCOPE = 100

/**
 * Whether the text is a scope token of at most 100 characters.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
 */
export function isScopeToken(text: string): boolean {
  return text.length <= MAX_SCOPE && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)
}
