import { parseUrl } from '../../../base/parse-url.ts'
import { hasHiddenCharacter } from '../../input/hidden-character.ts'
import { accept, type FieldRule, type Outcome, refuse } from './field-rule.ts'
import { parseHostName } from './host-name.ts'

/** Maximum length of a URL in any field, in UTF-16 units. */
export const MAX_URL_UNITS = 2048
/** The length rule of every URL, in words. */
export const URL_LENGTH_RULE = `at most ${MAX_URL_UNITS} characters, also in its ASCII form`
// RFC 3986 does not allow these: parsers disagree about them, and they could become markup.
const UNSAFE = /[\s<>"{}|\\^`]/u

/** A URL that people read and follow, in both forms. */
export interface WebAddress {
  /** As given, but in NFC, with scheme and host as every parser reads them, and the host in its own script. */
  readonly display: string
  /** Canonical, with a punycode host and percent-encoding: the form that is compared, sent, and shown when asking for consent. */
  readonly ascii: string
}

/** The rule for the homepage: http or https, a host name in any script, no userinfo. */
export const homepageRule: FieldRule<WebAddress> = {
  maxUnits: MAX_URL_UNITS,
  lengthRule: URL_LENGTH_RULE,
  check: (text) => checkWebAddress(text, ['http', 'https']),
}

/** The rule for the image: https; only the ASCII form is kept, because nobody reads it. */
export const imageRule: FieldRule<string> = {
  maxUnits: MAX_URL_UNITS,
  lengthRule: URL_LENGTH_RULE,
  check(text) {
    const outcome = checkWebAddress(text, ['https'])
    return outcome.ok ? accept(outcome.value.ascii) : outcome
  },
}

/** Masks everything before the last `@` of `text`, because it may contain a password. */
export function withoutUserinfo(text: string): string {
  const at = text.lastIndexOf('@')
  if (at < 0) return text
  const start = text.indexOf('//')
  return `${start >= 0 && start < at ? text.slice(0, start + 2) : ''}***${text.slice(at)}`
}

function checkWebAddress(text: string, schemes: readonly string[]): Outcome<WebAddress> {
  const given = text.normalize('NFC')
  const shown = withoutUserinfo(given)
  const expected = `an absolute ${schemes.join(' or ')} URL`
  if (hasHiddenCharacter(given) || UNSAFE.test(given))
    return refuse(
      'forbidden_character',
      'no white space, control or invisible characters, backslash or any of <>"{}|^`',
      shown,
    )
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(given)?.[1]?.toLowerCase()
  if (scheme === undefined) return refuse('not_a_url', expected, shown)
  if (!schemes.includes(scheme)) return refuse('scheme_not_allowed', expected, shown)
  // A parser also accepts `https:host` and `https:///host`, and sees another host than a person does.
  const [, authority, rest] = /^[^:]*:\/\/([^/?#]+)(.*)$/u.exec(given) ?? []
  if (authority === undefined || rest === undefined) return refuse('not_a_url', expected, shown)
  if (authority.includes('@')) return refuse('has_userinfo', 'no user name or password before the host', shown)
  const host = parseHostName(authority.replace(/:[0-9]{1,5}$/, ''))
  if (host === undefined) return refuse('host_not_allowed', 'a host name, not an IP address', given)
  return bothForms({ given, host: host.display, rest, expected })
}

function bothForms(parts: { given: string; host: string; rest: string; expected: string }): Outcome<WebAddress> {
  const url = parseUrl(parts.given)
  if (url === undefined) return refuse('not_a_url', parts.expected, parts.given)
  const { protocol, port, href } = url
  const display = `${protocol}//${parts.host}${port === '' ? '' : `:${port}`}${parts.rest}`
  const longest = Math.max(display.length, href.length)
  if (longest > MAX_URL_UNITS) return refuse('too_long', URL_LENGTH_RULE, `${longest} characters`)
  return accept({ display, ascii: href })
}
