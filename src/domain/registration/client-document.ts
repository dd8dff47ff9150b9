import { isAppGrantError } from '../../base/errors.ts'
import { parseMembers } from '../../credentials/jwt/compact.ts'
import { DEVICE_CODE_GRANT } from '../input/device-code-grant.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import { checkDescription, hostsOf } from './check-proposal.ts'
import { identityOfDocument } from './document-url.ts'
import type { DocumentResponse } from './fetch-document.ts'
import type { Proposal } from './proposal.ts'
import { unusableClient } from './unusable-client.ts'

/** The longest document, in bytes: those in use have less than 1000. */
export const MAX_DOCUMENT_BYTES = 5120

/** A comma separates the values of a repeated header. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;[^,]*)?$/i
/** Nobody may know them, so they are in no public document. */
const SECRETS = ['client_secret', 'client_secret_expires_at'] as const
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

/** What is accepted of documents. */
export interface DocumentPolicy {
  readonly redirects: RedirectPolicy
  /** Whether programs may use the device grant. */
  readonly hasDevices: boolean
}

/**
 * Reads the document that a program publishes of itself. Of its members only the name and the redirect URLs are used, and no URL in
 * it is ever fetched.
 *
 * @param url - where it was fetched, in canonical form.
 * @throws {@link AppGrantError} `invalid_request`, which says what is wrong with it.
 * @see [Client ID Metadata Document](https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/), section 4
 */
export function readDocument(
  url: URL,
  { status, headers, body }: DocumentResponse,
  { redirects, hasDevices }: DocumentPolicy,
): Proposal {
  if (status !== 200) throw unusable(`expected status 200, received ${status}`)
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) throw unusable('expected the content-type application/json')
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity') throw unusable('expected no content-encoding')
  if (body.byteLength > MAX_DOCUMENT_BYTES) throw unusable(`expected at most ${MAX_DOCUMENT_BYTES} bytes`)
  const document = parseMembers(body)
  if (!document) throw unusable('expected a JSON object in UTF-8, each of its members once')
  if (document.client_id !== url.href) throw unusable('expected a client_id that is the URL of the document')
  assertPublicClient(document, hasDevices)
  const { client_name: name, redirect_uris: redirectUrls, dpop_bound_access_tokens: dpopBoundAccessTokens } = document
  if (typeof name !== 'string' || name === '') throw unusable('expected a client_name')
  const description = described({ name, homepage: `${url.origin}/`, redirectUrls, dpopBoundAccessTokens }, redirects)
  const { hostname: publisher, href } = url
  const hosts = [...new Set([publisher, ...hostsOf(description.redirectUrls)])]
  return { ...description, identity: identityOfDocument(href), publisher, hosts }
}

type Document = Readonly<Record<string, unknown>>

/** Whatever is secret in a public document is known to everybody, and keys behind a URL would have to be fetched. */
function assertPublicClient(document: Document, hasDevices: boolean): void {
  const secret = SECRETS.find((name) => Object.hasOwn(document, name))
  if (secret !== undefined) throw unusable(`expected no ${secret}, because everybody can read it`)
  const { token_endpoint_auth_method: method = 'none', token_endpoint_auth_methods_supported: others } = document
  const isOffered = method === 'private_key_jwt' && Array.isArray(others) && others.includes('none')
  if (method !== 'none' && !isOffered) throw unusable('expected the token_endpoint_auth_method none')
  assertPublicKeys(document)
  const first = hasDevices ? ['authorization_code', DEVICE_CODE_GRANT] : ['authorization_code']
  for (const [name, possible] of [
    ['grant_types', first],
    ['response_types', ['code']],
  ] as const) {
    const { [name]: list = possible } = document
    if (!Array.isArray(list) || !possible.some((one) => list.includes(one)))
      throw unusable(`expected ${possible.join(' or ')} among its ${name}`)
  }
}

function assertPublicKeys({ jwks, jwks_uri }: Document): void {
  if (jwks === undefined) return
  const { keys } = (jwks ?? {}) as { readonly keys?: unknown }
  const isPublic = (key: unknown) =>
    typeof key === 'object' && key !== null && !PRIVATE_MEMBERS.some((name) => Object.hasOwn(key, name))
  if (jwks_uri !== undefined || !Array.isArray(keys) || !keys.every(isPublic))
    throw unusable('expected jwks with public keys only, and without jwks_uri')
}

function described(...given: Parameters<typeof checkDescription>): Omit<Proposal, 'identity' | 'hosts'> {
  try {
    const { sentRedirectUrls: _, ...description } = checkDescription(...given)
    return description
  } catch (error) {
    if (!isAppGrantError(error, 'invalid_fields')) throw error
    const [field] = error.details.fields
    const name = field?.field === 'name' ? 'client_name' : 'redirect_uris'
    throw unusable(`${name}: expected ${field?.expected}`)
  }
}

function unusable(message: string) {
  return unusableClient(`the document at this URL is not usable: ${message}`)
}
