/**
 * Parses the text of a scope, wherever it comes from (TOK-7), or the values of `resource`, joined with spaces. Order and repetition
 * mean nothing; a text without any entry is absent.
 *
 * @see RFC 6749 §3.3, RFC 8707 §2
 */
export function spacedList(text: string | undefined): readonly string[] | undefined {
  const entries = [...new Set(text?.split(' '))].filter(Boolean)
  return entries.length > 0 ? entries : undefined
}
