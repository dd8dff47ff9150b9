import { constants, KeyObject, verify as verifySignature } from 'node:crypto'
import { createBoundedMap } from '../../base/bounded-map.ts'
import { ownText } from '../../base/own-text.ts'
import { parseUrl } from '../../base/parse-url.ts'
import { digestOf } from '../digest.ts'
import { type DpopNonces, NONCE_MS } from '../dpop-nonces.ts'
import { type AppJwk, algorithmsOf, loadPublicJwk, MEMBERS, PRIVATE_MEMBERS } from './app-jwk.ts'
import {
  isOfType,
  type JwsHeader,
  type Members,
  readJwsHeader,
  readJwsPayload,
  VERIFIED_ALGORITHMS,
  type VerifiedAlgorithm,
} from './compact.ts'

/** Longest accepted proof, in characters. A longer one is refused before anything is read. */
const MAX_LENGTH = 4096
const MAX_ID = 128
/** How far the time of a proof may differ from the clock of this process. */
export const PROOF_MS = 60_000
/** For how long a proof can be accepted at most, in ms. */
export const MAX_PROOF_AGE_MS = Math.max(2 * PROOF_MS, NONCE_MS)
/** About 3000 keys. */
const MAX_KEY_BYTES = 4 * 1024 * 1024
const KEY_BYTES = 1000

/** The algorithms of proofs. */
export const DPOP_ALGORITHMS: readonly VerifiedAlgorithm[] = VERIFIED_ALGORITHMS

/** What is wrong with a proof. */
export type ProofFault =
  | 'malformed_proof'
  | 'proof_signature'
  | 'proof_method'
  | 'proof_url'
  | 'proof_time'
  | 'proof_nonce'
  | 'proof_token'

/** The request that a proof must be for. */
export interface ProvenRequest {
  /** The method, such as `POST`. */
  readonly method: string
  /** The URL as clients know it, without query and fragment. */
  readonly url: string
  /** The access token in it. Default is none, as at the token endpoint. */
  readonly token?: string
}

/** A proof that is for the request. Its signature has not been verified. */
export interface ReadProof {
  readonly text: string
  readonly alg: VerifiedAlgorithm
  readonly jwk: Omit<AppJwk, 'kid'>
  /** Its `jti`. */
  readonly id: string
  /** Until when it is accepted, in ms since 1970. */
  readonly endsAt: number
}

/**
 * Checks everything of a proof that needs no key: a compact JWS of the type, with the public key of its signer, and the claims.
 *
 * @param rules - `now` in ms since 1970. With `nonces`, the proof must have one of them, and its time does not count.
 * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
 */
export function readProof(
  text: string,
  request: ProvenRequest,
  { now, nonces }: { readonly now: number; readonly nonces: DpopNonces | undefined },
): ReadProof | ProofFault {
  const header = readJwsHeader(text, { maxLength: MAX_LENGTH })
  const claims = header && isOfType(header.typ, 'dpop+jwt') ? readJwsPayload(text) : undefined
  const jwk = header && claims && publicJwkIn(header)
  if (!jwk) return 'malformed_proof'
  const { jti, htm, htu, iat, ath, nonce } = claims
  const isWhole = isId(jti) && typeof htm === 'string' && typeof htu === 'string' && Number.isFinite(iat)
  if (!isWhole) return 'malformed_proof'
  if (htm !== request.method) return 'proof_method'
  if (!isSameUrl(htu, request.url)) return 'proof_url'
  if (request.token !== undefined && ath !== digestOf(request.token)) return 'proof_token'
  const endsAt = nonces ? endOfNonce(nonces, nonce, now) : endOfTime(iat as number, now)
  if (endsAt === undefined) return nonces ? 'proof_nonce' : 'proof_time'
  return { text, alg: header.alg, jwk, id: jti, endsAt }
}

/** The name of a proof: keys may have used the same `jti`. */
export function proofIdOf({ id }: ReadProof, thumbprint: string): string {
  return digestOf(JSON.stringify([thumbprint, id]))
}

