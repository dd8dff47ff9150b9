import { futureRecord, MAX_CLOCK_DIFFERENCE_MS } from '../../base/clock-difference.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { once } from '../../base/once.ts'
import type { TokenFault } from '../../credentials/jwt/claims.ts'
import { ACCESS_TOKEN_TYPE, FEED_TYPE, type Members, type SignedType } from '../../credentials/jwt/compact.ts'
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
   * Returns a signed token with the credential embedded and, if there is a revocation feed, with the names of what it depends on.
   *
   * @throws {@link AppGrantError} `signing_unavailable`, `claims_unavailable`
   */
  write(credential: string, token: ClaimedToken, stamps: () => readonly string[]): Promise<string>
  /** Returns the embedded credential if form, signature and claims are valid, or else what is wrong. */
  read(text: string): Promise<CarriedCredential | TokenFault>
  jwks(): Promise<JwkSet>
  /** Returns a part of the revocation feed, signed. @throws {@link AppGrantError} `signing_unavailable` */
  writeFeed(members: Members): Promise<string>
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
    readonly hasFeed: boolean
  },
): SignedTokens {
  const { issuer, audience, timeoutMs, clock, events, hostClaims, hasFeed } = parts
  // jose is loaded only if keys are configured, when it is first needed.
  const format = once(async () => {
    const { loadSignedFormat } = await import('../../credentials/jwt/signed-format.ts')
    return loadSignedFormat(signing, { timeoutMs })
  })

  return {
    async write(ref, token, stamps) {
      const added = await hostClaims?.(accessOfToken(token))
      return sign(
        { ...added, ...tokenClaims(token, issuer), ref, ...(hasFeed && { stamps: stamps() }) },
        ACCESS_TOKEN_TYPE,
      )
    },
    writeFeed: (members) => sign({ ...members, iss: issuer }, FEED_TYPE),
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

  async function sign(members: Members, type: SignedType): Promise<string> {
    try {
      return await (await format()).sign(members, type)
    } catch (cause) {
      const code = 'signing_unavailable'
      events.emit('outage', {}, { code, operation: 'sign', cause })
      const message = 'the service is temporarily unavailable'
      const hint = 'signing.current did not sign, or not with the published key. No token was issued. See the cause.'
      throw new AppGrantError(code, { message, hint, cause })
    }
  }
}
