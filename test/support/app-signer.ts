import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { ISSUER } from './session-fixture.ts'

/** What differs from a valid assertion. A claim that is undefined is omitted. */
export interface Said {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A key pair of an app, and what it signs. */
export interface AppSigner {
  /** The public key, as it is registered. */
  readonly jwk: JWK
  readonly privateJwk: JWK
  readonly algorithm: string
  /** A new assertion of the app `key` for {@link ISSUER}, valid except for the given differences. */
  sign(key: string, now: number, said?: Said): Promise<string>
}

export async function appSigner(algorithm = 'ES256', members: JWK = {}): Promise<AppSigner> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return {
    jwk: { ...(await exportJWK(publicKey)), ...members },
    privateJwk: await exportJWK(privateKey),
    algorithm,
    sign(key, now, { header = {}, claims = {} } = {}) {
      const said = { ...claimsOf(key, now), ...claims }
      return new SignJWT(said).setProtectedHeader({ alg: algorithm, ...header } as JWTHeaderParameters).sign(privateKey)
    },
  }
}

/** The minimal claims of a valid assertion. */
export function claimsOf(key: string, now: number) {
  return { iss: key, sub: key, aud: ISSUER, exp: Math.floor(now / 1000) + 60, jti: randomUUID() }
}
