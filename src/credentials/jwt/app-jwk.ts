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

/**
 * The thumbprint of a public key; undefined if the key cannot verify signatures, for example because its point is not on
 * the curve or its RSA modulus has fewer than 2048 bits.
 *
 * @see [RFC 7638 - JSON Web Key (JWK) Thumbprint](https://www.rfc-editor.org/rfc/rfc7638.html#section-3)
 */
export async function thumbprintOf(jwk: Omit<AppJwk, 'kid'>): Promise<string | undefined> {
  const [algorithm = ''] = algorithmsOf(jwk)
  const { calculateJwkThumbprint, importJWK } = await import('jose')
  try {
    const key = (await importJWK({ ...jwk }, algorithm)) as CryptoKey
    const { modulusLength = MIN_RSA_BITS } = key.algorithm as Partial<RsaHashedKeyAlgorithm>
    return modulusLength < MIN_RSA_BITS ? undefined : await calculateJwkThumbprint({ ...jwk })
  } catch {
    return undefined
  }
}
