import { createPrivateKey, createPublicKey, type JsonWebKeyInput, KeyObject, type webcrypto } from 'node:crypto'
import { types } from 'node:util'
import { invalidOption } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './compact.ts'

/** A JSON Web Key. @see RFC 7517 */
export interface Jwk {
  readonly kty?: string
  readonly [member: string]: unknown
}

/** A key that is held elsewhere, for example by a key management service. */
export interface ExternalKey {
  /** The public key. For an RSA key, `alg` is PS256 or RS256. Default is PS256. */
  readonly publicJwk: Jwk
  /**
   * Signs the bytes in the format of RFC 7518 §3: for ES256 the 64 bytes of R and S, not DER. It must settle within
   * `timeoutMs`; a signature that does not verify with the public key is an outage.
   */
  readonly sign: (input: Uint8Array) => Promise<Uint8Array>
}

/** A key: P-256 for ES256, Ed25519 for EdDSA, RSA of at least 2048 bits for PS256 or, if the key says so, RS256. */
export type SigningKey = Jwk | KeyObject | webcrypto.CryptoKey | ExternalKey

/**
 * The keys of signed access tokens, by role. All of them are published and verify tokens; only `current` signs.
 *
 * @see [Signed access tokens](https://github.com/appgrant/appgrant/blob/main/docs/signed-tokens.md), for a rotation that rejects no valid token
 */
export interface SigningOptions {
  /** Signs new tokens. It must be a private key, or have `sign`. */
  readonly current: SigningKey
  /** Signs after the next rotation; published until every cached `/jwks.json` has it. May be public. Default is none. */
  readonly next?: SigningKey | undefined
  /** Signed before; kept until the last token that it signed has expired. May be public. Default is none. */
  readonly previous?: SigningKey | undefined
}

export interface CheckedKey {
  readonly alg: SignatureAlgorithm
  readonly publicJwk: Jwk
  /** Absent for a public key. */
  readonly signer?: Signer
}

/** How a key signs: as a private JWK, as a CryptoKey, or by a function of the host. */
export type Signer =
  | { readonly jwk: Jwk }
  | { readonly key: webcrypto.CryptoKey }
  | { readonly sign: ExternalKey['sign'] }

export interface CheckedSigning {
  readonly current: CheckedKey & { readonly signer: Signer }
  readonly others: readonly CheckedKey[]
}

const SIGNING = knownMembers<SigningOptions>({ current: true, next: true, previous: true })
const GENERATE = knownMembers<{ readonly alg?: unknown }>({ alg: true })
const KEY = 'a private JWK, KeyObject or CryptoKey, or { publicJwk, sign }'
const KIND = 'a P-256, Ed25519 or RSA key (2048 bits or more)'
const MIN_RSA_BITS = 2048

/** @throws TypeError that names the key and what was expected, and shows no part of the key itself. */
export function checkSigning(signing: unknown): CheckedSigning {
  assertOptions('createAppGrant', signing, SIGNING, 'signing')
  const { current: now, next, previous } = signing as Partial<SigningOptions>
  const { signer, ...current } = checkKey('signing.current', now)
  if (!signer) throw wrong('signing.current', `${KEY}: a public key cannot sign`, now)
  const others = Object.entries({ next, previous }).flatMap(([role, key]) =>
    key === undefined ? [] : [checkKey(`signing.${role}`, key)],
  )
  const texts = [current, ...others].map(({ publicJwk }) => JSON.stringify(publicJwk))
  if (new Set(texts).size < texts.length) throw wrong('signing', 'a different key for each role', signing)
  return { current: { ...current, signer }, others }
}

