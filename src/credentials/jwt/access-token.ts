import { type CryptoKey, compactVerify, errors } from 'jose'
import { type AccessTokenClaims, type ClaimRules, type ClaimsFault, readClaims } from './claims.ts'
import { type JwsHeader, MAX_SIGNED_TOKEN, readJwsHeader, readJwsPayload } from './compact.ts'

/** The `typ` of an access token (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

/** Finds the key for the `kid` and `alg` of a header; undefined if there is none. A rejection is an outage. */
export type KeyFor = (header: JwsHeader) => Promise<CryptoKey | undefined> | CryptoKey | undefined

/** Validates format, signature and claims of a signed access token, without any state. Rejects only if `keyFor` does. */
export async function readAccessToken(
  text: string,
  keyFor: KeyFor,
  rules: ClaimRules,
): Promise<AccessTokenClaims | ClaimsFault> {
  const header = readJwsHeader(text, { maxLength: MAX_SIGNED_TOKEN })
  const members = header && isAccessTokenType(header.typ) ? readJwsPayload(text) : undefined
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

/** The prefix `application/` is optional, and case is ignored (RFC 7515 §4.1.9). */
function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === ACCESS_TOKEN_TYPE
}
