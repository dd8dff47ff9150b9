// RFC 6749 §5.1 requires Pragma too, for HTTP/1.0 caches.
const NOT_STORED = { 'cache-control': 'no-store', pragma: 'no-cache' } as const
const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } as const
const JSON_NOT_STORED = { ...JSON_HEADERS, ...NOT_STORED } as const

type HeaderFields = Readonly<Record<string, string>>

/** A response, independent of any server. */
export class PlainResponse {
  readonly status: number
  readonly headers: HeaderFields
  readonly body: string | null

  constructor(status: number, headers: HeaderFields, body: string | null) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

export interface ResponseOptions {
  readonly status?: number
  readonly headers?: HeaderFields
}

/** A JSON response with `no-store` (HTTP-6). */
export function jsonResponse(body: unknown, { status = 200, headers }: ResponseOptions = {}): PlainResponse {
  return new PlainResponse(status, headers ? { ...JSON_NOT_STORED, ...headers } : JSON_NOT_STORED, JSON.stringify(body))
}

/** A JSON response that is the same for everyone: caches may store it, and pages of every origin may read it (HTTP-6). */
export function publicResponse(body: unknown, { maxAgeSeconds }: { readonly maxAgeSeconds: number }): PlainResponse {
  const headers = { 'cache-control': `public, max-age=${maxAgeSeconds}`, 'access-control-allow-origin': '*' }
  return new PlainResponse(200, { ...JSON_HEADERS, ...headers }, JSON.stringify(body))
}

/** A JWS or JWT, with `no-store`. */
export function jwtResponse(text: string): PlainResponse {
  const headers = { 'content-type': 'application/jwt', 'x-content-type-options': 'nosniff', ...NOT_STORED }
  return new PlainResponse(200, headers, text)
}

/** A response without a body, with `no-store`. */
export function emptyResponse({ status = 200, headers }: ResponseOptions = {}): PlainResponse {
  return new PlainResponse(status, { ...NOT_STORED, ...headers }, null)
}

export function withHeaders({ body, status, headers }: PlainResponse, more: HeaderFields): PlainResponse {
  return new PlainResponse(status, { ...headers, ...more }, body)
}

/** Adds `no-store` to a Response of the host. */
export function notStored(response: Response): Response {
  // Copied because the headers of a redirect or a fetched response are immutable.
  const copy = new Response(response.body, response)
  for (const [name, value] of Object.entries(NOT_STORED)) copy.headers.set(name, value)
  return copy
}

/** Converts to a Fetch `Response`; HEAD gets the headers of GET. */
export function toResponse(response: PlainResponse | Response, method = 'GET'): Response {
  if (method === 'HEAD') return new Response(null, response)
  return response instanceof PlainResponse ? new Response(response.body, response) : response
}
