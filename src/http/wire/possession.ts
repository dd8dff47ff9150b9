import { createBoundedMap } from '../../base/bounded-map.ts'
import { createDeadline } from '../../base/deadline.ts'
import { AppGrantError, invalidOption } from '../../base/errors.ts'
import { knownMembers } from '../../base/known-members.ts'
import { parseUrl } from '../../base/parse-url.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import { isIssuer, isProtected } from '../../domain/input/issuer.ts'
import {
  checkDpop,
  createProofs,
  DPOP_OPTIONS,
  type DpopOptions,
  MAX_PROOF_AGE_MS,
  type ProofFault,
  proofIdOf,
  proofNameOf,
  proofTextOf,
  type ReadProof,
} from '../../domain/tokens/proofs.ts'

/** How a resource checks proofs of possession. */
export interface ResourceDpopOptions extends DpopOptions {
  /**
   * The URL that clients know the service by: its origin and, if a proxy removes a part of the path, that part. Without query, fragment
   * or trailing slash. A proof must be for this URL followed by the path of the request; nothing is taken from the header `Host`.
   * Default is the origin of `audience`.
   */
  readonly url?: string | undefined
  /**
   * Remembers proofs for all processes of the service, so that none is accepted twice. Returns true if `id`, 43 characters, was not
   * there before, and keeps it until `expiresAt`, at most 6 minutes. It has a second; if it fails, the response is 503. Default is
   * none: each process remembers the proofs that it has accepted, at least the last 140,000.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-11.1)
   */
  readonly replay?: ((id: string, expiresAt: Date) => boolean | Promise<boolean>) | undefined
}

/** The part of a request that a guard reads. */
export interface GuardedRequest {
  /** The values of a repeated header are joined with a comma. */
  header(name: 'authorization' | 'dpop'): string | null
  readonly method: string
  /** A URL of which only the path counts, or the path with its query. */
  readonly target: string
}

/** What is wrong with a proof, for the client. */
export interface PossessionFault {
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token'
  readonly description: string
}

/** Checks that who presents an access token has the key that it is bound to. */
export interface Possession {
  /** The nonce for the next proof; undefined if proofs need none. */
  nonce(): string | undefined
  /** Checks all of the proof in the request that needs no key, before anything is read. */
  read(request: GuardedRequest, token: string): ReadProof | PossessionFault
  /**
   * Checks that the proof is by that key, and is used for the first time. Rejects with `replay_unavailable`.
   *
   * @returns what is wrong.
   */
  confirm(proof: ReadProof, jkt: string | undefined): Promise<PossessionFault | undefined>
}

const OPTIONS = knownMembers<ResourceDpopOptions>({ ...DPOP_OPTIONS, url: true, replay: true })
const URL_RULE = 'a canonical https URL without query, fragment or trailing slash (or http on a loopback address)'
const REPLAY_TIMEOUT_MS = 1000
/** How far the clocks of processes that share a memory of proofs may differ, and that of the memory. */
const SHARED_CLOCKS_MS = 60_000
/** At least the last 140,000 proofs. */
const MAX_BYTES = 64 * 1024 * 1024
const PROOF_BYTES = 230

/** @param call - the function that has the option `dpop`. @throws TypeError that names the option. */
export function createPossession(call: string, given: ResourceDpopOptions, audience: string | undefined): Possession {
  const clock = createForwardClock()
  const proofs = createProofs(checkDpop(call, given, OPTIONS), clock)
  const { url = originOf(call, audience), replay } = given
  if (!isIssuer(url)) throw invalidOption(call, 'dpop.url', URL_RULE, url)
  if (replay !== undefined && typeof replay !== 'function')
    throw invalidOption(call, 'dpop.replay', 'a function of an id and a time that returns true or false', replay)
  const faultOf = (fault: ProofFault): PossessionFault => {
    const error = fault === 'proof_nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof'
    return { error, description: proofTextOf(fault, `${url} followed by the path of the request`) }
  }
  const isFirst = replay ? sharedMemory(replay) : ownMemory(clock)

  return {
    nonce: proofs.nonce,
    read({ header, method, target }, token) {
      const text = header('dpop')
      if (text === null) return { error: 'invalid_dpop_proof', description: 'the request needs a DPoP proof' }
      const read = proofs.read(text, { method, url: url + pathOf(target), token })
      return typeof read === 'string' ? faultOf(read) : read
    },
    async confirm(proof, jkt) {
      if (jkt === undefined)
        return { error: 'invalid_token', description: 'the access token is not bound to a key: use it as Bearer' }
      const signer = await proofs.signerOf(proof)
      if (signer === undefined) return faultOf('proof_signature')
      if (signer !== jkt) return { error: 'invalid_token', description: 'the access token is bound to another key' }
      // It may have expired since it was read, and a memory of proofs has forgotten it then.
      if (clock() > proof.endsAt) return faultOf(proofs.nonce() === undefined ? 'proof_time' : 'proof_nonce')
      const isNew = isFirst(proofNameOf(proof, signer), proof.endsAt)
      if (isNew === true || (isNew !== false && (await isNew))) return undefined
      return { error: 'invalid_dpop_proof', description: 'the DPoP proof was used before' }
    },
  }
}

type IsFirst = (name: string, endsAt: number) => boolean | Promise<boolean>

/** Only proofs by the keys of valid tokens get here, so nobody else can make it forget them. */
function ownMemory(clock: () => number): IsFirst {
  const used = createBoundedMap<true>({ maxBytes: MAX_BYTES, age: { maxMs: MAX_PROOF_AGE_MS, clock } })
  return (name) => used.add(name, true, { bytes: PROOF_BYTES })
}

/**
 * The time, which stands still while the clock of the machine is behind what it was: a proof that has expired, and was forgotten,
 * stays expired.
 */
function createForwardClock(): () => number {
  let latest = 0
  return () => {
    latest = Math.max(latest, Date.now())
    return latest
  }
}

function sharedMemory(replay: NonNullable<ResourceDpopOptions['replay']>): IsFirst {
  const withinDeadline = createDeadline(REPLAY_TIMEOUT_MS)
  return (name, endsAt) =>
    withinDeadline(async () => ask(proofIdOf(name), new Date(endsAt + SHARED_CLOCKS_MS)), unavailable)

  async function ask(id: string, expiresAt: Date): Promise<boolean> {
    let isNew: unknown
    try {
      isNew = await replay(id, expiresAt)
    } catch (error) {
      throw sanitizeError(error)
    }
    if (typeof isNew === 'boolean') return isNew
    throw new TypeError('dpop.replay: expected true or false')
  }
}

function unavailable(cause: unknown): AppGrantError {
  const message = 'the service is temporarily unavailable'
  const hint = 'The option dpop.replay of protect failed, timed out, or returned neither true nor false. See the cause.'
  return new AppGrantError('replay_unavailable', { message, hint, cause })
}

/** Any URI is a resource, but proofs are for a URL. */
function originOf(call: string, audience: string | undefined): string {
  const url = audience === undefined ? undefined : parseUrl(audience)
  if (url && isProtected(url)) return url.origin
  const expected =
    'an https URL (or http on a loopback address), because proofs are for its origin unless there is dpop.url'
  throw invalidOption(call, 'audience', expected, audience)
}

function pathOf(target: string): string {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(target)?.[1] ?? ''
}