function checkKey(role: string, given: unknown): CheckedKey {
  if (typeof given !== 'object' || given === null) throw wrong(role, KEY, given)
  if ('publicJwk' in given) {
    const { publicJwk, sign } = given as Partial<ExternalKey>
    if (typeof sign !== 'function') throw wrong(`${role}.sign`, 'a function that signs bytes', sign)
    const { signer, ...key } = checkKey(`${role}.publicJwk`, publicJwk)
    if (signer) throw wrong(`${role}.publicJwk`, 'a public key, because sign() has the private one', publicJwk)
    return { ...key, signer: { sign } }
  }
  const key = keyObjectOf(role, given)
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const checked = { alg: algorithmOf(role, key, given), publicJwk: publicKey.export({ format: 'jwk' }) as Jwk }
  if (key.type !== 'private') return checked
  if (!types.isCryptoKey(given)) return { ...checked, signer: { jwk: key.export({ format: 'jwk' }) as Jwk } }
  if (!given.usages.includes('sign')) throw wrong(role, 'a CryptoKey with the usage "sign"', given)
  return { ...checked, signer: { key: given } }
}

function keyObjectOf(role: string, given: object): KeyObject {
  let key: KeyObject
  try {
    if (types.isKeyObject(given)) key = given
    else if (types.isCryptoKey(given)) key = KeyObject.from(given)
    else {
      const input = { key: given, format: 'jwk' } as JsonWebKeyInput
      key = 'd' in given ? createPrivateKey(input) : createPublicKey(input)
    }
  } catch {
    // The original error may contain parts of the key.
    throw wrong(role, `${KEY}, of ${KIND}`, given)
  }
  if (key.type === 'secret') throw wrong(role, `${KIND}, not a shared secret`, given)
  return key
}

function algorithmOf(role: string, key: KeyObject, given: object): SignatureAlgorithm {
  const possible = algorithmsFor(key)
  if (possible.length === 0) throw wrong(role, KIND, given)
  const named = types.isCryptoKey(given) ? algorithmOfCryptoKey(given) : (given as Jwk).alg
  const alg = named === undefined ? possible[0] : possible.find((one) => one === named)
  if (!alg) throw wrong(role, `a key for ${possible.join(' or ')}`, given)
  return alg
}

function algorithmsFor({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: KeyObject): readonly SignatureAlgorithm[] {
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return ['ES256']
  if (type === 'ed25519') return ['EdDSA']
  return type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS ? ['PS256', 'RS256'] : []
}

/** The one algorithm of an RSA CryptoKey; undefined for other keys, whose type determines it. */
function algorithmOfCryptoKey({ algorithm }: webcrypto.CryptoKey): string | undefined {
  const { name, hash } = algorithm as { readonly name: string; readonly hash?: { readonly name: string } }
  if (!hash) return undefined
  const prefix = { 'RSA-PSS': 'PS', 'RSASSA-PKCS1-v1_5': 'RS' }[name] ?? name
  return prefix + hash.name.replace('SHA-', '')
}

function wrong(name: string, expected: string, received: unknown): TypeError {
  return invalidOption('createAppGrant', name, expected, received, { isSecret: true })
}

/**
 * Generates a private key for {@link SigningOptions}.
 *
 * WARNING: anyone who has it can issue tokens that services without the store accept. Store it like other private keys.
 *
 * @param options - `alg`: ES256, EdDSA, PS256 or RS256. Default is ES256.
 * @returns a private JWK with `alg` and its thumbprint as `kid`. It can be stored as JSON.
 * @throws TypeError if `alg` is not one of them.
 * @see [RFC 7638 - JSON Web Key Thumbprint](https://www.rfc-editor.org/rfc/rfc7638.html#section-3)
 */
export async function generateSigningKey(options: { readonly alg?: SignatureAlgorithm } = {}): Promise<Jwk> {
  assertOptions('generateSigningKey', options, GENERATE)
  const { alg = 'ES256' } = options
  if (!SIGNATURE_ALGORITHMS.includes(alg))
    throw invalidOption('generateSigningKey', 'alg', `one of ${SIGNATURE_ALGORITHMS.join(', ')}`, alg)
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose')
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg, kid: await calculateJwkThumbprint(jwk) }
}
