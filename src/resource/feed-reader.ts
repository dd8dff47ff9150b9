import { issuerUnavailable } from './issuer-response.ts'

/** Longer than an access token can be valid (a day), with the differences between clocks. */
const KEPT_MS = (24 * 60 + 20) * 60_000
/** About 60 MB. */
const MAX_REVOKED = 500_000
/** More than so many names take. */
const MAX_PARTS = 5000
/** So that the readers of a platform that was restarted do not all poll at the same moment. */
const JITTER = 0.25

/** A part of the feed whose signature was verified. */
export interface FeedPart {
  /** Of the next part, or of the next poll. */
  readonly cursor: string
  /** Whether there are no further parts now. */
  readonly complete: boolean
  readonly revoked: readonly string[]
  /** What was revoked before, and is valid again. */
  readonly restored: readonly string[]
}

/** Knows what the feed has revoked, by polling. */
export interface FeedReader {
  /**
   * Whether one of the names is revoked. Polling begins with the first call, which waits for the whole feed.
   *
   * @throws {@link AppGrantError} `issuer_unavailable` if the feed has been silent for too long.
   */
  isRevoked(names: readonly string[]): Promise<boolean>
  /** Stops polling. */
  close(): void
}

/** How a feed is read. */
export interface FeedReaderOptions {
  /** Fetches and verifies the part after a cursor, or the first. */
  readonly fetchPart: (cursor: string | undefined) => Promise<FeedPart>
  readonly intervalMs: number
  /** The feed is silent if it was not read for so long. */
  readonly silentMs: number
  /** Nothing is accepted if it was not read for so long, at least `silentMs`. */
  readonly usableMs: number
  readonly clock: () => number
  /** Monotonic, in ms. */
  readonly steadyClock: () => number
  /** Calls back once after some ms, without keeping the process alive. Returns a function that cancels it. */
  readonly schedule: (callback: () => void, ms: number) => () => void
}

export function createFeedReader(options: FeedReaderOptions): FeedReader {
  const { fetchPart, intervalMs, silentMs, usableMs, clock, steadyClock, schedule } = options
  /** By name, when it was read last. In that order. */
  const revoked = new Map<string, number>()
  let cursor: string | undefined
  /** When the poll was sent by which the whole feed was read last. */
  let confirmed: ReturnType<typeof now> | undefined
  let failure: unknown
  let polling: Promise<void> | undefined
  let polledAt = Number.NEGATIVE_INFINITY
  let cancel: (() => void) | undefined
  let isClosed = false

  return {
    async isRevoked(names) {
      if (!isCurrent()) await polledNow()
      if (age() >= usableMs)
        throw issuerUnavailable(
          failure,
          `The revocation feed was not read for ${usableMs / 1000} s, so it is not known whether a token is revoked. See the cause.`,
        )
      return names.some((name) => revoked.has(name))
    },
    close() {
      isClosed = true
      cancel?.()
    },
  }

  function now() {
    return { at: clock(), steadyAt: steadyClock() }
  }

  /** By either clock, so that neither a jump nor a process that was stopped makes the feed look newer than it is. */
  function age(): number {
    const { at, steadyAt } = now()
    if (!confirmed || at < confirmed.at) return Number.POSITIVE_INFINITY
    return Math.max(at - confirmed.at, steadyAt - confirmed.steadyAt)
  }

  function isCurrent(): boolean {
    return age() < silentMs
  }

  /** Callers at the same time wait for the same poll, and outages do not add polls. */
  function polledNow(): Promise<void> | undefined {
    if (!polling && !isClosed && steadyClock() - polledAt >= intervalMs) poll()
    return polling
  }

  function poll(): void {
    cancel?.()
    polledAt = steadyClock()
    polling = readAll()
      .catch((error: unknown) => {
        failure = error
      })
      .finally(() => {
        polling = undefined
        if (!isClosed) cancel = schedule(poll, intervalMs * (1 - JITTER + 2 * JITTER * Math.random()))
      })
  }

  async function readAll(): Promise<void> {
    const sent = now()
    // After a gap it reads everything again. Unless all parts are read, the next poll begins where this one did.
    let next = isCurrent() ? cursor : undefined
    for (let parts = 0; parts < MAX_PARTS; parts++) {
      const part = await fetchPart(next)
      apply(part)
      next = part.cursor
      if (!part.complete) continue
      cursor = next
      confirmed = sent
      return
    }
    throw new Error(`expected a revocation feed of at most ${MAX_PARTS} parts`)
  }

  function apply(part: FeedPart): void {
    const at = steadyClock()
    for (const name of part.restored) revoked.delete(name)
    for (const name of part.revoked) {
      revoked.delete(name)
      revoked.set(name, at)
    }
    for (const [name, readAt] of revoked) {
      if (at - readAt < KEPT_MS) break
      revoked.delete(name)
    }
    // Forgetting any of them would accept what is revoked.
    if (revoked.size > MAX_REVOKED) throw new Error(`expected at most ${MAX_REVOKED} revocations in a day`)
  }
}
