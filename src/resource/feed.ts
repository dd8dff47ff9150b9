import { invalidOption } from '../base/errors.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'
import { type KeyFor, readSigned } from '../credentials/jwt/access-token.ts'
import { FEED_TYPE, type Members } from '../credentials/jwt/compact.ts'
import { createRandomText } from '../credentials/random.ts'
import { LONGEST_ACCESS_TOKEN_MS } from '../domain/input/lifetimes.ts'
import { createFeedReader, type FeedPart, type FeedReader } from './feed-reader.ts'
import { MAX_BYTES } from './issuer-response.ts'
import { type CheckedResource, checkUrl, TOLERANCE_MS } from './options.ts'
import { errorCode, type ResourceServerCredentials, resourceServerClient } from './resource-server-client.ts'

/** The option `feed` of `signatureVerifier`. */
export interface FeedOptions extends ResourceServerCredentials {
  /** The URL of the feed. Default is `/revocations` under the issuer. */
  readonly endpoint?: string | undefined
  /** The time between two polls, in ms, 500–60 000. Up to a quarter is added or subtracted. Default is 2000. */
  readonly intervalMs?: number | undefined
  /**
   * After how many seconds without the whole feed it counts as silent, 2–3600 and more than `intervalMs`. No token that was revoked
   * longer ago is accepted, unless `whenSilent` says so. Default is 30.
   */
  readonly silentSeconds?: number | undefined
  /**
   * What happens to tokens while the feed is silent: `'reject'` rejects with `issuer_unavailable`, for which `protect` responds with
   * 503. `'accept'` does so only after a day, and in a process that has never read the feed. Default is `'reject'`.
   *
   * WARNING: with `'accept'`, anyone who keeps this service from reaching the platform keeps revoked tokens working until they
   * expire, and a receipt of the platform waits for a day for each process that has stopped.
   */
  readonly whenSilent?: 'reject' | 'accept' | undefined
}

const OPTIONS = knownMembers<FeedOptions>({
  key: true,
  secret: true,
  endpoint: true,
  intervalMs: true,
  silentSeconds: true,
  whenSilent: true,
})
const MAX_CURSOR = 200
const READER_LENGTH = 24

/** Creates the reader of the revocation feed. @throws TypeError that names the invalid option. */
export function openFeed(options: FeedOptions, resource: CheckedResource, keyFor: KeyFor): FeedReader {
  const name = 'signatureVerifier'
  assertOptions(name, options, OPTIONS, 'feed')
  const { intervalMs = 2000, silentSeconds = 30, whenSilent = 'reject' } = options
  if (!Number.isInteger(intervalMs) || intervalMs < 500 || intervalMs > 60_000)
    throw invalidOption(name, 'feed.intervalMs', 'an integer from 500 to 60000', intervalMs)
  const isLongEnough = silentSeconds >= 2 && silentSeconds * 1000 > intervalMs
  if (!Number.isInteger(silentSeconds) || !isLongEnough || silentSeconds > 3600)
    throw invalidOption(name, 'feed.silentSeconds', 'an integer from 2 to 3600, longer than intervalMs', silentSeconds)
  if (whenSilent !== 'reject' && whenSilent !== 'accept')
    throw invalidOption(name, 'feed.whenSilent', "'reject' or 'accept'", whenSilent)
  const endpoint = checkUrl(name, 'feed.endpoint', options.endpoint ?? `${resource.issuer}/revocations`)
  const platform = resourceServerClient(`${name}: feed`, options, resource)
  const usableMs = whenSilent === 'accept' ? LONGEST_ACCESS_TOKEN_MS : silentSeconds * 1000
  // Says to the platform which process this is, so that it knows when each has read what was revoked.
  const self = { reader: createRandomText()(READER_LENGTH), silent_seconds: String(usableMs / 1000) }

  return createFeedReader({
    fetchPart,
    intervalMs,
    silentMs: silentSeconds * 1000,
    usableMs,
    clock: Date.now,
    steadyClock: () => performance.now(),
    schedule(callback, ms) {
      const timer = setTimeout(callback, ms).unref()
      return () => clearTimeout(timer)
    },
  })

  async function fetchPart(cursor: string | undefined): Promise<FeedPart> {
    const sentAt = Date.now()
    const form = { ...self, ...(cursor !== undefined && { cursor }) }
    const response = await platform.post(endpoint, form, 'application/jwt')
    const text = await response.text()
    if (response.status !== 200)
      throw new Error(`expected a part of the revocation feed, received status ${response.status}${errorIn(text)}`)
    const members = await readSigned(text, keyFor, { type: FEED_TYPE, maxLength: MAX_BYTES })
    if (typeof members === 'string') throw new Error('expected a part of the revocation feed, signed by the issuer')
    // Neither an older part nor one for somebody else: it might leave out what this reader has to know.
    const isTheirs = members.iss === resource.issuer && members.aud === options.key
    if (!isTheirs || members.after !== (cursor ?? null) || !isOfNow(members, sentAt))
      throw new Error('expected the part of the revocation feed that was requested, with the time of now')
    return partOf(members)
  }
}

function isOfNow({ iat }: Members, sentAt: number): boolean {
  // The time in it is rounded down to seconds.
  const earliest = sentAt - TOLERANCE_MS - 1000
  return typeof iat === 'number' && iat * 1000 >= earliest && iat * 1000 <= Date.now() + TOLERANCE_MS
}

function partOf({ cursor, complete, revoked, restored }: Members): FeedPart {
  const isPart = typeof cursor === 'string' && cursor.length <= MAX_CURSOR && typeof complete === 'boolean'
  if (!isPart || !areNames(revoked) || !areNames(restored))
    throw new Error('expected cursor, complete, revoked and restored in a part of the revocation feed')
  return { cursor, complete, revoked, restored }
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function errorIn(text: string): string {
  try {
    return errorCode(JSON.parse(text).error)
  } catch {
    return ''
  }
}
