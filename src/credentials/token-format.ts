import { crc32 } from 'node:zlib'
import { KEY_LENGTH } from './app-key.ts'
import { base62Code, numberToBase62 } from './base62.ts'

/** Widths in characters of base62. A secret holds 256 bits, an install's id and a tag 128, a session's and a token's id 95. */
export const WIDTH = { app: KEY_LENGTH, install: 24, session: 16, token: 16, stage: 5, secret: 48, tag: 24 } as const
const CHECKSUM = 6

/** Longer than any credential of this format. */
export const MAX_OPAQUE_TOKEN = 200

type Field = keyof typeof WIDTH

// What each kind carries, in order. The ids say where the records are; only the secret proves anything.
const LAYOUT = {
  /** An app-only access token. */
  at: ['app', 'token', 'secret'],
  /** A user's access token. */
  ut: ['app', 'install', 'session', 'token', 'secret'],
  /** What a signed access token carries to find and prove its record: an app-only one, and a user's. No token by itself. */
  as: ['app', 'token', 'secret'],
  us: ['app', 'install', 'session', 'token', 'secret'],
  /** The ticket of a consent question. */
  qt: ['app', 'session', 'secret'],
  /** An authorization code. */
  ac: ['app', 'install', 'session', 'stage', 'secret', 'tag'],
  /** A refresh token. */
  rt: ['app', 'install', 'session', 'stage', 'secret', 'tag'],
} as const satisfies Record<string, readonly Field[]>

/** The kinds of credential that have this format. */
export type TokenKind = keyof typeof LAYOUT

/** The fields of a credential of that kind. */
export type TokenFields<K extends TokenKind> = Readonly<Record<(typeof LAYOUT)[K][number], string>>

/** A credential's text was taken apart: its kind and its fields. */
export type ParsedToken = { [K in TokenKind]: { readonly kind: K } & TokenFields<K> }[TokenKind]

/** Writes and reads credentials of one brand: `<brand>_<kind>_<fields><CRC32 of all before it>`. */
export interface TokenFormat {
  write<K extends TokenKind>(kind: K, fields: TokenFields<K>): string
  /** Undefined where the text is no credential: wrong brand, kind, length, alphabet or checksum. Nothing is read for such. */
  read(text: string): ParsedToken | undefined
}

export function createTokenFormat(brand: string): TokenFormat {
  const lengthOf = (kind: TokenKind) =>
    LAYOUT[kind].reduce((sum, field) => sum + WIDTH[field], brand.length + kind.length + 2 + CHECKSUM)
  const kinds = Object.keys(LAYOUT) as TokenKind[]
  const longest = Math.max(...kinds.map(lengthOf))
  const heads = kinds.map((kind) => {
    const head = `${brand}_${kind}_`
    return { kind, head, start: ~crc32(head), length: lengthOf(kind), layout: LAYOUT[kind] }
  })

  return {
    write(kind, fields) {
      let text = `${brand}_${kind}_`
      for (const field of LAYOUT[kind]) text += (fields as Record<string, string>)[field]
      return text + numberToBase62(crc32(text), CHECKSUM)
    },
    read(text) {
      if (text.length > longest) return undefined
      for (const { kind, head, start, length, layout } of heads) {
        if (text.length !== length || !text.startsWith(head)) continue
        return isIntact(text, head.length, start) ? fieldsOf(text, head.length, kind, layout) : undefined
      }
      return undefined
    },
  }
}

function fieldsOf(text: string, from: number, kind: TokenKind, layout: readonly Field[]): ParsedToken {
  let at = from
  // Most that come are of this kind: an object of one shape, made at once.
  if (kind === 'at') {
    const [token, secret] = [at + WIDTH.app, at + WIDTH.app + WIDTH.token]
    return {
      kind,
      app: text.slice(at, token),
      token: text.slice(token, secret),
      secret: text.slice(secret, secret + WIDTH.secret),
    }
  }
  const fields: Record<string, string> = { kind }
  for (const field of layout) {
    fields[field] = text.slice(at, at + WIDTH[field])
    at += WIDTH[field]
  }
  return fields as unknown as ParsedToken
}

// The digit that a byte is, 255 where it is none: any of those sets a bit that no digit has.
const DIGITS = new Uint8Array(256).fill(255)
for (let value = 0; value < 62; value++) DIGITS[base62Code(value)] = value
const NO_DIGIT = 64

// CRC32 of four bytes at once.
const CRC = Array.from({ length: 4 }, () => new Int32Array(256)) as [Int32Array, Int32Array, Int32Array, Int32Array]
const [CRC0, CRC1, CRC2, CRC3] = CRC
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  CRC0[byte] = crc
}
for (let table = 1; table < 4; table++)
  for (let byte = 0; byte < 256; byte++) {
    const before = CRC[table - 1]?.[byte] as number
    ;(CRC[table] as Int32Array)[byte] = (before >>> 8) ^ (CRC0[before & 255] as number)
  }

// Used within one synchronous step. Longer than the longest credential of any brand.
const bytes = Buffer.alloc(512) as Buffer & { utf8Write(text: string): number }

/**
 * Whether all behind the head are digits and the last of them are the checksum of what stands before: one pass that makes nothing.
 *
 * @param start - the CRC of the head, before its last step.
 */
function isIntact(text: string, from: number, start: number): boolean {
  const { length } = text
  // Anything but ASCII has more bytes than characters.
  if (bytes.utf8Write(text) !== length) return false
  const end = length - CHECKSUM
  let crc = start
  let seen = 0
  let at = from
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at] as number
    const b = bytes[at + 1] as number
    const c = bytes[at + 2] as number
    const d = bytes[at + 3] as number
    seen |= (DIGITS[a] as number) | (DIGITS[b] as number) | (DIGITS[c] as number) | (DIGITS[d] as number)
    crc ^= a | (b << 8) | (c << 16) | (d << 24)
    crc =
      (CRC3[crc & 255] as number) ^
      (CRC2[(crc >>> 8) & 255] as number) ^
      (CRC1[(crc >>> 16) & 255] as number) ^
      (CRC0[crc >>> 24] as number)
  }
  for (; at < end; at++) {
    const byte = bytes[at] as number
    seen |= DIGITS[byte] as number
    crc = (CRC0[(crc ^ byte) & 255] as number) ^ (crc >>> 8)
  }
  let sum = 0
  for (; at < length; at++) {
    const digit = DIGITS[bytes[at] as number] as number
    seen |= digit
    sum = sum * 62 + digit
  }
  // What was presented does not stay in memory.
  bytes.fill(0, 0, length)
  return seen < NO_DIGIT && sum === ~crc >>> 0
}
