import { crc32 } from 'node:zlib'
import { KEY_LENGTH } from './app-key.ts'
import { numberToBase62 } from './base62.ts'

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
  const lengths = new Map(Object.keys(LAYOUT).map((kind) => [kind, lengthOf(kind as TokenKind)]))
  const longest = Math.max(...lengths.values())

  return {
    write(kind, fields) {
      let text = `${brand}_${kind}_`
      for (const field of LAYOUT[kind]) text += (fields as Record<string, string>)[field]
      return text + checksum(text)
    },
    read(text) {
      if (text.length > longest || !text.startsWith(`${brand}_`) || text[brand.length + 3] !== '_') return undefined
      const kind = text.slice(brand.length + 1, brand.length + 3)
      if (lengths.get(kind) !== text.length) return undefined
      const end = text.length - CHECKSUM
      if (checksum(text.slice(0, end)) !== text.slice(end)) return undefined
      let at = brand.length + 4
      if (!/^[A-Za-z0-9]+$/.test(text.slice(at))) return undefined
      const fields: Record<string, string> = { kind }
      for (const field of LAYOUT[kind as TokenKind]) {
        fields[field] = text.slice(at, at + WIDTH[field])
        at += WIDTH[field]
      }
      return fields as unknown as ParsedToken
    },
  }
}

function checksum(text: string): string {
  return numberToBase62(crc32(text), CHECKSUM)
}
