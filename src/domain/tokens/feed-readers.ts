import { MAX_CLOCK_DIFFERENCE_MS } from '../../base/clock-difference.ts'
import { AppGrantError } from '../../base/errors.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { Collection } from '../../records/collection.ts'
import {
  FEED_LEASES,
  type FeedLease,
  feedConfirmationKind,
  feedConfirmationRef,
  feedLeaseId,
  feedLeaseKind,
  feedLeaseRef,
  feedReaderId,
  wantedReceiptKind,
  wantedReceiptRef,
} from '../../records/feed-readers.ts'
import type { Pages } from '../../records/pages.ts'

/** By how much the clock of the store may be known differently to two nodes. */
const BETWEEN_NODES_MS = 2 * MAX_CLOCK_DIFFERENCE_MS
/**
 * How long a reader polls with the same lease: as long as it may be silent, within these bounds. A receipt waits for a reader that has
 * stopped as long as its lease lasts.
 */
const [LEAST_WINDOW_MS, MOST_WINDOW_MS] = [20_000, 600_000]
/** No platform has so many processes. Receipts read all of them. */
const MAX_LEASES = 10_000
const RETRY_AFTER_SECONDS = 60

/** A verifier, as it describes itself when it polls. */
export interface PollingReader {
  readonly app: string
  /** Its own name, which no other has. */
  readonly name: string
  readonly silentMs: number
}

/** A verifier that may accept something. */
export type ActiveReader = Pick<FeedLease, 'reader' | 'app' | 'silentMs'>

/** Knows the verifiers that read the revocation feed, and how far each of them has read. */
export interface FeedReaders {
  /**
   * Notes that a reader polls, before it is told anything, so that nothing accepts a token by the feed without being known. Writes only
   * if it needs another lease, or has news for a receipt.
   *
   * @param confirmedAt - it refuses whatever was revoked before this time. Default is that it says nothing of it.
   * @throws {@link AppGrantError} `limit_reached` if there are too many.
   */
  note(reader: PollingReader, confirmedAt?: number): Promise<void>
  /** Lets readers confirm from now on. Returns those that may accept something that was revoked before. */
  unconfirmed(revokedBefore: number): Promise<readonly ActiveReader[]>
  /** Those of the readers that have not confirmed it until now. */
  stillUnconfirmed(readers: readonly ActiveReader[], revokedBefore: number): Promise<readonly ActiveReader[]>
}

export function createFeedReaders(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly storeTime: () => number
}): FeedReaders {
  const { collection, pages, storeTime } = parts

  return {
    async note({ app, name, silentMs }, confirmedAt) {
      const reader = feedReaderId(app, name)
      const windowMs = Math.min(Math.max(silentMs, LEAST_WINDOW_MS), MOST_WINDOW_MS)
      const now = storeTime()
      const window = Math.floor(now / windowMs)
      const id = feedLeaseId(reader, silentMs, window)
      const [lease, confirmed, wanted] = await Promise.all([
        collection.load(feedLeaseKind, feedLeaseRef(id)),
        collection.load(feedConfirmationKind, feedConfirmationRef(reader)),
        collection.load(wantedReceiptKind, wantedReceiptRef),
      ])
      if (!lease) {
        if ((await pages.count([FEED_LEASES], now)) >= MAX_LEASES) throw tooMany()
        // Its last poll may come at the end of the window, through a node whose clock is behind.
        const expiresAt = (window + 1) * windowMs + silentMs + BETWEEN_NODES_MS
        await collection.insert(feedLeaseKind, { id, reader, app, silentMs, expiresAt }, { durable: true })
      }
      if (confirmedAt === undefined || confirmedAt <= (confirmed?.at ?? 0)) return
      if (!wanted || isEnough(confirmed?.at, wanted.revokedBefore)) return
      await collection.write(feedConfirmationKind, feedConfirmationRef(reader), (current) => ({
        reader,
        at: Math.max(confirmedAt, current?.at ?? 0),
      }))
    },

    async unconfirmed(revokedBefore) {
      await collection.write(wantedReceiptKind, wantedReceiptRef, (current) =>
        current && current.revokedBefore >= revokedBefore ? undefined : { revokedBefore },
      )
      const readers = new Map<string, ActiveReader>()
      for await (const records of pages.walk(FEED_LEASES, { position: storeTime(), id: '' }))
        for (const record of records) {
          const { reader, app, silentMs } = feedLeaseKind.unpack(record)
          const known = readers.get(reader)
          readers.set(reader, { reader, app, silentMs: Math.max(silentMs, known?.silentMs ?? 0) })
        }
      return stillUnconfirmed([...readers.values()], revokedBefore)
    },

    stillUnconfirmed,
  }

  async function stillUnconfirmed(readers: readonly ActiveReader[], revokedBefore: number) {
    const confirmed = await fewAtOnce(readers, async ({ reader }) =>
      collection.load(feedConfirmationKind, feedConfirmationRef(reader)),
    )
    return readers.filter((_, at) => !isEnough(confirmed[at]?.at, revokedBefore))
  }
}

function isEnough(confirmedAt: number | undefined, revokedBefore: number): boolean {
  return confirmedAt !== undefined && confirmedAt >= revokedBefore + BETWEEN_NODES_MS
}

function tooMany(): AppGrantError<'limit_reached'> {
  return new AppGrantError('limit_reached', {
    message: 'too many verifiers read the revocation feed',
    hint: `About ${MAX_LEASES / 2} processes may read the feed. Create one signatureVerifier in each process, at its start.`,
    details: { limit: 'feedReaders', retryAfterSeconds: RETRY_AFTER_SECONDS },
  })
}
