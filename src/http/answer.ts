// Pragma is for the HTTP/1.0 caches that RFC 6749 §5.1 has in mind.
const NOT_STORED = { 'cache-control': 'no-store', pragma: 'no-cache' } as const
const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } as const

/** How an answer differs from a 200 that nobody may store. */
export interface AnswerOptions {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A JSON answer that no cache keeps (HTTP-6). */
export function jsonAnswer(body: unknown, { status = 200, headers = {} }: AnswerOptions = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...JSON_HEADERS, ...NOT_STORED, ...headers } })
}

/** A JSON answer that is the same for all: every cache may keep it and every page read it (HTTP-6). */
export function publicAnswer(body: unknown, { maxAgeSeconds }: { readonly maxAgeSeconds: number }): Response {
  const headers = { 'cache-control': `public, max-age=${maxAgeSeconds}`, 'access-control-allow-origin': '*' }
  return new Response(JSON.stringify(body), { headers: { ...JSON_HEADERS, ...headers } })
}

/** An answer without a body that no cache keeps. */
export function emptyAnswer({ status = 200, headers = {} }: AnswerOptions = {}): Response {
  return new Response(null, { status, headers: { ...NOT_STORED, ...headers } })
}

/** The same answer, to be kept by nobody. */
export function notStored(answer: Response): Response {
  return withHeaders(answer, NOT_STORED)
}

/** The same answer with more headers. */
export function withHeaders(answer: Response, headers: Readonly<Record<string, string>>): Response {
  // A copy, because the headers of a redirect, or of an answer that was fetched, cannot be changed.
  const copy = new Response(answer.body, answer)
  for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value)
  return copy
}
