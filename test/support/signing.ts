import { createPrivateKey, generateKeyPairSync, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import type { Jwk, SignatureAlgorithm, SigningOptions } from '../../src/index.ts'

/** A new private key, as a JWK. */
export function newKey(alg: SignatureAlgorithm = 'ES256'): Jwk {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...(privateKey.export({ format: 'jwk' }) as Jwk), alg }
}

/** One key that signs. */
export const SIGNING: SigningOptions = { current: newKey() }

/** The same key, for node:crypto. */
export function keyObject(jwk: Jwk): KeyObject {
  return createPrivateKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput)
}

/** The public part of a key. */
export function publicPart(jwk: Jwk): Jwk {
  const { d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...rest } = jwk
  return rest
}
