// Pragma is for the HTTP/1.0 caches that RFC 6749 §5.1 has in mind.
const NOT_STORED = { 'cache-control': 'no-store', pragma: 'no-cache' } as const
const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } as const
const JSON_NOT_STORED = { ...JSON_HEADERS, ...NOT_STORED } as const

type HeaderFields = Readonly<Record<string, string>>

/** An answer that is none of any server yet. */
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

/** How an answer differs from a 200 that nobody may store. */
export interface AnswerOptions {
  readonly status?: number
  readonly headers?: HeaderFields
}

/** A JSON answer that no cache keeps (HTTP-6). */
export function jsonAnswer(body: unknown, { status = 200, headers }: AnswerOptions = {}): Answer {
  return new Answer(status, headers ? { ...JSON_NOT_STORED, ...headers } : JSON_NOT_STORED, JSON.stringify(body))
}

/** A JSON answer that is the same for all: every cache may keep it and every page read it (HTTP-6). */
export function publicAnswer(body: unknown, { maxAgeSeconds }: { readonly maxAgeSeconds: number }): Answer {
  const headers = { 'cache-control': `public, max-age=${maxAgeSeconds}`, 'access-control-allow-origin': '*' }
  return new Answer(200, { ...JSON_HEADERS, ...headers }, JSON.stringify(body))
}

/** An answer without a body that no cache keeps. */
export function emptyAnswer({ status = 200, headers }: AnswerOptions = {}): Answer {
  return new Answer(status, { ...NOT_STORED, ...headers }, null)
}

/** The same answer with more headers. */
export function withHeaders({ body, status, headers }: Answer, more: HeaderFields): Answer {
  return new Answer(status, { ...headers, ...more }, body)
}

/** A Response of the host's, to be kept by nobody. */
export function notStored(response: Response): Response {
  // A copy, because the headers of a redirect, or of an answer that was fetched, cannot be changed.
  const copy = new Response(response.body, response)
  for (const [name, value] of Object.entries(NOT_STORED)) copy.headers.set(name, value)
  return copy
}

/** An answer of Fetch. That to HEAD is the one to GET, whose body is left out. */
export function toResponse(answer: Answer | Response, method = 'GET'): Response {
  if (method === 'HEAD') return new Response(null, answer)
  return answer instanceof Answer ? new Response(answer.body, answer) : answer
}
