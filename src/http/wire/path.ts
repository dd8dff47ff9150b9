import { parseUrl } from '../../base/parse-url.ts'
import type { IncomingRequest } from './request.ts'

/**
 * The path of a request as it came; undefined if a URL parser would change it. Code of the host that guards paths before this
 * handler may have seen another path then (HTTP-9).
 */
export function pathOf({ target, url }: IncomingRequest): string | undefined {
  // Most targets have no query, dots or escapes, and need no parser.
  if (target !== undefined && /^(?:\/[A-Za-z0-9_-]+)+$/.test(target)) return target
  // A target may be an absolute URL (RFC 9112 §3.2.2).
  const [path] = (target ?? url).replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)
  return parseUrl(url)?.pathname === path ? path : undefined
}

/** Whether `prefix` is a path that `path` is or begins with. */
export function isLeadingPath(prefix: unknown, path: string): prefix is string {
  return typeof prefix === 'string' && prefix.startsWith('/') && `${path}/`.startsWith(`${prefix}/`)
}

/**
 * The request at the path that the client used.
 *
 * @param prefix - what a proxy has removed from the path.
 */
export function withPrefix(request: IncomingRequest, prefix: string): IncomingRequest {
  const { origin, pathname, search } = new URL(request.url)
  const url = `${origin}${prefix}${pathname}${search}`
  const { method, headers } = request
  return {
    method,
    url,
    headers,
    get bodyUsed() {
      return request.bodyUsed
    },
    readBody: (limit) => request.readBody(limit),
    // Functions of the host must not read the body.
    toRequest: () => new Request(url, { method, headers: request.toRequest().headers }),
  }
}
