import { type CryptoKey, createRemoteJWKSet, customFetch, errors } from 'jose'
import type { JwsHeader } from './compact.ts'

/** How long the issuer is left alone after its keys were asked for. */
const COOL_DOWN_MS = 10_000
/** How long keys are believed: as long as they may be cached. */
const MAX_AGE_MS = 600_000

/**
 * The key that a header names, among those that the issuer publishes; undefined where it is not there. It rejects where that is
 * not known.
 */
export type RemoteKeys = (header: JwsHeader) => Promise<CryptoKey | undefined>

/** The keys at a URL, fetched when they are needed: again for an unknown `kid`, but at most once a cool-down, failures included. */
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
    // jose waits after an answer only.
    async [customFetch](url, init) {
      if (performance.now() - failedAt < COOL_DOWN_MS) throw failure
      try {
        const answer = await fetch(url, init)
        return await withKeys(answer)
      } catch (error) {
        failedAt = performance.now()
        failure = error
        throw error
      }
    },
  })

  return async (header) => {
    // Every token of ours names its key.
    if (header.kid === undefined) return undefined
    try {
      return await keys(header)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      throw error
    }
  }
}

/** An issuer that publishes no keys is out of order: it is no reason to call every token bad. */
async function withKeys(answer: Response): Promise<Response> {
  const body: unknown = answer.status === 200 ? await answer.clone().json() : undefined
  const { keys } = (body ?? {}) as { readonly keys?: unknown }
  if (Array.isArray(keys) && keys.length > 0) return answer
  throw new Error(`expected a JWK set with keys, received status ${answer.status}`)
}
