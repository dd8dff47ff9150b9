/**
 * The spellings of a resource that mean the same: an empty path and `/`, which URL parsers do not distinguish. Everything else is
 * compared as a string.
 *
 * @see [RFC 3986 - Uniform Resource Identifier](https://www.rfc-editor.org/rfc/rfc3986.html#section-6.2.3)
 */
export function resourceSpellings(resource: string): readonly string[] {
  const [, origin, slash] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]+)(\/?)$/i.exec(resource) ?? []
  if (origin === undefined) return [resource]
  return slash === '' ? [resource, `${origin}/`] : [resource, origin]
}
