import { assertOptions, knownMembers } from '../../base/known-members.ts'

/** Redirect URLs that are not https. */
export interface RedirectOptions {
  /**
   * The apps that may use http redirect URLs on `127.0.0.1`, `[::1]` and `localhost`, where the port is ignored: `public` for apps that
   * run on users' devices, `all` also for confidential ones, for development. Default is none.
   *
   * WARNING: other programs on the device of the user can receive the response, so a code alone proves nothing of the app.
   *
   * @see [RFC 8252 - OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
   */
  readonly loopback?: 'public' | 'all' | undefined
  /**
   * The private-use schemes that public apps may use, at most 100, such as `com.example.app` for `com.example.app:/callback`. They are
   * compared as whole strings, in lower case and without the colon. Default is none.
   *
   * WARNING: any app on the device of the user can claim a scheme, and then receives the response. PKCE keeps it from using the code.
   *
   * @see [RFC 8252 - OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.1)
   */
  readonly schemes?: readonly string[] | undefined
}

const NAMES = knownMembers<RedirectOptions>({ loopback: true, schemes: true })
const MAX_SCHEMES = 100

/** Which redirect URLs the host allows besides https (APP-3). */
export interface RedirectPolicy {
  /** The apps that may use http on a loopback address; undefined for none. */
  readonly loopback: 'public' | 'all' | undefined
  /** The private-use schemes that public apps may use, in lower case. */
  readonly schemes: ReadonlySet<string>
  /** What apps may use that have registered themselves, whatever other apps may use. Absent if no app may register itself. */
  readonly selfRegistered?: SelfRegisteredRedirects
}

/** Redirect URLs on a loopback address, and beside them: no others, those with https, or these whole URLs. */
export type SelfRegisteredRedirects = 'loopback' | 'https' | ReadonlySet<string>

/** http on a loopback address, in canonical form or without a path: host, port, and the rest. */
export const LOOPBACK_URL = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9][0-9]{0,4}))?((?:\/.*)?)$/s

// Browsers and systems handle these themselves, or run what they contain. None of them leads to an app.
const NOT_PRIVATE = new Set([
  ...['http', 'https', 'ws', 'wss', 'ftp', 'file', 'filesystem', 'blob', 'data', 'about', 'javascript', 'vbscript'],
  ...['view-source', 'jar', 'resource', 'chrome', 'intent', 'mailto', 'tel', 'sms', 'urn'],
])

/**
 * Whether the text is a scheme that an app may claim on a device.
 *
 * @see [RFC 8252 - OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.1)
 */
export function isPrivateUseScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]{0,99}$/.test(text) && !NOT_PRIVATE.has(text)
}

/** The scheme of a URL in lower case; undefined if it has none. */
export function schemeOf(url: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
}

/** The host that responses to a redirect URL are sent to, with and without its port; for a private-use scheme, the scheme with its colon. */
export function receiverOf(redirectUrl: string): { readonly host: string; readonly hostname: string } {
  const { protocol, host, hostname } = new URL(redirectUrl)
  // The host in a URL of a private-use scheme says nothing: the app behind the scheme gets the response.
  return isPrivateUseScheme(protocol.slice(0, -1)) ? { host: protocol, hostname: protocol } : { host, hostname }
}

/** Whether an app may use redirect URLs of that scheme now. Those with http must be {@link LOOPBACK_URL}s. */
export function allowsScheme({ loopback, schemes }: RedirectPolicy, scheme: string, isPublic: boolean): boolean {
  if (scheme === 'https') return true
  if (scheme === 'http') return loopback === 'all' || (loopback === 'public' && isPublic)
  return isPublic && schemes.has(scheme)
}

/** Whether an app that has registered itself may use the redirect URL now. */
export function allowsSelfRegistered({ selfRegistered: allowed }: RedirectPolicy, url: string): boolean {
  if (allowed === undefined) return false
  if (LOOPBACK_URL.test(url)) return true
  return typeof allowed === 'string' ? allowed === 'https' && schemeOf(url) === 'https' : allowed.has(url)
}

/** @param invalid - the error that names the option, what was expected and what was received. */
export function readRedirects(
  given: RedirectOptions = {},
  invalid: (name: string, expected: string, received: unknown) => TypeError,
): RedirectPolicy {
  assertOptions('createAppGrant', given, NAMES, 'redirects')
  const { loopback, schemes = [] } = given
  if (loopback !== undefined && loopback !== 'public' && loopback !== 'all')
    throw invalid('redirects.loopback', "'public' or 'all'", loopback)
  if (!Array.isArray(schemes) || schemes.length > MAX_SCHEMES)
    throw invalid('redirects.schemes', `an array of at most ${MAX_SCHEMES} private-use schemes`, schemes)
  for (const scheme of schemes)
    if (typeof scheme !== 'string' || !isPrivateUseScheme(scheme))
      throw invalid('redirects.schemes', 'private-use schemes in lower case, such as com.example.app', scheme)
  return { loopback, schemes: new Set(schemes) }
}
