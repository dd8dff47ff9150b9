import { parseUrl } from './fields/parse-url.ts'

/**
 * Whether a text is an issuer in its one form. http is for development only, where nobody can listen in: on a literal loopback
 * address or localhost.
 *
 * @see RFC 8414 §2
 */
export function isIssuer(issuer: unknown): boolean {
  const url = typeof issuer === 'string' ? parseUrl(issuer) : undefined
  if (!url) return false
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)
  const canonical = url.pathname === '/' ? url.origin : url.origin + url.pathname
  return isSafe && issuer === canonical && !canonical.endsWith('/')
}
