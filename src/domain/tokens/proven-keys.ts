import { AppGrantError } from '../../base/errors.ts'
import type { EventSource } from '../../base/events.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import { idInput } from '../input/input.ts'
import { issuerOf } from '../input/issuer.ts'
import { because, type Refusals } from '../refusals.ts'
import { type Proofs, proofTextOf } from './proofs.ts'

/** A request for tokens with a proof of possession. */
export interface DpopProofInput {
  /**
   * A DPoP proof, made for a POST to the endpoint under the issuer, which is `/token`: the tokens are bound to its key. Without the
   * option `dpop` it has no effect. Default is none: the access token is a bearer token, unless the app must have bound ones.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-5)
   */
  readonly dpopProof?: string | undefined
}

/** Where clients prove to have a key. */
export type ProvingEndpoint = '/token' | '/par'

/** The keys that clients prove to have when they request tokens, or push an authorization request. */
export interface ProvenKeys {
  /**
   * The thumbprint of the key that signed the proof; undefined if there is none. It is checked before anything is consumed, an
   * assertion of the app included.
   *
   * @throws {@link AppGrantError} `invalid_dpop_proof`, `dpop_nonce_required`
   */
  keyOf(input: DpopProofInput, source: EventSource, endpoint?: ProvingEndpoint): Promise<string | undefined>
}

export function createProvenKeys(parts: {
  readonly proofs: Proofs | undefined
  readonly issuer: string | undefined
  readonly refusals: Refusals
}): ProvenKeys {
  const { proofs, refusals } = parts

  return {
    async keyOf({ dpopProof }, source, endpoint = '/token') {
      if (dpopProof === undefined) return undefined
      const text = idInput(dpopProof, 'dpopProof')
      return proofs && refusals.watch({}, { ...source }, () => signerOf(proofs, text, endpoint))
    },
  }

  async function signerOf(proofs: Proofs, text: string, endpoint: ProvingEndpoint): Promise<string> {
    const url = issuerOf(parts) + endpoint
    const read = proofs.read(text, { method: 'POST', url })
    const signer = typeof read === 'string' ? undefined : await proofs.signerOf(read)
    if (signer !== undefined) return signer
    const fault = typeof read === 'string' ? read : 'proof_signature'
    const message = proofTextOf(fault, url)
    const nonce = fault === 'proof_nonce' ? proofs.nonce() : undefined
    if (nonce === undefined) throw refusedProof(fault as RefusalReason<'invalid_dpop_proof'>, message)
    throw new AppGrantError('dpop_nonce_required', {
      message,
      hint: 'Nothing was consumed: repeat the request with a new proof that contains the nonce of the details.',
      details: { nonce },
    })
  }
}

/** What is wrong if there is no proof, or one by another key. */
export function invalidProof(reason: keyof typeof TEXTS): AppGrantError {
  return refusedProof(reason, TEXTS[reason])
}

function refusedProof(reason: RefusalReason<'invalid_dpop_proof'>, message: string): AppGrantError {
  return because(
    new AppGrantError('invalid_dpop_proof', {
      message,
      hint: 'Nothing was consumed: repeat the request with a valid proof. Tokens are bound only with the option dpop of createAppGrant.',
    }),
    reason,
  )
}

const TEXTS = {
  missing_proof: 'the request needs a DPoP proof',
  other_key: 'the DPoP proof must be by the key that the request, code or refresh token is bound to',
} as const
