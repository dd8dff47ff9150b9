/** What the server of a document responded. */
export interface DocumentResponse {
  readonly status: number
  /** The response headers: a `Headers` object, or a Map with lower-case names. */
  readonly headers: {
    /** The values of a header, separated by a comma if there are several. Null or undefined if there is none. */
    readonly get: (name: string) => string | null | undefined
  }
  /** The body as it was received. It is read only if the status is 200. */
  readonly body: Uint8Array
}

/**
 * Sends one GET request for a Client ID Metadata Document. `appgrant/cimd` makes one for Node. For another runtime write your own,
 * which must
 *
 * * refuse every special-use address (RFC 6890), and connect to the very address that it checked: if the name is looked up again, the
 *   second answer can be another one;
 * * follow no redirect, and send no cookie and no credentials;
 * * reject if the body has more than `maxBytes`, without reading the rest, and as soon as `signal` is aborted.
 *
 * Called only for a signed-in account. If it rejects, the account sees only that the document could not be fetched.
 *
 * @param url - an https URL in its canonical form, without a query and a fragment.
 */
export type FetchDocument = (
  url: string,
  limits: { readonly signal: AbortSignal; readonly maxBytes: number },
) => Promise<DocumentResponse>
