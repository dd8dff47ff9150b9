import { createBoundedMap } from '../../base/bounded-map.ts'
import { createDeadline } from '../../base/deadline.ts'
import { invalidOption } from '../../base/errors.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import { type DocumentPolicy, MAX_DOCUMENT_BYTES, readDocument } from './client-document.ts'
import { documentUrl } from './document-url.ts'
import type { DocumentResponse, FetchDocument } from './fetch-document.ts'
import { createFetchGovernor } from './fetch-governor.ts'
import type { Proposal } from './proposal.ts'
import { unusableClient } from './unusable-client.ts'

/** For the whole of a document: the browser of the user is waiting. */
const FETCH_MS = 5000
/** Documents of about a thousand programs. */
const MAX_BYTES = 4_000_000
/** Of a proposal and its place in the map, without its texts. */
const ENTRY_BYTES = 1000
const LEAST_SECONDS = 60
const MOST_SECONDS = 3600

/** What programs say of themselves in documents that they publish (WEB-6). */
export interface Documents {
  /**
   * Fetches a document, or takes it from the cache of this process. Call it only for a signed-in account: nobody else may make this
   * server call anybody.
   *
   * @param account - the one that is signed in.
   * @throws {@link AppGrantError} `invalid_request` if the client id or the document is not valid, or could not be fetched;
   *   `document_unavailable` if too much is fetched.
   */
  fetch(clientId: string, account: string): Promise<Proposal>
  /** The document if it is in the cache. Nothing is fetched. @throws {@link AppGrantError} `invalid_request` for the client id. */
  known(clientId: string): Proposal | undefined
}

export function createDocuments(
  parts: DocumentPolicy & {
    readonly fetchDocument: FetchDocument
    /** In ms, and never set back. */
    readonly steadyClock: () => number
    readonly timeoutMs?: number
  },
): Documents {
  const { fetchDocument, steadyClock, timeoutMs = FETCH_MS } = parts
  const governor = createFetchGovernor(steadyClock)
  const inTime = createDeadline(timeoutMs)
  const age = { maxMs: MOST_SECONDS * 1000, clock: steadyClock }
  const cache = createBoundedMap<{ readonly proposal: Proposal; readonly until: number }>({ maxBytes: MAX_BYTES, age })
  /** As many as the governor lets through. */
  const pending = new Map<string, Promise<Proposal>>()

  const cached = (url: URL) => {
    const found = cache.get(url.href)
    return found && steadyClock() < found.until ? found.proposal : undefined
  }
  const fetched = async (url: URL, account: string) => {
    const response = await governor.run(url, account, () => requested(url))
    assertResponse(response)
    const proposal = readDocument(url, response, parts)
    const until = steadyClock() + lifeSeconds(response) * 1000
    cache.set(url.href, { proposal, until }, { bytes: ENTRY_BYTES + 2 * (url.href.length + response.body.byteLength) })
    return proposal
  }
  const requested = (url: URL): Promise<DocumentResponse> => {
    const stop = new AbortController()
    // The transport is the host's, so it may not care for the signal.
    return inTime(
      async () => fetchDocument(url.href, { signal: stop.signal, maxBytes: MAX_DOCUMENT_BYTES }),
      (cause) => {
        stop.abort()
        // The same text for every cause: an account must not learn which addresses of the network respond.
        return unusableClient('the document at this URL could not be fetched', sanitizeError(cause))
      },
    )
  }

  return {
    async fetch(clientId, account) {
      const url = documentUrl(clientId)
      const known = cached(url) ?? pending.get(clientId)
      if (known) return known
      const proposal = fetched(url, account).finally(() => pending.delete(clientId))
      pending.set(clientId, proposal)
      return proposal
    },
    known: (clientId) => cached(documentUrl(clientId)),
  }
}

/** What is not a response is a mistake of the host, and not of the program. */
function assertResponse(response: DocumentResponse): void {
  const { status, headers, body } = (response ?? {}) as Partial<DocumentResponse>
  if (Number.isInteger(status) && typeof headers?.get === 'function' && body instanceof Uint8Array) return
  const expected = 'a function that resolves to { status, headers, body }, with headers.get and a Uint8Array as body'
  throw invalidOption('createAppGrant', 'selfRegistration.fetchDocument', expected, response)
}

/**
 * How long a document is used: as its server says for a shared cache, within bounds.
 *
 * @see [RFC 9111 - HTTP Caching](https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.1)
 */
function lifeSeconds({ headers }: DocumentResponse): number {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
  const isKept = !directives.some((one) => /^(?:no-store|no-cache|private)(?:=|$)/.test(one))
  const secondsOf = (name: string) => {
    const value = directives.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1)
    return value !== undefined && /^"?\d+"?$/.test(value) ? Number(value.replaceAll('"', '')) : undefined
  }
  const seconds = (isKept && (secondsOf('s-maxage') ?? secondsOf('max-age'))) || 0
  return Math.min(Math.max(seconds, LEAST_SECONDS), MOST_SECONDS)
}
