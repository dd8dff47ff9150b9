import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose'
import type { JwsHeader } from './compact.ts'

/** Minimum time between two requests for the issuer's keys. */
const COOL_DOWN_MS = 10_000
/** How long fetched keys are used: as long as the key set may be cached. */
const MAX_AGE_MS = 600_000

/** Finds the issuer's published key for a header; undefined if there is none. Rejects if the keys cannot be fetched. */
export type RemoteKeys = (header: JwsHeader) => Promise<CryptoKey | undefined>

interface KeySet {
  readonly find: ReturnType<typeof createLocalJWKSet>
  readonly requestedAt: number
}

/**
 * The keys at a URL, fetched on demand: again for an unknown `kid`, but at most once per cool-down, failures included.
 *
 * @param parts - `steadyClock`: monotonic, in ms. If the wall clock were used, setting it back would keep a retired key in use.
 */
export function remoteKeys(
  uri: URL,
  {
    timeoutMs,
    fetch,
    steadyClock,
  }: {
    readonly timeoutMs: number
    readonly fetch: (url: string, init: RequestInit) => Promise<Response>
    readonly steadyClock: () => number
  },
): RemoteKeys {
  let known: KeySet | undefined
  let failed: { readonly at: number; readonly error: unknown } | undefined
  let pending: Promise<KeySet> | undefined

  return async (header) => {
    // Every token of the issuer has a `kid`.
    if (header.kid === undefined) return undefined
    const isFresh = known !== undefined && steadyClock() - known.requestedAt < MAX_AGE_MS
    const keys = known && isFresh ? known : await fetchKeys()
    const key = await keyIn(keys, header)
    if (key || steadyClock() - keys.requestedAt < COOL_DOWN_MS) return key
    return keyIn(await fetchKeys(), header)
  }

  /** Calls at the same time share one request. */
  function fetchKeys(): Promise<KeySet> {
    if (failed && steadyClock() - failed.at < COOL_DOWN_MS) return Promise.reject(failed.error)
    pending ??= requestKeys().finally(() => {
      pending = undefined
    })
    return pending
  }

  async function requestKeys(): Promise<KeySet> {
    try {
      const requestedAt = steadyClock()
      const headers = { accept: 'application/json, application/jwk-set+json' }
      const response = await fetch(uri.href, { headers, signal: AbortSignal.timeout(timeoutMs) })
      known = { find: createLocalJWKSet(await keySetOf(response)), requestedAt }
      failed = undefined
      return known
    } catch (error) {
      failed = { at: steadyClock(), error }
      throw error
    }
  }
}

async function keyIn({ find }: KeySet, header: JwsHeader): Promise<CryptoKey | undefined> {
  try {
    return await find(header)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined
    throw error
  }
}

/** An issuer without published keys is an outage, not a reason to reject every token. */
async function keySetOf(response: Response): Promise<JSONWebKeySet> {
  const body: unknown = response.status === 200 ? await response.json() : undefined
  const { keys } = (body ?? {}) as { readonly keys?: unknown }
  // createLocalJWKSet checks the rest.
  if (Array.isArray(keys) && keys.length > 0) return body as JSONWebKeySet
  throw new Error(`expected a JWK set with keys, received status ${response.status}`)
}
