import { constants, KeyObject, verify as verifySignature } from 'node:crypto'
import { createBoundedMap } from '../../base/bounded-map.ts'
import { ownText } from '../../base/own-text.ts'
import { parseUrl } from '../../base/parse-url.ts'
import { digestOf } from '../digest.ts'
import { type DpopNonces, NONCE_MS } from '../dpop-nonces.ts'
import { type AppJwk, algorithmsOf, loadPublicJwk, MEMBERS, PRIVATE_MEMBERS } from './app-jwk.ts'
import {
  isOfType,
  type JwsParts,
  type Members,
  readJwsHeader,
  readJwsPayload,
  splitJws,
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
  readonly parts: JwsParts
  /** The key in it. */
  readonly signer: StatedKey | KnownKey
  /** Its `jti`. */
  readonly id: string
  /** Until when it is accepted, in ms since 1970. */
  readonly endsAt: number
}

interface StatedKey {
  readonly alg: VerifiedAlgorithm
  readonly jwk: Omit<AppJwk, 'kid'>
}

/** A key that has signed a proof before. */
interface KnownKey {
  readonly alg: VerifiedAlgorithm
  readonly key: KeyObject
  readonly thumbprint: string
}

/** Reads proofs, and verifies their signatures. */
export interface ProofReader {
  /**
   * Checks everything of a proof that needs no key: a compact JWS of the type, with the public key of its signer, and the claims.
   *
   * @param now - in ms since 1970.
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
   */
  read(text: string, request: ProvenRequest, now: number): ReadProof | ProofFault
  /** The thumbprint of the key that has signed the proof; undefined if the one in the proof has not. */
  signerOf(proof: ReadProof): Promise<string | undefined>
}

/**
 * A client uses one key for all of its requests, in the same header. Headers of valid proofs are remembered with their keys, so that
 * none is read and loaded again.
 *
 * @param nonces - of which each proof must have one: then its time does not count. Default is none.
 */
export function createProofReader(nonces?: DpopNonces): ProofReader {
  const known = createBoundedMap<KnownKey>({ maxBytes: MAX_KEY_BYTES })

  return {
    read(text, request, now) {
      const parts = splitJws(text, { maxLength: MAX_LENGTH })
      const signer = parts && (known.get(parts.header) ?? statedKey(parts))
      const claims = signer && readJwsPayload(parts)
      if (!claims) return 'malformed_proof'
      const { jti, htm, htu, iat, ath, nonce } = claims
      const isWhole = isId(jti) && typeof htm === 'string' && typeof htu === 'string' && Number.isFinite(iat)
      if (!isWhole) return 'malformed_proof'
      if (htm !== request.method) return 'proof_method'
      if (!isSameUrl(htu, request.url)) return 'proof_url'
      if (request.token !== undefined && ath !== digestOf(request.token)) return 'proof_token'
      const endsAt = nonces ? endOfNonce(nonces, nonce, now) : endOfTime(iat as number, now)
      if (endsAt === undefined) return nonces ? 'proof_nonce' : 'proof_time'
      return { parts, signer, id: jti, endsAt }
    },
    async signerOf({ parts, signer }) {
      const key = 'key' in signer ? signer : await load(signer)
      if (!key || !isSignedBy(parts, key)) return undefined
      const { header } = parts
      if (key !== signer) known.set(ownText(header), key, { bytes: KEY_BYTES + 2 * header.length })
      return key.thumbprint
    },
  }
}

/** The name of a proof among those of all keys, which may have used the same `jti`. At most 86 characters, however long that is. */
export function proofNameOf({ id }: ReadProof, thumbprint: string): string {
  return thumbprint + (id.length > thumbprint.length ? digestOf(id) : id)
}

/** The name as it is given to the host. */
export function proofIdOf(name: string): string {
  return digestOf(name)
}

async function load({ alg, jwk }: StatedKey): Promise<KnownKey | undefined> {
  const loaded = await loadPublicJwk(jwk)
  return loaded && { alg, key: KeyObject.from(loaded.key), thumbprint: loaded.thumbprint }
}

/** On this thread: handing a signature to another one costs more than it saves here. */
function isSignedBy({ header, payload, signature }: JwsParts, { key, alg }: KnownKey): boolean {
  const signed = Buffer.from(`${header}.${payload}`, 'latin1')
  return verifySignature(DIGESTS[alg], signed, { key, ...FORMATS[alg] }, Buffer.from(signature, 'base64url'))
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
function statedKey(parts: JwsParts): StatedKey | undefined {
  const header = readJwsHeader(parts)
  if (!header || !isOfType(header.typ, 'dpop+jwt')) return undefined
  const { jwk, alg } = header
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
  return { alg, jwk: key as unknown as StatedKey['jwk'] }
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
