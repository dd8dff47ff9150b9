import { assertOptions, knownMembers } from '../../base/known-members.ts'
import { createDpopNonces } from '../../credentials/dpop-nonces.ts'
import {
  createProofReader,
  DPOP_ALGORITHMS,
  MAX_PROOF_AGE_MS,
  PROOF_MS,
  type ProofFault,
  type ProofReader,
  type ProvenRequest,
  proofIdOf,
  proofNameOf,
  type ReadProof,
} from '../../credentials/jwt/dpop-proof.ts'
import { checkKeyRing, type KeyRing } from '../../credentials/key-ring.ts'

export {
  DPOP_ALGORITHMS,
  MAX_PROOF_AGE_MS,
  type ProofFault,
  type ProvenRequest,
  proofIdOf,
  proofNameOf,
  type ReadProof,
}

/** How proofs of possession are checked. */
export interface DpopOptions {
  /**
   * 1–8 random keys of at least 32 bytes, the same on all nodes: proofs must then contain a nonce of this server, which lasts three to
   * five minutes and replaces their time. So the clocks of clients do not matter, and proofs cannot be made in advance. The first key
   * makes nonces, those of all are accepted. Default is none: the time of a proof may differ by 60 seconds from the clock of this
   * process.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-8)
   */
  readonly nonceKeys?: readonly (string | Uint8Array)[] | undefined
}

/** The members of {@link DpopOptions}. */
export const DPOP_OPTIONS = { nonceKeys: true } as const
const OPTIONS = knownMembers<DpopOptions>(DPOP_OPTIONS)

/** The validated options. */
export interface CheckedDpop {
  readonly nonceKeys: KeyRing
}

/** @param call - the function that has the option `dpop`. @throws TypeError that names the option. */
export function checkDpop(call: string, given: DpopOptions, known = OPTIONS): CheckedDpop {
  assertOptions(call, given, known, 'dpop')
  const { nonceKeys } = given
  return { nonceKeys: nonceKeys === undefined ? [] : checkKeyRing(call, 'dpop.nonceKeys', nonceKeys) }
}

/** How proofs of possession are accepted at `/token`. */
export interface DpopSupport {
  /** The algorithms of proofs. */
  readonly algorithms: readonly string[]
  /** Returns the nonce for the next proof of a client; undefined if proofs need none. */
  nonce(): string | undefined
}

/** Checks proofs of possession, for the token endpoint and for resources alike. */
export interface Proofs {
  /** The nonce for the next proof of a client; undefined if proofs need none. */
  nonce(): string | undefined
  /** Checks everything but the signature: that a proof is for this request, and recent. */
  read(text: string, request: ProvenRequest): ReadProof | ProofFault
  signerOf: ProofReader['signerOf']
}

/** @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3) */
export function createProofs({ nonceKeys }: CheckedDpop, clock: () => number): Proofs {
  const nonces = nonceKeys.length > 0 ? createDpopNonces(nonceKeys) : undefined
  const reader = createProofReader(nonces)
  return {
    nonce: () => nonces?.current(clock()),
    read: (text, request) => reader.read(text, request, clock()),
    signerOf: reader.signerOf,
  }
}

/** What a client must change. @param url - what the `htu` of the proof must be, as far as it is not the client's own text. */
export function proofTextOf(fault: ProofFault, url: string): string {
  return fault === 'proof_url'
    ? `the htu of the DPoP proof must be ${url}, without query and fragment`
    : PROOF_TEXTS[fault]
}

const PROOF_TEXTS: Readonly<Record<Exclude<ProofFault, 'proof_url'>, string>> = {
  malformed_proof: `the DPoP header must be one proof of possession: a JWT of type dpop+jwt with alg ${DPOP_ALGORITHMS.join(', ')}, the public key as jwk, and jti, htm, htu and iat`,
  proof_signature: 'the DPoP proof is not signed by the key that it contains',
  proof_method: 'the htm of the DPoP proof must be the method of the request',
  proof_time: `the iat of the DPoP proof must be within ${PROOF_MS / 1000} seconds of the clock of this server`,
  proof_nonce: 'the DPoP proof must contain the nonce of the header DPoP-Nonce',
  proof_token: 'the ath of the DPoP proof must be the SHA-256 of the access token in base64url',
}
