import { invalidOption } from '../base/errors.ts'
import { fetchWhole } from './issuer-response.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a resource server authenticates with at the platform. */
export interface ResourceServerCredentials {
  /** The key of the app that is the resource server of `audience`, as set by `apps.setResourceServer`. */
  readonly key: string
  /**
   * The secret of that app or, if the app has keys instead, a function that returns a new assertion for each request.
   *
   * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
   */
  readonly secret: string | (() => string | Promise<string>)
}

/** Sends forms to the platform, with the credentials of a resource server. */
export interface ResourceServerClient {
  post(endpoint: URL, form: Readonly<Record<string, string>>, accept: string): Promise<Response>
}

/** @param name - of the function or option that has the credentials. @throws TypeError that names the invalid option. */
export function resourceServerClient(
  name: string,
  { key, secret }: ResourceServerCredentials,
  { timeoutMs }: { readonly timeoutMs: number },
): ResourceServerClient {
  if (typeof key !== 'string' || key === '') throw invalidOption(name, 'key', 'the key of the resource server', key)
  if ((typeof secret !== 'string' || secret === '') && typeof secret !== 'function') {
    const expected = 'the secret of the resource server, or a function that returns an assertion'
    throw invalidOption(name, 'secret', expected, secret, { isSecret: true })
  }

  return {
    async post(endpoint, fields, accept) {
      const { header, form } = await credentials()
      return fetchWhole(endpoint, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/x-www-form-urlencoded', ...header },
        body: new URLSearchParams({ ...fields, ...form }).toString(),
        signal: AbortSignal.timeout(timeoutMs),
      })
    },
  }

  async function credentials() {
    if (typeof secret === 'function') {
      const form = { client_id: key, client_assertion_type: ASSERTION_TYPE, client_assertion: await secret() }
      return { header: {}, form }
    }
    return { header: { authorization: `Basic ${btoa(`${formEncoded(key)}:${formEncoded(secret)}`)}` }, form: {} }
  }
}

/** An OAuth error code, and never other text, which could repeat parts of the request. */
export function errorCode(error: unknown): string {
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''
}

/** @see RFC 6749 §2.3.1 */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
