// RFC 6749 §5.1 requires Pragma too, for HTTP/1.0 caches.
const NOT_STORED = { 'cache-control': 'no-store', pragma: 'no-cache' } as const
const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } as const
const JSON_NOT_STORED = { ...JSON_HEADERS, ...NOT_STORED } as const

type HeaderFields = Readonly<Record<string, string>>

/** A response, independent of any server. */
export class Answer {
  readonly status: number
  readonly headers: HeaderFields
  readonly body: string | null

  constructor(status: number, headers: HeaderFields, body: string | null) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

export interface AnswerOptions {
  readonly status?: number
  readonly headers?: HeaderFields
}

/** A JSON response with `no-store` (HTTP-6). */
export function jsonAnswer(body: unknown, { status = 200, headers }: AnswerOptions = {}): Answer {
  return new Answer(status, headers ? { ...JSON_NOT_STORED, ...headers } : JSON_NOT_STORED, JSON.stringify(body))
}

/** A JSON response that is the same for everyone: caches may store it, and pages of every origin may read it (HTTP-6). */
export function publicAnswer(body: unknown, { maxAgeSeconds }: { readonly maxAgeSeconds: number }): Answer {
  const headers = { 'cache-control': `public, max-age=${maxAgeSeconds}`, 'access-control-allow-origin': '*' }
  return new Answer(200, { ...JSON_HEADERS, ...headers }, JSON.stringify(body))
}

/** A response without a body, with `no-store`. */
export function emptyAnswer({ status = 200, headers }: AnswerOptions = {}): Answer {
  return new Answer(status, { ...NOT_STORED, ...headers }, null)
}

export function withHeaders({ body, status, headers }: Answer, more: HeaderFields): Answer {
  return new Answer(status, { ...headers, ...more }, body)
}

/** Adds `no-store` to a Response of the host. */
export function notStored(response: Response): Response {
  // Copied because the headers of a redirect or a fetched response are immutable.
  const copy = new Response(response.body, response)
  for (const [name, value] of Object.entries(NOT_STORED)) copy.headers.set(name, value)
  return copy
}

/** Converts to a Fetch `Response`; HEAD gets the headers of GET. */
export function toResponse(answer: Answer | Response, method = 'GET'): Response {
  if (method === 'HEAD') return new Response(null, answer)
  return answer instanceof Answer ? new Response(answer.body, answer) : answer
}
