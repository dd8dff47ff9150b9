import { hasHiddenCharacter } from '../../input/hidden-character.ts'
import { accept, type FieldRule, type Outcome, refuse } from './field-rule.ts'
import { parseHostName } from './host-name.ts'

const MAX_OCTETS = 254
const MAX_LOCAL_OCTETS = 64
// RFC 5322 §3.2.3, with the non-ASCII characters that RFC 6532 §3.2 adds.
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~\\-\\u{80}-\\u{10ffff}]+"
const DOT_ATOM = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'iu')
const LENGTH_RULE = `at most ${MAX_OCTETS} octets, ${MAX_LOCAL_OCTETS} before the @`
const EXPECTED = 'an address like name@example.com, without quotes and with a domain name, not an IP address'

/** An e-mail address in both forms. */
export interface EmailAddress {
  /** With the domain in its own script. */
  readonly display: string
  /** With the domain in ASCII and lower case: the form that is compared. A local part has no ASCII form and is kept. */
  readonly ascii: string
}

/**
 * The rule for an e-mail address, in any script: a dot-atom of at most 64 octets, `@`, and a host name of at least two
 * labels; at most 254 octets in either form. The local part keeps its case, which only its own server may ignore.
 *
 * @see [RFC 6531 - SMTP Extension for Internationalized Email](https://www.rfc-editor.org/rfc/rfc6531.html#section-3.3)
 */
export const emailRule: FieldRule<EmailAddress> = {
  // No string has fewer octets than UTF-16 units.
  maxUnits: MAX_OCTETS,
  lengthRule: LENGTH_RULE,
  check: checkEmail,
}

function checkEmail(text: string): Outcome<EmailAddress> {
  const given = text.normalize('NFC')
  if (hasHiddenCharacter(given) || /\s/u.test(given))
    return refuse('forbidden_character', 'no space, control, invisible or bidirectional characters')
  const at = given.indexOf('@')
  const local = given.slice(0, Math.max(at, 0))
  const host = parseHostName(given.slice(at + 1))
  if (!isLocalPart(local) || !host?.ascii.includes('.')) return refuse('not_an_email', EXPECTED)
  const address = { display: `${local}@${host.display}`, ascii: `${local}@${host.ascii}` }
  const longest = Math.max(octets(address.display), octets(address.ascii))
  if (octets(local) > MAX_LOCAL_OCTETS || longest > MAX_OCTETS)
    return refuse('too_long', LENGTH_RULE, `${longest} octets, ${octets(local)} before the @`)
  return accept(address)
}

// Rejects full-width forms and ligatures of separators, because some servers read them as separators.
function isLocalPart(local: string): boolean {
  return DOT_ATOM.test(local) && DOT_ATOM.test(local.normalize('NFKC'))
}

function octets(text: string): number {
  return Buffer.byteLength(text)
}
