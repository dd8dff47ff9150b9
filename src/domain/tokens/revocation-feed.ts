import { AppGrantError } from '../../base/errors.ts'
import { knownMembers } from '../../base/known-members.ts'
import { LOOK_BACK_MS, positionAt, type Revocations } from '../../records/revocations.ts'
import { idInput, invalidRequest, objectInput } from '../input/input.ts'
import { LONGEST_ACCESS_TOKEN_MS } from '../input/lifetimes.ts'
import type { FeedReaders } from './feed-readers.ts'
import type { SignedTokens } from './signed-tokens.ts'

/** Which part of the feed to read, and for whom. */
export interface FeedQuery {
  /** The key of the app that reads it: the part is signed for that app. */
  readonly app: string
  /**
   * What the verifier calls itself, 16–64 characters of `A-Za-z0-9_-`: drawn at random by each process when it starts, never used by
   * two.
   */
  readonly reader: string
  /** The verifier accepts nothing so long after it sent the first request by which it has read the whole feed, 2–86 400. */
  readonly silentSeconds: number
  /** `cursor` of the part before. Default is the beginning. */
  readonly cursor?: string | undefined
}

/** Reads the revocation feed. */
export interface RevocationFeed {
  /**
   * Returns the next part of the feed, as the JWS that `POST /revocations` responds with. The cursor of a part says that the verifier
   * refuses what was revoked in the parts before.
   *
   * @throws {@link AppGrantError} `invalid_request`, `invalid_cursor`; `limit_reached` if too many verifiers read it; `store_unavailable`, `clock_skew` or `signing_unavailable` if it cannot be read.
   */
  read(query: FeedQuery): Promise<string>
}

/** How far a reader has come. */
interface Cursor {
  /** Whatever was revoked before this time is in the parts up to the cursor, once it is `complete`. In ms since 1970. */
  readonly readAt: number
  /** From where the entries are read again, once all of them were. */
  readonly from: number
  /** Where the next part begins. Undefined if all entries were read. */
  readonly next: { readonly position: number; readonly id: string } | undefined
}

const QUERY = knownMembers<FeedQuery>({ app: true, reader: true, silentSeconds: true, cursor: true }, { key: 'app' })
const READER = /^[\w-]{16,64}$/
/** The bounds of `silentSeconds`: no access token is valid for longer. */
const [MIN_SILENT, MAX_SILENT] = [2, LONGEST_ACCESS_TOKEN_MS / 1000]
const CURSOR = /^(\d{1,15})\.(\d{1,15})(?:\.(\d{1,15})\.([A-Za-z0-9]{1,32}))?$/

/**
 * The feed is a list of entries in the order of their times. An entry is written before what it names, and may become visible some
 * seconds late. So each reader comes back to the oldest entry whose write may still happen, and at least some seconds.
 */
export function createRevocationFeed(parts: {
  readonly revocations: Revocations
  readonly readers: FeedReaders
  readonly signed: SignedTokens
  /** Rejects with `clock_skew` if the clock is wrong. */
  readonly clock: () => number
  readonly storeTime: () => number
}): RevocationFeed {
  const { revocations, readers, signed, clock, storeTime } = parts

  return {
    async read(query) {
      const { app, cursor: given, ...reader } = objectInput(query, 'query', QUERY)
      const aud = idInput(app, 'app')
      const silentMs = 1000 * checkReader(reader)
      const known = given === undefined ? undefined : readCursor(idInput(given, 'cursor'))
      clock()
      await readers.note({ app, name: reader.reader, silentMs }, known?.next ? undefined : known?.readAt)
      const now = storeTime()
      const isContinued = known?.next !== undefined
      const readAt = isContinued ? known.readAt : now
      const lookBack = readAt - LOOK_BACK_MS
      const after = known?.next ?? (known ? positionAt(known.from) : { position: now, id: '' })
      const { revoked, restored, next, pendingSince } = await revocations.read(after, { settleBefore: lookBack })
      const from = Math.min(isContinued ? known.from : lookBack, pendingSince ?? lookBack)
      return signed.writeFeed({
        aud,
        iat: Math.floor(now / 1000),
        after: given ?? null,
        cursor: writeCursor({ readAt, from, next }),
        complete: next === undefined,
        revoked,
        restored,
      })
    },
  }
}

function checkReader({ reader, silentSeconds }: Pick<FeedQuery, 'reader' | 'silentSeconds'>): number {
  if (typeof reader !== 'string' || !READER.test(reader))
    throw invalidRequest('reader', '16–64 characters of A-Za-z0-9_-, drawn at random when the verifier starts', reader)
  if (!Number.isInteger(silentSeconds) || silentSeconds < MIN_SILENT || silentSeconds > MAX_SILENT)
    throw invalidRequest('silentSeconds', `an integer from ${MIN_SILENT} to ${MAX_SILENT}`, silentSeconds)
  return silentSeconds
}

function writeCursor({ readAt, from, next }: Cursor): string {
  return [readAt, from, ...(next ? [next.position, next.id] : [])].join('.')
}

function readCursor(text: string): Cursor {
  const [, readAt, from, position, id] = CURSOR.exec(text) ?? []
  if (readAt === undefined || from === undefined)
    throw new AppGrantError('invalid_cursor', {
      message: 'cursor: expected the cursor of a part of the revocation feed',
      hint: 'Use the cursor of the previous part, or omit cursor to start over.',
    })
  const next = id === undefined ? undefined : { position: Number(position), id }
  return { readAt: Number(readAt), from: Number(from), next }
}
