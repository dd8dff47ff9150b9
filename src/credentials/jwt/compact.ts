import { strictUtf8 } from '../../base/strict-utf8.ts'

/** The signatures that are made and accepted: asymmetric ones only, never `none` or HS*. */
export const SIGNATURE_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const

/** One of {@link SIGNATURE_ALGORITHMS}. */
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** `Ed25519` is the newer name of what `EdDSA` is here (RFC 9864 §2.2): some clients sign by no other. */
export const VERIFIED_ALGORITHMS = [...SIGNATURE_ALGORITHMS, 'Ed25519'] as const

/** One of {@link VERIFIED_ALGORITHMS}. */
export type VerifiedAlgorithm = (typeof VERIFIED_ALGORITHMS)[number]

/** Longer than any access token that is signed: the scope has at most 100 members of 100 characters. */
export const MAX_SIGNED_TOKEN = 20_480

/** The members of a JSON object, of which nothing is known yet. */
export type Members = Readonly<Record<string, unknown>>

/** The protected header of a JWS. Keys and addresses of keys that it brings along mean nothing. */
export type JwsHeader = Members & { readonly alg: VerifiedAlgorithm; readonly kid?: string }

const THREE_PARTS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/
// By how many characters stand in the last group of four: those whose bits all belong to a byte.
const LAST_CHARACTERS = ['', '', 'AQgw', 'AEIMQUYcgkosw048']
// In valid JSON a string before a colon is the name of a member.
const NAMES_AND_BRACES = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g

/**
 * The header of a compact JWS whose shape is right. Everything is judged here that needs no key, and nothing is believed:
 * length, three parts in the one base64url text of their bytes, a header without repeated members, an algorithm of ours, a
 * `kid` that is a text, and no extension that would have to be understood.
 *
 * @returns undefined where any of it is wrong: then no key must be touched.
 * @see RFC 7515 §5.2, RFC 7797 §6
 */
export function readJwsHeader(text: string, { maxLength }: { readonly maxLength: number }): JwsHeader | undefined {
  if (text.length > maxLength) return undefined
  const [, ...parts] = THREE_PARTS.exec(text) ?? []
  const [header] = parts
  if (header === undefined || !parts.every(isCanonical)) return undefined
  const members = parseMembers(Buffer.from(header, 'base64url'))
  if (!members || Object.hasOwn(members, 'crit') || Object.hasOwn(members, 'b64')) return undefined
  const { alg, kid } = members
  const isOurs =
    VERIFIED_ALGORITHMS.includes(alg as VerifiedAlgorithm) && (kid === undefined || typeof kid === 'string')
  return isOurs ? (members as JwsHeader) : undefined
}

/**
 * The JSON object in some bytes of UTF-8; undefined where there is none, or a member is repeated anywhere in it: parsers
 * differ in which one they take.
 */
export function parseMembers(bytes: Uint8Array): Members | undefined {
  try {
    const text = strictUtf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    // What can be written again as it came has lost nothing; only other spellings are looked through.
    const isWhole = JSON.stringify(value) === text || !hasRepeatedMember(text)
    return isObject && isWhole ? (value as Members) : undefined
  } catch {
    return undefined
  }
}

/** @param json - valid JSON. */
function hasRepeatedMember(json: string): boolean {
  const open: Set<string>[] = []
  for (const [token, string, colon] of json.matchAll(NAMES_AND_BRACES)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (string !== undefined && colon !== undefined) {
      const names = open.at(-1)
      const name: string = JSON.parse(string)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}

/** Whether a base64url text is the only one of its bytes: no length that no bytes have, no bits that say nothing. */
function isCanonical(part: string): boolean {
  const ends = LAST_CHARACTERS[part.length % 4] ?? ''
  return part.length % 4 === 0 || ends.includes(part.slice(-1))
}
