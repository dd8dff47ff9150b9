import { crc32 } from 'node:zlib'
import { KEY_LENGTH } from './app-key.ts'
import { base62Code, numberToBase62 } from './base62.ts'

/** Widths in base62 characters. A secret has 256 bits, an install id and a tag 128, a session id and a token id 95. */
export const WIDTH = { app: KEY_LENGTH, install: 24, session: 16, token: 16, stage: 5, secret: 48, tag: 24 } as const
const CHECKSUM = 6

/** What a prefix of credentials may be. */
export const TOKEN_PREFIX = /^[a-z][a-z0-9]{1,9}$/

/** Longer than every credential of this format, in characters. */
export const MAX_OPAQUE_TOKEN = 200

type Field = keyof typeof WIDTH

// The fields of each kind, in order. The ids locate the records; only the secret proves anything.
const LAYOUT = {
  /** An app-only access token. */
  at: ['app', 'token', 'secret'],
  /** A user's access token. */
  ut: ['app', 'install', 'session', 'token', 'secret'],
  /** The credential embedded in a signed access token, app-only (`as`) or a user's (`us`). It is not a token itself. */
  as: ['app', 'token', 'secret'],
  us: ['app', 'install', 'session', 'token', 'secret'],
  /** The ticket of a consent request. */
  qt: ['app', 'session', 'secret'],
  /** The ticket of a registration that an app has started in the browser. */
  rq: ['app', 'session', 'secret'],
  /** The ticket of a consent request about a device. */
  dq: ['app', 'session', 'secret'],
  /** A registration code. */
  rc: ['app', 'session', 'secret', 'tag'],
  /** An authorization code. */
  ac: ['app', 'install', 'session', 'stage', 'secret', 'tag'],
  /** A refresh token. */
  rt: ['app', 'install', 'session', 'stage', 'secret', 'tag'],
} as const satisfies Record<string, readonly Field[]>

/** The kinds of credential in this format. */
export type TokenKind = keyof typeof LAYOUT

export type TokenFields<K extends TokenKind> = Readonly<Record<(typeof LAYOUT)[K][number], string>>

export type ParsedToken = { [K in TokenKind]: { readonly kind: K } & TokenFields<K> }[TokenKind]

/** Writes and reads credentials with one prefix: `<prefix>_<kind>_<fields><CRC32 of everything before it>`. */
export interface TokenFormat {
  write<K extends TokenKind>(kind: K, fields: TokenFields<K>): string
  /** Undefined if the text is not a credential: wrong prefix, kind, length, alphabet or checksum. Then no record is read. */
  read(text: string): ParsedToken | undefined
}

export function createTokenFormat(prefix: string): TokenFormat {
  const lengthOf = (kind: TokenKind) =>
    LAYOUT[kind].reduce((sum, field) => sum + WIDTH[field], prefix.length + kind.length + 2 + CHECKSUM)
  const kinds = Object.keys(LAYOUT) as TokenKind[]
  const longest = Math.max(...kinds.map(lengthOf))
  const heads = kinds.map((kind) => {
    const head = `${prefix}_${kind}_`
    return { kind, head, start: ~crc32(head), length: lengthOf(kind), layout: LAYOUT[kind] }
  })

  return {
    write(kind, fields) {
      let text = `${prefix}_${kind}_`
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
  // The most common kind, as a literal so that its objects share one shape.
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

// The base62 value of each byte; 255 for all others, which sets bits that no digit has.
const DIGITS = new Uint8Array(256).fill(255)
for (let value = 0; value < 62; value++) DIGITS[base62Code(value)] = value
const NO_DIGIT = 64

// CRC-32 tables for four bytes at a time.
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

// Shared by synchronous calls. Longer than every credential with any prefix.
const bytes = Buffer.alloc(512) as Buffer & { utf8Write(text: string): number }

/**
 * Whether the head is followed by base62 digits only, ending in the checksum of everything before: one pass, no allocation.
 *
 * @param start - the CRC of the head, before the final inversion.
 */
function isIntact(text: string, from: number, start: number): boolean {
  const { length } = text
  // Text that is not ASCII has more bytes than characters.
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
  // Keep no copy of the credential in memory.
  bytes.fill(0, 0, length)
  return seen < NO_DIGIT && sum === ~crc >>> 0
}
