import { createHash, randomUUID } from 'node:crypto'
import {
  type CompactJWSHeaderParameters,
  CompactSign,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWK,
} from 'jose'

/** What a proof is for, and what differs from a valid one. A member that is undefined is omitted. */
export interface ProofOf {
  readonly url: string
  readonly method?: string
  /** In ms. Default is now. */
  readonly at?: number
  readonly token?: string
  readonly nonce?: string
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The key of a client, and the proofs that it signs. */
export interface DpopKey {
  readonly jwk: JWK
  readonly privateJwk: JWK
  readonly jkt: string
  prove(of: ProofOf): Promise<string>
}

export const NONCE_KEY = 'n'.repeat(32)

export const athOf = (token: string) => createHash('sha256').update(token).digest('base64url')

export async function dpopKey(alg = 'ES256'): Promise<DpopKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    jwk,
    privateJwk: await exportJWK(privateKey),
    jkt: await calculateJwkThumbprint(jwk),
    prove({ url, method = 'POST', at = Date.now(), token, nonce, header = {}, claims = {} }) {
      const iat = Math.floor(at / 1000)
      const ath = token === undefined ? undefined : athOf(token)
      const said = { jti: randomUUID(), htm: method, htu: url, iat, ath, nonce, ...claims }
      const head = { alg, typ: 'dpop+jwt', jwk, ...header } as CompactJWSHeaderParameters
      return new CompactSign(Buffer.from(JSON.stringify(said))).setProtectedHeader(head).sign(privateKey)
    },
  }
}

/** A compact JWS with a signature of nothing. */
export function unsigned(header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${'A'.repeat(86)}`
}
