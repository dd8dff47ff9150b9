/**
 * A description of an app that nobody has approved. It is never stored on its own: the client carries it in its client id, or its
 * web server publishes it.
 *
 * @see [RFC 7591 - OAuth 2.0 Dynamic Client Registration Protocol](https://www.rfc-editor.org/rfc/rfc7591.html#section-3)
 */
export interface Proposal {
  /**
   * A digest of where the description comes from: of the description itself, or of the URL of the document. It does not depend on the
   * keys. An account's app that was registered from it is found again by this.
   */
  readonly identity: string
  /** As it is stored and shown. Anyone can choose any name. */
  readonly name: string
  /** `client_uri`, as it is shown. Absent if there is none. */
  readonly homepage?: string
  /** At least one: sorted, each once, those on loopback addresses without their port. */
  readonly redirectUrls: readonly string[]
  /** Whether its access tokens must be bound to a key. Absent if not. */
  readonly dpopBoundAccessTokens?: true
  /** The host that publishes the document. Absent if the client carries the description: then nobody can tell whose it is. */
  readonly publisher?: string
  /**
   * The publisher, if there is one, and every host that responses may be sent to, without ports. Never empty: for a private-use
   * scheme, it is the scheme with its colon.
   */
  readonly hosts: readonly string[]
}

/** A `client_id` that says what the client is, instead of the key of an app. */
export type ClientId =
  /** The response to a registration, `<prefix>_rg_<payload>.<MAC>`, with a right MAC. */
  | { readonly type: 'proposal'; readonly identity: string; readonly proposal: Proposal }
  /** The URL of a document, which was not checked. */
  | { readonly type: 'document'; readonly identity: string; readonly url: string }
