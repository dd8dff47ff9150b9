import type { webcrypto } from 'node:crypto'
import { VERIFIED_ALGORITHMS, type VerifiedAlgorithm } from './compact.ts'

/** A public key of an app as it is stored and shown: a JWK with only the members that are needed. */
export interface AppJwk {
  /** `EC`, `OKP` or `RSA`. */
  readonly kty: string
  /** The id by which assertions refer to the key. Default is its thumbprint (RFC 7638). */
  readonly kid: string
  /** The only algorithm the key may be used with. Default is every supported algorithm of its type. */
  readonly alg?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
}

const MIN_RSA_BITS = 2048
/** The members of JWKs that nobody else may know. */
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const
// The numbers of each type have their full width (RFC 7518 §6.2.1.2).
const COORDINATE = /^[\w-]{43}$/
/** The members of a public key of each type, besides `kty`, and their form. */
export const MEMBERS: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  EC: { crv: /^P-256$/, x: COORDINATE, y: COORDINATE },
  OKP: { crv: /^Ed25519$/, x: COORDINATE },
  RSA: { n: /^[\w-]{342,683}$/, e: /^AQAB$/ },
}

const OF_TYPE: Readonly<Record<string, readonly VerifiedAlgorithm[]>> = {
  EC: ['ES256'],
  OKP: ['EdDSA', 'Ed25519'],
  RSA: ['PS256', 'RS256'],
}

export const ASSERTION_ALGORITHMS: readonly VerifiedAlgorithm[] = VERIFIED_ALGORITHMS

/** The algorithms a key may be used with; empty if its type or its `alg` is not supported. */
export function algorithmsOf({ kty, alg }: Pick<AppJwk, 'kty' | 'alg'>): readonly VerifiedAlgorithm[] {
  const fitting = OF_TYPE[kty] ?? []
  return alg === undefined ? fitting : fitting.filter((name) => name === alg)
}

/** A public key, ready to verify signatures. */
export interface LoadedJwk {
  readonly key: webcrypto.CryptoKey
  /** @see [RFC 7638 - JSON Web Key (JWK) Thumbprint](https://www.rfc-editor.org/rfc/rfc7638.html#section-3) */
  readonly thumbprint: string
}

/**
 * Loads a public key. Undefined if it cannot verify signatures, or if signatures of it could be forged: its point is not on the curve
 * or of low order, or its RSA modulus is even or has fewer than 2048 bits.
 */
export async function loadPublicJwk(jwk: Omit<AppJwk, 'kid'>): Promise<LoadedJwk | undefined> {
  if (isForgeable(jwk)) return undefined
  const [algorithm = ''] = algorithmsOf(jwk)
  const { calculateJwkThumbprint, importJWK } = await import('jose')
  try {
    const key = (await importJWK({ ...jwk }, algorithm)) as webcrypto.CryptoKey
    const { modulusLength = MIN_RSA_BITS } = key.algorithm as Partial<RsaHashedKeyAlgorithm>
    return modulusLength < MIN_RSA_BITS ? undefined : { key, thumbprint: await calculateJwkThumbprint({ ...jwk }) }
  } catch {
    return undefined
  }
}

/**
 * The y coordinates of the points of Ed25519 of low order, in their canonical forms and increased by the prime. For such a key
 * anyone can make a signature that OpenSSL accepts.
 *
 * @see [RFC 8032 - Edwards-Curve Digital Signature Algorithm](https://www.rfc-editor.org/rfc/rfc8032.html#section-8.9)
 */
const LOW_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

function isForgeable({ kty, x = '', n = '' }: Omit<AppJwk, 'kid'>): boolean {
  const bytes = Buffer.from(kty === 'RSA' ? n : x, 'base64url')
  const last = bytes.length - 1
  if (kty === 'RSA') return (bytes[last] ?? 0) % 2 === 0
  if (kty !== 'OKP') return false
  // The highest bit is the sign of the other coordinate.
  bytes[last] = (bytes[last] ?? 0) & 0x7f
  return LOW_ORDER.has(bytes.toString('hex'))
}
