import { type CryptoKey, compactVerify, errors } from 'jose'
import { type AccessTokenClaims, type ClaimRules, type ClaimsFault, readClaims } from './claims.ts'
import {
  ACCESS_TOKEN_TYPE,
  isOfType,
  type JwsHeader,
  MAX_SIGNED_TOKEN,
  type Members,
  readJwsHeader,
  readJwsPayload,
  type SignedType,
  splitJws,
} from './compact.ts'

/** Finds the key for the `kid` and `alg` of a header; undefined if there is none. A rejection is an outage. */
export type KeyFor = (header: JwsHeader) => Promise<CryptoKey | undefined> | CryptoKey | undefined

/** Validates format, signature and claims of a signed access token, without any state. Rejects only if `keyFor` does. */
export async function readAccessToken(
  text: string,
  keyFor: KeyFor,
  rules: ClaimRules,
): Promise<AccessTokenClaims | ClaimsFault> {
  const members = await readSigned(text, keyFor, { type: ACCESS_TOKEN_TYPE, maxLength: MAX_SIGNED_TOKEN })
  return typeof members === 'string' ? members : readClaims(members, rules)
}

/** Validates format, type and signature. Nothing is known of the members but who has signed them. Rejects only if `keyFor` does. */
export async function readSigned(
  text: string,
  keyFor: KeyFor,
  { type, maxLength }: { readonly type: SignedType; readonly maxLength: number },
): Promise<Members | 'malformed' | 'unknown'> {
  const parts = splitJws(text, { maxLength })
  const header = parts && readJwsHeader(parts)
  const members = header && isOfType(header.typ, type) ? readJwsPayload(parts) : undefined
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
  return members
}
