import { AppGrantError } from '../base/errors.ts'

/** Longer than any answer that is expected. */
const MAX_BYTES = 256 * 1024

/** An HTTP answer that came whole, in time and within its size. It rejects for any other. Redirects are answers: they are not followed. */
export async function fetchWhole(url: string | URL, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'manual' })
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body ?? []) {
    size += part.byteLength
    // Leaving the loop ends the transfer.
    if (size > MAX_BYTES) throw new Error(`an answer of more than ${MAX_BYTES} bytes`)
    parts.push(part)
  }
  const hasBody = ![204, 205, 304].includes(answer.status) && answer.status >= 200
  return new Response(hasBody ? Buffer.concat(parts) : null, { status: answer.status, headers: answer.headers })
}

/** The issuer did not answer as it should: whether a token is good is not known. */
export function issuerUnavailable(cause: unknown, hint: string): AppGrantError<'issuer_unavailable'> {
  const message = 'the service is temporarily unavailable'
  return new AppGrantError('issuer_unavailable', {}, { message, hint, cause })
}
