import { strictUtf8 } from '../../base/strict-utf8.ts'

/** The algorithms of signing keys: asymmetric ones only, never `none` or HS*. */
export type SignatureAlgorithm = 'ES256' | 'EdDSA' | 'PS256' | 'RS256'

/** Every {@link SignatureAlgorithm}. */
export const SIGNATURE_ALGORITHMS = [
  'ES256',
  'EdDSA',
  'PS256',
  'RS256',
] as const satisfies readonly SignatureAlgorithm[]

/** Includes `Ed25519`, the newer name for `EdDSA` with that curve (RFC 9864 §2.2), because some clients use only that. */
export const VERIFIED_ALGORITHMS = [...SIGNATURE_ALGORITHMS, 'Ed25519'] as const

export type VerifiedAlgorithm = (typeof VERIFIED_ALGORITHMS)[number]

/**
 * Longer than every signed access token, in characters: a scope has at most 100 members of 100 characters, and the host adds at most
 * 4 KiB of claims.
 */
export const MAX_SIGNED_TOKEN = 28_672

/** The `typ` of an access token (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt'
/** The `typ` of a part of the revocation feed, which is not a token. */
export const FEED_TYPE = 'revocations+jwt'
/** What the signing keys sign. */
export type SignedType = typeof ACCESS_TOKEN_TYPE | typeof FEED_TYPE

/** Whether it is that `typ`. The prefix `application/` is optional, and case is ignored (RFC 7515 §4.1.9). */
export function isOfType(typ: unknown, type: string): boolean {
  return typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === type
}

/** The unvalidated members of a JSON object. */
export type Members = Readonly<Record<string, unknown>>

/** The protected header of a JWS. Keys that it contains or links to are ignored. */
export type JwsHeader = Members & { readonly alg: VerifiedAlgorithm; readonly kid?: string }

const THREE_PARTS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/
// By the length of the last group of four: the characters whose unused bits are zero.
const LAST_CHARACTERS = ['', '', 'AQgw', 'AEIMQUYcgkosw048']
// In valid JSON, a string before a colon is a member name.
const NAMES_AND_BRACES = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g

/** The parts of a compact JWS, in base64url. */
export interface JwsParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

/**
 * The parts of a compact JWS: undefined unless the text has at most that length and three parts in canonical base64url.
 *
 * @see RFC 7515 §3.1
 */
export function splitJws(text: string, { maxLength }: { readonly maxLength: number }): JwsParts | undefined {
  if (text.length > maxLength) return undefined
  const [, header, payload, signature] = THREE_PARTS.exec(text) ?? []
  if (header === undefined || payload === undefined || signature === undefined) return undefined
  return [header, payload, signature].every(isCanonical) ? { header, payload, signature } : undefined
}

/**
 * Reads the header and checks everything of it that needs no key: no repeated members, a supported algorithm, a string as `kid`, and
 * no critical extensions. Nothing in it is trusted yet.
 *
 * @returns undefined if any check fails: then no key may be used.
 * @see RFC 7515 §5.2, RFC 7797 §6
 */
export function readJwsHeader({ header }: Pick<JwsParts, 'header'>): JwsHeader | undefined {
  const members = parseMembers(Buffer.from(header, 'base64url'))
  if (!members || Object.hasOwn(members, 'crit') || Object.hasOwn(members, 'b64')) return undefined
  const { alg, kid } = members
  const isOurs =
    VERIFIED_ALGORITHMS.includes(alg as VerifiedAlgorithm) && (kid === undefined || typeof kid === 'string')
  return isOurs ? (members as JwsHeader) : undefined
}

/** The members of the payload, or undefined. Nothing in it is trusted yet. */
export function readJwsPayload({ payload }: Pick<JwsParts, 'payload'>): Members | undefined {
  return parseMembers(Buffer.from(payload, 'base64url'))
}

/**
 * Parses UTF-8 bytes as a JSON object. Returns undefined if they are not one, or if a member is repeated at any depth:
 * parsers differ in which value they take.
 */
export function parseMembers(bytes: Uint8Array): Members | undefined {
  try {
    const text = strictUtf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    // A value that serializes to the same text has lost no member; only other spellings need the scan.
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

/** Whether a base64url text is canonical: its length is possible and its unused bits are zero. */
function isCanonical(part: string): boolean {
  const ends = LAST_CHARACTERS[part.length % 4] ?? ''
  return part.length % 4 === 0 || ends.includes(part.slice(-1))
}
