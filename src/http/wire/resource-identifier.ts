import { parseUrl } from '../../base/parse-url.ts'
import { isProtected } from '../../domain/input/issuer.ts'

/** What a resource identifier must be so that its metadata has an address. */
export const METADATA_RESOURCE =
  'a canonical https URL without fragment, user name or password (or http on a loopback address, for development)'
const WELL_KNOWN = '/.well-known/oauth-protected-resource'
/** What the value of a challenge can contain, and URLs leave unescaped. */
const QUOTABLE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * The address of the metadata of a resource: the well-known path is inserted between its host and its path.
 *
 * @returns undefined if it is not {@link METADATA_RESOURCE}.
 * @see [RFC 9728 - OAuth 2.0 Protected Resource Metadata](https://www.rfc-editor.org/rfc/rfc9728.html#section-3.1)
 */
export function resourceMetadataUrl(resource: unknown): string | undefined {
  const url = typeof resource === 'string' && QUOTABLE.test(resource) ? parseUrl(resource) : undefined
  if (!url || !isProtected(url) || url.username !== '' || url.password !== '') return undefined
  const { origin, pathname, search, href } = url
  const isCanonical = resource === href || (resource === origin && href === `${origin}/`)
  if (!isCanonical || href.includes('#')) return undefined
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}${search}`
}
