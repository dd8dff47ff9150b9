import { completedPolicy } from '../http/wire/policy.ts'

/** What a policy of ours names besides our own files. */
export interface PolicyOptions {
  readonly origin: string
  /** The path of our files, with a slash at its end. */
  readonly assets: string
  /** The path of the host's style sheet. */
  readonly stylesheet?: string | undefined
}

/**
 * The headers of a document of ours. Sources are the path of our files and not `'self'`: what somebody uploads to the same origin is
 * no script here. Referrers stay within the origin, but are sent there: without them, browsers on plain http send `Origin: null` with
 * every form.
 */
export function documentHeaders({ origin, assets, stylesheet }: PolicyOptions): Readonly<Record<string, string>> {
  const ours = `${origin}${assets}`
  const styles = stylesheet === undefined ? ours : `${ours} ${origin}${stylesheet}`
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `script-src ${ours}`,
      `style-src ${styles}`,
      'img-src data:',
      ...FRAME_POLICY,
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    ...EVERY_PAGE,
  }
}

const FRAME_POLICY = ["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] as const

const EVERY_PAGE = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** The headers of a file: it never changes, for its name would change with it. */
export function assetHeaders(type: string): Readonly<Record<string, string>> {
  return {
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  }
}

/**
 * A response of the host's layout, with what a page with forms needs. What the host has set itself stays; of its policy too, directive
 * by directive, because a stricter one would break the rest of its page.
 */
export function completed(response: Response, status: number): Response {
  // A copy, because the headers of a response that was fetched cannot be changed.
  const copy = new Response(response.body, {
    status: response.status === 200 ? status : response.status,
    headers: response.headers,
  })
  const { headers } = copy
  headers.set('content-security-policy', completedPolicy(headers.get('content-security-policy'), FRAME_POLICY))
  headers.set('cache-control', EVERY_PAGE['cache-control'])
  headers.set('pragma', EVERY_PAGE.pragma)
  for (const name of ['x-content-type-options', 'referrer-policy', 'cross-origin-resource-policy'] as const)
    if (!headers.has(name)) headers.set(name, EVERY_PAGE[name])
  return copy
}
