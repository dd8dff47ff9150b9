import { createPinnedFetch } from './cimd/pinned-fetch.ts'
import { isPublicAddress } from './cimd/public-address.ts'
import type { FetchDocument } from './domain/registration/fetch-document.ts'

export type { DocumentResponse, FetchDocument } from './domain/registration/fetch-document.ts'

/**
 * Fetches Client ID Metadata Documents from the public internet, with `node:https`. It has no options: an address that strangers
 * choose must not lead into your network, whatever a host configures.
 *
 * It looks the name up once and refuses it if any of its addresses is a special-use address, such as those of this machine, of
 * private networks and of cloud metadata, also if it is embedded in IPv6. It connects to the address that it checked, on a
 * connection of its own, with the certificate of the name. It follows no redirect, and sends no cookie and no credentials. A proxy
 * in the environment is not used.
 *
 * @see [RFC 6890 - Special-Purpose IP Address Registries](https://www.rfc-editor.org/rfc/rfc6890.html#section-2.2)
 * @example
 * ```ts
 * const fetchDocument = createDocumentFetcher()
 * const { status } = await fetchDocument('https://app.example/client.json', { signal: AbortSignal.timeout(5000), maxBytes: 5120 })
 * ```
 */
export function createDocumentFetcher(): FetchDocument {
  return createPinnedFetch({ isAllowed: isPublicAddress })
}
