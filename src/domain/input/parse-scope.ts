/**
 * Parses the text of a scope, wherever it comes from (TOK-7). Order and repetition mean nothing; a text without any scope is
 * absent.
 *
 * @see RFC 6749 §3.3
 */
export function parseScope(text: string | undefined): readonly string[] | undefined {
  const scopes = [...new Set(text?.split(' '))].filter(Boolean)
  return scopes.length > 0 ? scopes : undefined
}
