import { createHmac, type KeyObject } from 'node:crypto'
import { sameDigest } from '../../credentials/digest.ts'
import { parseMembers } from '../../credentials/jwt/compact.ts'
import type { KeyRing } from '../../credentials/key-ring.ts'
import { hostsOf, identityOf } from './check-proposal.ts'
import { identityOfDocument, isDocumentUrl } from './document-url.ts'
import type { ClientId, Proposal } from './proposal.ts'

/** The longest `client_id`, in characters. Clients send it in URLs. */
export const MAX_CLIENT_ID = 2048

const VERSION = 1
const MAC_BYTES = 16
const MAC_LENGTH = 22
const BODY = new RegExp(`^([\\w-]+)\\.([\\w-]{${MAC_LENGTH}})$`)

/** What a client says of itself, in the form that its `client_id` carries. */
type Carried = Pick<Proposal, 'name' | 'homepage' | 'redirectUrls' | 'dpopBoundAccessTokens'>

/** Writes and reads every `client_id` that says what the client is. */
export interface ClientIds {
  /** The same for the same description. */
  write(carried: Carried): string
  /** Undefined if it is none of these: it may be the key of an app. Costs at most a MAC for each key, whatever the text. */
  read(text: string): ClientId | undefined
}

/**
 * A `client_id` that carries a registration is `<prefix>_rg_<payload>.<MAC>`. The payload is JSON in base64url, without anything that
 * differs from one installation of a program to the next. The MAC is HMAC-SHA-256 of everything before it, cut to 128 bits.
 *
 * @param keys - the first signs, all verify. Without any, no `client_id` carries a registration.
 * @param options - `hasDocuments`: whether a `client_id` may be the URL of a document.
 * @see [RFC 7591 - OAuth 2.0 Dynamic Client Registration Protocol](https://www.rfc-editor.org/rfc/rfc7591.html#appendix-A.5.2)
 */
export function createClientIds(
  keys: KeyRing,
  { tokenPrefix, hasDocuments }: { readonly tokenPrefix: string; readonly hasDocuments: boolean },
): ClientIds {
  const head = `${tokenPrefix}_rg_`
  const macOf = (key: KeyObject, text: string) =>
    createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES).toString('base64url')

  return {
    write(carried) {
      const [key] = keys
      if (!key) throw new TypeError('there is no key to sign a client_id with')
      const signed = head + Buffer.from(payloadOf(carried)).toString('base64url')
      return `${signed}.${macOf(key, signed)}`
    },
    read(text) {
      if (hasDocuments && isDocumentUrl(text))
        return { type: 'document', identity: identityOfDocument(text), url: text }
      if (text.length > MAX_CLIENT_ID || !text.startsWith(head)) return undefined
      const [, body = '', mac = ''] = BODY.exec(text.slice(head.length)) ?? []
      // Texts are compared: several of them decode to the same bytes.
      const isGenuine = keys.some((key) => sameDigest(macOf(key, head + body), mac))
      return isGenuine ? proposalIn(Buffer.from(body, 'base64url')) : undefined
    },
  }
}

/** The names and their order never change, so that the same description has the same identity. */
function payloadOf({ name: n, homepage: u, redirectUrls: r, dpopBoundAccessTokens: d }: Carried): string {
  return JSON.stringify({ v: VERSION, n, u, r, d })
}

/** Undefined if it is not a payload of this version, in exactly the form that this version writes. */
function proposalIn(bytes: Buffer): ClientId | undefined {
  const { v, n: name, u: homepage, r: redirectUrls, d } = parseMembers(bytes) ?? {}
  const isText = typeof name === 'string' && (homepage === undefined || typeof homepage === 'string')
  if (v !== VERSION || !isText || !isTexts(redirectUrls)) return undefined
  const carried = {
    name,
    ...(homepage !== undefined && { homepage }),
    redirectUrls,
    ...(d === true && { dpopBoundAccessTokens: true as const }),
  }
  const payload = payloadOf(carried)
  if (!bytes.equals(Buffer.from(payload))) return undefined
  const identity = identityOf('rg', payload)
  return { type: 'proposal', identity, proposal: { ...carried, identity, hosts: hostsOf(redirectUrls) } }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
}
