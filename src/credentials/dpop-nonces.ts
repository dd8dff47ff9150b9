import { createHmac, type KeyObject } from 'node:crypto'

const STEP_MS = 60_000
/** How long a nonce is accepted: from a minute before its step, because clocks differ, for this many steps. */
const STEPS_BEFORE = 3
const STEPS_AHEAD = 1
/** 128 bits in base64url. */
const LENGTH = 22

/** How long a nonce is accepted at most, in ms. */
export const NONCE_MS = (STEPS_BEFORE + 1 + STEPS_AHEAD) * STEP_MS

/**
 * The nonces of DPoP proofs. They are computed from keys and the time, so every node that has the keys accepts those of the others,
 * and nothing is stored.
 *
 * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-8)
 */
export interface DpopNonces {
  /** The nonce to send to clients. */
  current(now: number): string
  /** Until when a nonce is accepted, in ms since 1970; undefined if it is not. */
  endOf(nonce: string, now: number): number | undefined
}

/** @param keys - the first makes nonces, those of all are accepted. */
export function createDpopNonces(keys: readonly KeyObject[]): DpopNonces {
  const nonceOf = (key: KeyObject, step: number) =>
    createHmac('sha256', key).update(`dpop nonce ${step}`).digest('base64url').slice(0, LENGTH)
  let known = { step: Number.NaN, current: '', ends: new Map<string, number>() }

  /** All that are accepted now. Clients are told them, so comparing them needs no constant time. */
  function acceptedAt(now: number): typeof known {
    const step = Math.floor(now / STEP_MS)
    if (step === known.step) return known
    const ends = new Map<string, number>()
    const [first] = keys
    for (let at = step - STEPS_BEFORE; at <= step + STEPS_AHEAD; at++)
      for (const key of keys) ends.set(nonceOf(key, at), (at + STEPS_BEFORE + 1) * STEP_MS)
    known = { step, current: first ? nonceOf(first, step) : '', ends }
    return known
  }

  return {
    current: (now) => acceptedAt(now).current,
    endOf: (nonce, now) => acceptedAt(now).ends.get(nonce),
  }
}
