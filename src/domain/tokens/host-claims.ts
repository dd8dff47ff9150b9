import { createDeadline } from '../../base/deadline.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import { type Claims, RESERVED_CLAIMS } from '../../credentials/jwt/claims.ts'
import type { Access } from './verification.ts'

/** The size of all claims of one access, as JSON in UTF-8. */
const MAX_BYTES = 4096

/** Returns the claims that the host adds for an access, which is its own copy; undefined for none. */
export type ClaimsFunction = (access: Access) => Claims | undefined | Promise<Claims | undefined>

/** Asks the host for the claims of an access, with a deadline. @throws {@link AppGrantError} `claims_unavailable` */
export type HostClaims = (access: Access) => Promise<Claims>

export function createHostClaims(
  claims: ClaimsFunction,
  { timeoutMs, events }: { readonly timeoutMs: number; readonly events: Emitter },
): HostClaims {
  const withinDeadline = createDeadline(timeoutMs)
  return (access) => withinDeadline(async () => plainClaims(await askHost(access)), outage)

  async function askHost(access: Access): Promise<unknown> {
    try {
      return await claims(structuredClone(access))
    } catch (error) {
      throw sanitizeError(error)
    }
  }

  function outage(cause: unknown): AppGrantError {
    const code = 'claims_unavailable'
    events.emit('outage', {}, { code, operation: 'claims', cause })
    const message = 'the service is temporarily unavailable'
    const hint =
      'The option claims failed, timed out or returned what a token cannot contain. Nothing was issued. See the cause.'
    return new AppGrantError(code, { message, hint, cause })
  }
}

/** A copy through JSON, so that what is checked is what is sent. No value is shown in an error. */
function plainClaims(returned: unknown): Claims {
  if (returned === undefined) return {}
  const text = JSON.stringify(returned)
  const claims: unknown = text === undefined ? undefined : JSON.parse(text)
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new TypeError('claims: expected an object or undefined')
  const reserved = Object.keys(claims).find((name) => RESERVED_CLAIMS.has(name))
  if (reserved !== undefined) throw new TypeError(`claims: ${reserved} is reserved: use another name`)
  if (Buffer.byteLength(text) > MAX_BYTES) throw new TypeError(`claims: expected at most ${MAX_BYTES} bytes of JSON`)
  return claims as Claims
}
