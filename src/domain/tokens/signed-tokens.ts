import { futureRecord, MAX_CLOCK_DIFFERENCE_MS } from '../../base/clock-difference.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { once } from '../../base/once.ts'
import type { TokenFault } from '../../credentials/jwt/claims.ts'
import type { JwkSet } from '../../credentials/jwt/signed-format.ts'
import type { CheckedSigning } from '../../credentials/jwt/signing-keys.ts'
import type { HostClaims } from './host-claims.ts'
import { accessOfToken, type ClaimedToken, tokenClaims } from './token-claims.ts'

/** The credential that is embedded in a signed access token, and the ids in the claims. */
export interface CarriedCredential {
  readonly credential: string
  readonly app: string
  readonly token: string
}

/** The signed format of access tokens. It only embeds the credential of the stored record, which decides as for opaque tokens. */
export interface SignedTokens {
  /**
   * Returns a signed token with the credential embedded.
   *
   * @throws {@link AppGrantError} `signing_unavailable`, `claims_unavailable`
   */
  write(credential: string, token: ClaimedToken): Promise<string>
  /** Returns the embedded credential if form, signature and claims are valid, or else what is wrong. */
  read(text: string): Promise<CarriedCredential | TokenFault>
  jwks(): Promise<JwkSet>
}

export function createSignedTokens(
  signing: CheckedSigning,
  parts: {
    readonly issuer: string
    readonly audience: readonly string[]
    readonly timeoutMs: number
    readonly clock: () => number
    readonly events: Emitter
    /** Undefined if the host adds no claims. */
    readonly hostClaims: HostClaims | undefined
  },
): SignedTokens {
  const { issuer, audience, timeoutMs, clock, events, hostClaims } = parts
  // jose is loaded only if keys are configured, when it is first needed.
  const format = once(async () => {
    const { loadSignedFormat } = await import('../../credentials/jwt/signed-format.ts')
    return loadSignedFormat(signing, { timeoutMs })
  })

  return {
    async write(ref, token) {
      const added = await hostClaims?.(accessOfToken(token))
      try {
        return await (await format()).sign({ ...added, ...tokenClaims(token, issuer), ref })
      } catch (cause) {
        const code = 'signing_unavailable'
        events.emit('outage', {}, { code, operation: 'sign', cause })
        const message = 'the service is temporarily unavailable'
        const hint = 'signing.current did not sign, or not with the published key. No token was issued. See the cause.'
        throw new AppGrantError(code, { message, hint, cause })
      }
    },
    async read(text) {
      // The tolerance also covers the rounding of a token's times to seconds.
      const rules = { issuer, audience, now: clock(), toleranceMs: MAX_CLOCK_DIFFERENCE_MS }
      const claims = await (await format()).read(text, rules)
      if (claims === 'early') throw futureRecord('verify', MAX_CLOCK_DIFFERENCE_MS, events)
      if (typeof claims === 'string') return claims
      const { ref: credential = '', client_id: id, client_key: app = id, jti: token } = claims
      return { credential, app, token }
    },
    jwks: async () => (await format()).jwks,
  }
}
