import { strictUtf8 } from '../../base/strict-utf8.ts'
import type { AppAuthentication, AppCredentials } from '../../domain/apps/authenticate-app.ts'
import { invalidClient, invalidRequest } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import type { Form } from '../wire/request-body.ts'

/** Longer than every Authorization header with credentials of this library, or of an imported app, in any encoding. */
const MAX_HEADER_LENGTH = 2560
// RFC 7523 §2.2
const JWT_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
// Complete groups of four. Padding of the last one is optional.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

/**
 * Reads the client authentication of a request: HTTP Basic, parameters in the body, or an assertion, but only one of them.
 * Missing credentials are rejected later, like wrong ones; a `client_id` alone means that the app is public.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1)
 * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
 */
export function readClientAuthentication({ headers }: IncomingRequest, form: Form): AppCredentials {
  const header = headers.get('authorization')
  const key = form.get('client_id')
  const secret = form.get('client_secret')
  const assertion = form.get('client_assertion')
  const hasAssertion = assertion !== undefined || form.has('client_assertion_type')
  if (Number(header !== null) + Number(secret !== undefined) + Number(hasAssertion) > 1)
    throw invalidRequest('the request uses more than one client authentication method')
  if (hasAssertion) {
    if (form.get('client_assertion_type') !== JWT_ASSERTION)
      throw invalidClient('this client_assertion_type is not supported')
    return { key, assertion: assertion ?? '' }
  }
  if (header === null) return secret === undefined ? { key: key ?? '' } : { key: key ?? '', secret }
  const basic = readBasic(header)
  if (key !== undefined && key !== basic.key) throw invalidRequest('client_id does not match the Authorization header')
  // The defaults of some clients: like an empty client_secret, an empty password is none.
  return basic.secret === '' ? { key: basic.key } : basic
}

/** For endpoints that require authentication: missing credentials count as wrong ones. */
export function asConfidential(client: AppCredentials): AppAuthentication {
  return client.assertion === undefined ? { key: client.key, secret: client.secret ?? '' } : client
}

// The fast path for generated keys and secrets, which contain no escapes.
const PLAIN_PAIR = /^[A-Za-z0-9]+:[A-Za-z0-9]+$/

function readBasic(header: string): { readonly key: string; readonly secret: string } {
  if (header.startsWith('Basic ') && header.length <= MAX_HEADER_LENGTH && BASE64.test(header.slice(6))) {
    const pair = Buffer.from(header.slice(6), 'base64').toString('latin1')
    if (PLAIN_PAIR.test(pair)) {
      const at = pair.indexOf(':')
      return { key: pair.slice(0, at), secret: pair.slice(at + 1) }
    }
  }
  const [, encoded] = header.length <= MAX_HEADER_LENGTH ? (/^basic +(\S+)$/i.exec(header) ?? []) : []
  const text = encoded === undefined ? undefined : decodeBase64(encoded)
  const colon = text?.indexOf(':') ?? -1
  const key = decodeFormText(text?.slice(0, Math.max(colon, 0)))
  const secret = decodeFormText(text?.slice(colon + 1))
  if (colon < 0 || key === undefined || secret === undefined)
    throw invalidClient('the Authorization header is not valid HTTP Basic (RFC 6749 section 2.3.1)')
  return { key, secret }
}

function decodeBase64(encoded: string): string | undefined {
  if (!BASE64.test(encoded)) return undefined
  try {
    return strictUtf8.decode(Buffer.from(encoded, 'base64'))
  } catch {
    return undefined
  }
}

/** Key and secret are form-encoded before they are joined, so colons, percent and plus signs in them are escaped. */
function decodeFormText(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
