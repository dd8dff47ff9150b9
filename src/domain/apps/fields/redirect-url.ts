import { parseUrl } from '../../../base/parse-url.ts'
import { hasHiddenCharacter } from '../../input/hidden-character.ts'
import {
  allowsScheme,
  isPrivateUseScheme,
  LOOPBACK_URL,
  type RedirectPolicy,
  schemeOf,
} from '../../input/redirect-policy.ts'
import { accept, type FieldRule, type Outcome, type Refusal, refuse } from './field-rule.ts'
import { parseHostName } from './host-name.ts'
import { MAX_URL_UNITS, URL_LENGTH_RULE, withoutUserinfo } from './web-address.ts'

// ASCII that RFC 3986 does not allow: parsers drop, rewrite or encode it, each in its own way.
const UNSAFE = /[\x00-\x20\x7f<>"{}|\\^`]/
const NON_ASCII = /[^\x00-\x7f]/
// An invalid escape, or that of a control character.
const BAD_ESCAPE = /%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|7f)/i
// Servers and proxies that decode these in a path see other segments than those compared here.
const ENCODED_SEPARATOR = /%2f|%5c/i
// Servers that support path parameters read `/..;x/` as `/../`.
const DOT_SEGMENT_WITH_PARAMETER = /\/\.{1,2}(?:;|%3b)/i
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost'])
// The parameters of our response would be there twice.
const RESERVED = new Set(['code', 'state', 'iss', 'error', 'error_description', 'response'])
const MAX_PORT = 65_535
const MAX_PORT_PART = ':65535'.length
const EXPECTED = 'an absolute https URL'
const LOOPBACK_EXPECTED = `${EXPECTED}; the option redirects.loopback allows http on a loopback address to public apps, or to all`
const EXPECTED_CHARACTERS = 'printable ASCII without white space, backslash or any of <>"{}|^`'

/** The app that registers a redirect URL, and what the host allows. */
export interface RedirectClient {
  readonly isPublic: boolean
  readonly policy: RedirectPolicy
}

/**
 * The rule for a redirect URL (APP-3): absolute https on a host name, ASCII, canonical; no fragment, userinfo, wildcard or
 * reserved parameter. If the host allows it, http on `127.0.0.1`, `[::1]` or `localhost`, also without a path, or a private-use
 * scheme. The accepted value is the unmodified text.
 */
export function redirectRule(client: RedirectClient): FieldRule<string> {
  return {
    maxUnits: MAX_URL_UNITS,
    lengthRule: URL_LENGTH_RULE,
    check: (text) => checkRedirect(text, client),
  }
}

/**
 * Whether the redirect URL of a request, unmodified, is the registered one. They are compared as strings, except that the
 * port is ignored if the registered one is http on a loopback address.
 *
 * @see [RFC 8252 - OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
 */
export function matchesRedirect(registered: string, requested: string): boolean {
  if (requested === registered) return true
  if (typeof requested !== 'string' || requested.length > registered.length + MAX_PORT_PART) return false
  const [, host, , rest] = LOOPBACK_URL.exec(registered) ?? []
  const [, requestedHost, requestedPort, requestedRest] = LOOPBACK_URL.exec(requested) ?? []
  return (
    host !== undefined && host === requestedHost && rest === requestedRest && Number(requestedPort ?? 0) <= MAX_PORT
  )
}

function checkRedirect(text: string, client: RedirectClient): Outcome<string> {
  if (UNSAFE.test(text) || NON_ASCII.test(text)) {
    const fix = UNSAFE.test(text) ? undefined : asciiForm(text, client)
    return refuse('forbidden_character', fix ?? EXPECTED_CHARACTERS, withoutUserinfo(text))
  }
  return refuseSigns(text) ?? refuseParts(text, client) ?? refuseSpelling(text) ?? accept(text)
}

function asciiForm(text: string, client: RedirectClient): string | undefined {
  const url = hasHiddenCharacter(text) ? undefined : parseUrl(text)
  return url !== undefined && checkRedirect(url.href, client).ok ? url.href : undefined
}

function refuseSigns(text: string): Refusal | undefined {
  const shown = withoutUserinfo(text)
  if (text.includes('*')) return refuse('has_wildcard', 'the exact URL, without *', shown)
  if (text.includes('#')) return refuse('has_fragment', 'no fragment, not even an empty one', shown)
  return undefined
}

function refuseParts(text: string, client: RedirectClient): Refusal | undefined {
  const shown = withoutUserinfo(text)
  const scheme = schemeOf(text)
  if (scheme === undefined) return refuse('not_a_url', EXPECTED, shown)
  if (!allowsScheme(client.policy, scheme, client.isPublic))
    return refuse('scheme_not_allowed', expectedInstead(text, scheme), shown)
  const url = parseUrl(text)
  if (url === undefined) return refuse('not_a_url', EXPECTED, shown)
  const { username, password, hostname, searchParams } = url
  const authority = /^[^:]*:\/\/([^/?]*)/.exec(text)?.[1] ?? ''
  if (username !== '' || password !== '' || authority.includes('@'))
    return refuse('has_userinfo', 'no user name or password before the host', shown)
  if (scheme === 'http' && !LOOPBACK_HOSTS.has(hostname))
    return refuse('scheme_not_allowed', 'https, or http on 127.0.0.1, [::1] or localhost')
  if (scheme === 'https' && hostname === 'localhost') return refuse('host_not_allowed', LOOPBACK_EXPECTED, shown)
  if (scheme === 'https' && parseHostName(hostname) === undefined)
    return refuse('host_not_allowed', 'a host name, not an IP address')
  if (isPrivateUseScheme(scheme) && !/^[^:]*:\//.test(text)) return refuse('not_a_url', `${scheme}:/path`, shown)
  const reserved = [...searchParams.keys()].find((name) => RESERVED.has(name))
  if (reserved !== undefined)
    return refuse('reserved_parameter', `a query without ${[...RESERVED].join(', ')}`, reserved)
  return undefined
}

/** What is accepted instead, and the option that would allow what was submitted. */
function expectedInstead(text: string, scheme: string): string {
  if (/^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?:[:/]|$)/i.test(text)) return LOOPBACK_EXPECTED
  if (isPrivateUseScheme(scheme))
    return `${EXPECTED}; the option redirects.schemes allows private-use schemes to public apps`
  return EXPECTED
}

// Checked last, so that the canonical form that it suggests is accepted.
function refuseSpelling(text: string): Refusal | undefined {
  if (BAD_ESCAPE.test(text)) return refuse('forbidden_character', 'no invalid escape and no escaped control character')
  const { pathname, href } = canonicalUrl(text)
  if (ENCODED_SEPARATOR.test(pathname) || DOT_SEGMENT_WITH_PARAMETER.test(pathname))
    return refuse('forbidden_character', 'a path without an encoded slash or backslash, and without /..; or /.;')
  if (href.length > MAX_URL_UNITS) return refuse('too_long', URL_LENGTH_RULE, `${href.length} characters`)
  // Programs on devices register addresses without a path. They are compared as they are, so this is another URL than with `/`.
  const isPathless = href === `${text}/` && LOOPBACK_URL.test(text)
  return href === text || isPathless ? undefined : refuse('not_canonical', href)
}

// A parser resolves encoded dots only if they are a whole segment. Once decoded, all of them are resolved alike.
function canonicalUrl(text: string): URL {
  const url = new URL(text)
  url.pathname = url.pathname.replace(/%2e/gi, '.')
  return parseUrl(url.href) ?? url
}
