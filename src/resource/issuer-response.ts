import { AppGrantError } from '../base/errors.ts'

/** Longer than every expected response. */
export const MAX_BYTES = 256 * 1024

/** Fetches a response with its whole body. Rejects if it is too large or cut short. Redirects are returned, not followed. */
export async function fetchWhole(url: string | URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual' })
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    // Leaving the loop cancels the transfer.
    if (size > MAX_BYTES) throw new Error(`expected a response of at most ${MAX_BYTES} bytes`)
    parts.push(part)
  }
  const hasBody = ![204, 205, 304].includes(response.status) && response.status >= 200
  return new Response(hasBody ? Buffer.concat(parts) : null, { status: response.status, headers: response.headers })
}

/** The issuer did not respond as expected, so the validity of the token is unknown. */
export function issuerUnavailable(cause: unknown, hint: string): AppGrantError<'issuer_unavailable'> {
  const message = 'the service is temporarily unavailable'
  return new AppGrantError('issuer_unavailable', { message, hint, cause })
}

/** A genuine token was issued in the future: one of the two clocks is wrong, so the validity of every token is unknown. */
export function issuerAhead(): AppGrantError<'issuer_unavailable'> {
  const cause = new Error('a token was issued in the future')
  return issuerUnavailable(cause, 'The clock of this machine differs from that of the issuer: synchronize both.')
}
