import { parseUrl } from '../../base/parse-url.ts'
import { identityOf } from './check-proposal.ts'
import { unusableClient } from './unusable-client.ts'

const MAX_URL = 2048
const EXPECTED = `expected an https URL of at most ${MAX_URL} characters with a path, in its canonical form, without a port that is the default, user name, query, fragment and . or .. in the path`

/** Whether a client id claims to be the URL of a document. No other client id begins like that. */
export function isDocumentUrl(clientId: string): boolean {
  return clientId.startsWith('https://')
}

/** URLs are compared as texts, so every spelling is another program. */
export function identityOfDocument(url: string): string {
  return identityOf('md', url)
}

/**
 * Checks the URL of a document as it was received: a parser would correct what makes two texts the same URL, and client ids are
 * compared as texts.
 *
 * @throws {@link AppGrantError} `invalid_request`
 * @see [Client ID Metadata Document](https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/), section 3
 */
export function documentUrl(clientId: string): URL {
  const url = clientId.length <= MAX_URL ? parseUrl(clientId) : undefined
  const isPlain = !/[?#@]/.test(clientId)
  // With a dot at its end, a host would be another than the one that the host of this server has blocked.
  if (!url || !isDocumentUrl(clientId) || !isPlain || url.href !== clientId || url.hostname.endsWith('.'))
    throw unusableClient(EXPECTED)
  return url
}