/** Verifies the signatures of proofs. */
export interface ProofKeys {
  /** The thumbprint of the key that has signed the proof; undefined if the one in the proof has not. */
  signerOf(proof: ReadProof): Promise<string | undefined>
}

interface KnownKey {
  readonly key: KeyObject
  readonly thumbprint: string
}

/** Remembers keys that have signed a proof: a client uses one for all of its requests, and loading it takes longer than using it. */
export function createProofKeys(): ProofKeys {
  const known = createBoundedMap<KnownKey>({ maxBytes: MAX_KEY_BYTES })

  return {
    async signerOf({ text, alg, jwk }) {
      // The header says all of the key, and the algorithm.
      const header = text.slice(0, text.indexOf('.'))
      const remembered = known.get(header)
      const key = remembered ?? (await load(jwk))
      if (!key || !isSignedBy(text, key.key, alg)) return undefined
      if (!remembered) known.set(ownText(header), key, { bytes: KEY_BYTES + 2 * header.length })
      return key.thumbprint
    },
  }
}

async function load(jwk: ReadProof['jwk']): Promise<KnownKey | undefined> {
  const loaded = await loadPublicJwk(jwk)
  return loaded && { key: KeyObject.from(loaded.key), thumbprint: loaded.thumbprint }
}

/** On this thread: handing a signature to another one costs more than it saves here. */
function isSignedBy(text: string, key: KeyObject, alg: VerifiedAlgorithm): boolean {
  const end = text.lastIndexOf('.')
  const signature = Buffer.from(text.slice(end + 1), 'base64url')
  return verifySignature(DIGESTS[alg], Buffer.from(text.slice(0, end)), { key, ...FORMATS[alg] }, signature)
}

const DIGESTS: Readonly<Record<VerifiedAlgorithm, string | null>> = {
  ES256: 'sha256',
  EdDSA: null,
  Ed25519: null,
  PS256: 'sha256',
  RS256: 'sha256',
}
const FORMATS: Partial<Record<VerifiedAlgorithm, object>> = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
}

/** The members of the key in the header that count; undefined if it is not a public key for the algorithm. */
function publicJwkIn({ jwk, alg }: JwsHeader): Omit<AppJwk, 'kid'> | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const given = jwk as Members
  const { kty } = given
  if (typeof kty !== 'string' || !Object.hasOwn(MEMBERS, kty)) return undefined
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(given, name))) return undefined
  const named = given.alg === undefined || given.alg === alg
  if (!named || !algorithmsOf({ kty }).includes(alg)) return undefined
  const key: Record<string, string> = { kty }
  for (const [name, form] of Object.entries(MEMBERS[kty] ?? {})) {
    const member = given[name]
    if (typeof member !== 'string' || !form.test(member)) return undefined
    key[name] = member
  }
  return key as unknown as Omit<AppJwk, 'kid'>
}

function isId(jti: unknown): jti is string {
  return typeof jti === 'string' && jti.length > 0 && jti.length <= MAX_ID
}

function endOfNonce(nonces: DpopNonces, nonce: unknown, now: number): number | undefined {
  return typeof nonce === 'string' ? nonces.endOf(nonce, now) : undefined
}

function endOfTime(iat: number, now: number): number | undefined {
  const at = iat * 1000
  return Math.abs(now - at) <= PROOF_MS ? at + PROOF_MS : undefined
}

/** Compares after the normalization of RFC 3986 §6.2.2 and §6.2.3. Query and fragment do not count. */
function isSameUrl(one: string, other: string): boolean {
  if (one === other) return true
  const normal = normalUrl(one)
  return normal !== undefined && normal === normalUrl(other)
}

function normalUrl(text: string): string | undefined {
  const url = parseUrl(text)
  if (url?.username !== '' || url.password !== '') return undefined
  const path = url.pathname.replaceAll(/%[\da-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : octet.toUpperCase()
  })
  return url.protocol + url.host + path
}
