import { domainToASCII, domainToUnicode } from 'node:url'
import { hasHiddenCharacter } from '../../input/hidden-character.ts'

const MAX_LENGTH = 253
const ASCII_OUTSIDE_HOSTS = /[^a-z0-9.\-\u{80}-\u{10ffff}]/iu
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
// A last label of this form makes a URL parser read the whole host as an IPv4 address.
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/

/** A DNS name in both forms. */
export interface HostName {
  /** Lower case, with punycode labels: the form that is compared. */
  readonly ascii: string
  /** In its own script, unless that contains hidden characters. Converts to the same `ascii`. */
  readonly display: string
}

/**
 * Parses a DNS name in any script: labels of letters, digits and inner hyphens, 1–63 long, 253 in all, no final dot.
 * Returns undefined for anything else, such as IP addresses in any notation, percent-encoding, ports, underscores, and
 * punycode that differs from the encoding of its own Unicode form.
 *
 * @see [RFC 5891 - Internationalized Domain Names in Applications](https://www.rfc-editor.org/rfc/rfc5891.html#section-4.4)
 */
export function parseHostName(text: string): HostName | undefined {
  // The conversion would decode %2e, cut at a slash and drop hidden characters, so these are rejected first.
  if (ASCII_OUTSIDE_HOSTS.test(text) || hasHiddenCharacter(text)) return undefined
  const ascii = domainToASCII(text)
  if (!isDnsName(ascii)) return undefined
  const unicode = domainToUnicode(ascii)
  // Newer parsers keep punycode as it is if it decodes to nothing or to something else.
  if (domainToASCII(unicode) !== ascii || /(?:^|\.)xn--/.test(unicode)) return undefined
  return { ascii, display: hasHiddenCharacter(unicode) ? ascii : unicode }
}

function isDnsName(ascii: string): boolean {
  if (ascii.length > MAX_LENGTH) return false
  const labels = ascii.split('.')
  return labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '')
}
