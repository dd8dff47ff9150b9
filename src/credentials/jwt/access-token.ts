import { type CryptoKey, compactVerify, errors } from 'jose'
import { type AccessTokenClaims, type ClaimRules, readClaims, type TokenFault } from './claims.ts'
import { type JwsHeader, MAX_SIGNED_TOKEN, parseMembers, readJwsHeader } from './compact.ts'

/** The `typ` of an access token (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

/** The key that a header names, for the algorithm that it names; undefined where there is none. A rejection is an outage. */
export type KeyFor = (header: JwsHeader) => Promise<CryptoKey | undefined> | CryptoKey | undefined

/** Judges a signed access token by itself: form, signature and claims, no state. It rejects only where `keyFor` does. */
export async function readAccessToken(
  text: string,
  keyFor: KeyFor,
  rules: ClaimRules,
): Promise<AccessTokenClaims | TokenFault> {
  const header = readJwsHeader(text, { maxLength: MAX_SIGNED_TOKEN })
  const members = header && isAccessTokenType(header.typ) ? parseMembers(payloadOf(text)) : undefined
  if (!header || !members) return 'malformed'
  const found = keyFor(header)
  const key = found instanceof Promise ? await found : found
  if (!key) return 'unknown'
  try {
    await compactVerify(text, key, { algorithms: [header.alg] })
  } catch (error) {
    if (error instanceof errors.JOSEError) return 'unknown'
    throw error
  }
  return readClaims(members, rules)
}

/** "application/" may be left out, and no case counts (RFC 7515 §4.1.9). */
function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === ACCESS_TOKEN_TYPE
}

function payloadOf(text: string): Uint8Array {
  return Buffer.from(text.slice(text.indexOf('.') + 1, text.lastIndexOf('.')), 'base64url')
}
