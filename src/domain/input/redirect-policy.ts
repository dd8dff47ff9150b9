/** Which redirect URLs the host allows besides https (APP-3). */
export interface RedirectPolicy {
  /** The apps that may use http on a loopback address; undefined for none. */
  readonly loopback: 'public' | 'all' | undefined
  /** The private-use schemes that public apps may use, in lower case. */
  readonly schemes: ReadonlySet<string>
}

/** http on a loopback address, in canonical form: host, port, and the rest. */
export const LOOPBACK_URL = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9][0-9]{0,4}))?(\/.*)$/s

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

/** Whether an app may use redirect URLs of that scheme now. Those with http must be {@link LOOPBACK_URL}s. */
export function allowsScheme({ loopback, schemes }: RedirectPolicy, scheme: string, isPublic: boolean): boolean {
  if (scheme === 'https') return true
  if (scheme === 'http') return loopback === 'all' || (loopback === 'public' && isPublic)
  return isPublic && schemes.has(scheme)
}
