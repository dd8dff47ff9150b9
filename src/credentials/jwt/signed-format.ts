import { createPrivateKey, KeyObject, sign as signHere, type webcrypto } from 'node:crypto'
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { createDeadline } from '../../base/deadline.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import { readAccessToken } from './access-token.ts'
import type { AccessTokenClaims, ClaimRules, ClaimsFault } from './claims.ts'
import { ACCESS_TOKEN_TYPE, FEED_TYPE, type JwsHeader, type Members, type SignedType } from './compact.ts'
import type { CheckedKey, CheckedSigning, Jwk, Signer } from './signing-keys.ts'

export interface SignedFormat {
  /** Rejects if signing fails. */
  sign(members: Members, type: SignedType): Promise<string>
  read(text: string, rules: ClaimRules): Promise<AccessTokenClaims | ClaimsFault>
  /** The public keys of all roles, the signing key first. */
  readonly jwks: JwkSet
}

/** A JSON Web Key Set of public keys. @see RFC 7517 §5 */
export interface JwkSet {
  readonly keys: readonly Jwk[]
}

interface LoadedKey {
  readonly jwk: Jwk & { readonly kid: string; readonly alg: string }
  readonly publicKey: webcrypto.CryptoKey
}

/** Loads the keys that `checkSigning` returned into jose. */
export async function loadSignedFormat(
  { current, others }: CheckedSigning,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<SignedFormat> {
  const keys = await Promise.all([current, ...others].map(load))
  const [signing] = keys as [LoadedKey]
  const byKid = new Map(keys.map((key) => [key.jwk.kid, key]))
  const sign = await signWith(current.signer, signing, timeoutMs)
  const keyFor = ({ kid = '', alg }: JwsHeader) => {
    const key = byKid.get(kid)
    return key?.jwk.alg === alg ? key.publicKey : undefined
  }

  return {
    sign: (members, type) => sign(Buffer.from(JSON.stringify(members)), type),
    read: (text, rules) => readAccessToken(text, keyFor, rules),
    jwks: { keys: keys.map(({ jwk }) => jwk) },
  }
}

async function load({ alg, publicJwk }: CheckedKey): Promise<LoadedKey> {
  const kid = await calculateJwkThumbprint(publicJwk)
  return { jwk: { ...publicJwk, kid, alg, use: 'sig' }, publicKey: await cryptoKeyOf(publicJwk, alg) }
}

async function cryptoKeyOf(jwk: Jwk, alg: string): Promise<webcrypto.CryptoKey> {
  return (await importJWK(jwk, alg)) as webcrypto.CryptoKey
}

async function signWith(
  signer: Signer,
  { jwk: { alg, kid }, publicKey }: LoadedKey,
  timeoutMs: number,
): Promise<(payload: Uint8Array, type: SignedType) => Promise<string>> {
  const headerOf = (typ: SignedType) => ({ alg, typ, kid })
  const encoded = (type: SignedType) => base64url(Buffer.from(JSON.stringify(headerOf(type))))
  const protectedHeaders = { [ACCESS_TOKEN_TYPE]: encoded(ACCESS_TOKEN_TYPE), [FEED_TYPE]: encoded(FEED_TYPE) }
  const digest = IN_PLACE.get(alg)
  if (!('sign' in signer) && digest !== undefined) {
    // Such a signature takes 20 to 40 µs. Handing it to another thread costs more, on this thread too.
    const key =
      'key' in signer ? KeyObject.from(signer.key) : createPrivateKey({ key: signer.jwk as never, format: 'jwk' })
    return async (payload, type) => {
      const input = `${protectedHeaders[type]}.${base64url(payload)}`
      return `${input}.${signHere(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    }
  }
  if (!('sign' in signer)) {
    const key = 'key' in signer ? signer.key : await cryptoKeyOf(signer.jwk, alg)
    return (payload, type) => new CompactSign(payload).setProtectedHeader(headerOf(type)).sign(key)
  }
  const withinDeadline = createDeadline(timeoutMs)
  return async (payload, type) => {
    const input = `${protectedHeaders[type]}.${base64url(payload)}`
    const signature = await withinDeadline(async () => signer.sign(Buffer.from(input)), sanitizeError)
    const text = `${input}.${base64url(signature)}`
    // Verify now: a signature by the wrong key, or in DER, would yield tokens nobody accepts.
    await compactVerify(text, publicKey, { algorithms: [alg] })
    return text
  }
}

/** Algorithms signed on this thread, with their digest; Ed25519 has its own. RSA would block the event loop too long. */
const IN_PLACE = new Map<string, string | null>([
  ['ES256', 'sha256'],
  ['EdDSA', null],
])

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
