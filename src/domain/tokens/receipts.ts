import { AppGrantError, invalidOption } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'
import { LONGEST_ACCESS_TOKEN_MS } from '../input/lifetimes.ts'
import type { ActiveReader, FeedReaders } from './feed-readers.ts'

/** How often the confirmations are looked at. */
const LOOK_EVERY_MS = 500
/** By how much the clocks of two machines may differ in speed, with what a timer is late. */
const DRIFT = 0.01

/** Says that what was revoked is refused everywhere. */
export interface Receipt {
  /** What was revoked before this time is refused. By the clock of the store. */
  readonly revokedBefore: Date
  /** When that was certain. */
  readonly confirmedAt: Date
}

/** How long to wait for a receipt. */
export interface ReceiptOptions {
  /** Ends the wait, such as `AbortSignal.timeout(60_000)`. Default is to wait as long as it takes. */
  readonly signal?: AbortSignal | undefined
}

/** @see AppGrant.receipt */
export type WaitForReceipt = (options?: ReceiptOptions) => Promise<Receipt>

const OPTIONS = knownMembers<ReceiptOptions>({ signal: true }, { timeoutMs: 'signal: AbortSignal.timeout(ms)' })

/**
 * A verifier that did not confirm accepts nothing once it was silent for too long, and whatever any cache holds is too old after its
 * staleness. So the wait is bounded, and a store that fails meanwhile can only make it longer.
 */
export function createReceipts(parts: {
  readonly maxStalenessMs: number
  readonly areSigned: boolean
  /** Undefined without a revocation feed. */
  readonly readers: FeedReaders | undefined
  /** Rejects with `clock_skew` if the clock is wrong. */
  readonly compare: () => Promise<void>
  readonly clock: () => number
  readonly storeTime: () => number
  readonly steadyClock: () => number
  /** Resolves after some ms, or rejects once the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>
}): { readonly receipt: WaitForReceipt; close(): void } {
  const { maxStalenessMs, areSigned, readers, compare, clock, storeTime, steadyClock, pause } = parts
  const closing = new AbortController()

  return {
    async receipt(options = {}) {
      assertOptions('receipt', options, OPTIONS)
      const { signal } = options
      if (signal !== undefined && !(signal instanceof AbortSignal))
        throw invalidOption('receipt', 'signal', 'an AbortSignal', signal)
      // One for each wait: many listeners on the same signal are a warning of Node.
      const stop = AbortSignal.any(signal ? [signal, closing.signal] : [closing.signal])
      await compare()
      const since = steadyClock()
      const revokedBefore = storeTime()
      const endOf = (ms: number) => since + ms * (1 + DRIFT)
      // Without a feed, a service that checks only signatures learns of nothing before the token expires.
      const endsAt = endOf(areSigned && !readers ? LONGEST_ACCESS_TOKEN_MS : maxStalenessMs)
      let waitingFor = (await readers?.unconfirmed(revokedBefore)) ?? []
      for (;;) {
        const now = steadyClock()
        waitingFor = waitingFor.filter(({ silentMs }) => endOf(silentMs) > now)
        const ends = [endsAt, ...waitingFor.map(({ silentMs }) => endOf(silentMs))]
        if (Math.max(...ends) <= now) break
        const next = Math.min(...ends.filter((end) => end > now)) - now
        await pause(waitingFor.length > 0 ? Math.min(next, LOOK_EVERY_MS) : next, stop).catch((cause: unknown) => {
          throw unconfirmed(waitingFor, clock() + Math.max(...ends) - now, cause)
        })
        if (readers && waitingFor.length > 0)
          waitingFor = await readers.stillUnconfirmed(waitingFor, revokedBefore).catch(() => waitingFor)
      }
      return { revokedBefore: new Date(revokedBefore), confirmedAt: new Date(storeTime()) }
    },
    close: () => closing.abort(),
  }
}

function unconfirmed(waitingFor: readonly ActiveReader[], until: number, cause: unknown): AppGrantError {
  const apps = [...new Set(waitingFor.map(({ app }) => app))].sort()
  const whom = apps.length === 0 ? 'Cached acceptances' : `Services of these resource servers (${apps.join(', ')})`
  return new AppGrantError('revocation_unconfirmed', {
    message: 'what was revoked may still be accepted somewhere',
    hint: `It is revoked, and nothing needs to be repeated. ${whom} may accept it until ${new Date(until).toISOString()} at the latest.`,
    cause,
    details: { apps, until: new Date(until) },
  })
}
