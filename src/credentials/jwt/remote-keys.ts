import { type CryptoKey, createRemoteJWKSet, customFetch, errors } from 'jose'
import type { JwsHeader } from './compact.ts'

/** Minimum time between two requests for the issuer's keys. */
const COOL_DOWN_MS = 10_000
/** How long fetched keys are used: as long as the key set may be cached. */
const MAX_AGE_MS = 600_000

/** Finds the issuer's published key for a header; undefined if there is none. Rejects if the keys cannot be fetched. */
export type RemoteKeys = (header: JwsHeader) => Promise<CryptoKey | undefined>

/** The keys at a URL, fetched on demand: again for an unknown `kid`, but at most once per cool-down, failures included. */
export function remoteKeys(
  uri: URL,
  {
    timeoutMs,
    fetch,
  }: { readonly timeoutMs: number; readonly fetch: (url: string, init: RequestInit) => Promise<Response> },
): RemoteKeys {
  let failedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  const keys = createRemoteJWKSet(uri, {
    timeoutDuration: timeoutMs,
    cooldownDuration: COOL_DOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
    // jose has a cool-down after responses only, not after failures.
    async [customFetch](url, init) {
      if (performance.now() - failedAt < COOL_DOWN_MS) throw failure
      try {
        const response = await fetch(url, init)
        return await withKeys(response)
      } catch (error) {
        failedAt = performance.now()
        failure = error
        throw error
      }
    },
  })

  return async (header) => {
    // Every token of the issuer has a `kid`.
    if (header.kid === undefined) return undefined
    try {
      return await keys(header)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      throw error
    }
  }
}

/** An issuer without published keys is an outage, not a reason to reject every token. */
async function withKeys(response: Response): Promise<Response> {
  const body: unknown = response.status === 200 ? await response.clone().json() : undefined
  const { keys } = (body ?? {}) as { readonly keys?: unknown }
  if (Array.isArray(keys) && keys.length > 0) return response
  throw new Error(`expected a JWK set with keys, received status ${response.status}`)
}
