import { invalidOption } from '../../base/errors.ts'
import { parseUrl } from '../../base/parse-url.ts'

/**
 * Whether a value is a canonical issuer. http is for development only, on localhost or a literal loopback address, where the
 * traffic cannot be intercepted.
 *
 * @see RFC 8414 §2
 */
export function isIssuer(issuer: unknown): boolean {
  const url = typeof issuer === 'string' ? parseUrl(issuer) : undefined
  if (!url) return false
  const canonical = url.pathname === '/' ? url.origin : url.origin + url.pathname
  return isProtected(url) && issuer === canonical && !canonical.endsWith('/')
}

/** Whether nobody can intercept what is sent there: by https, or to this machine. */
export function isProtected({ protocol, hostname }: URL): boolean {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback)
}

/** User authorization requires the issuer: report a missing one before anything is stored. */
export function issuerOf({ issuer }: { readonly issuer: string | undefined }): string {
  if (issuer === undefined)
    throw invalidOption('createAppGrant', 'issuer', 'an https URL, which user authorization requires', issuer)
  return issuer
}
