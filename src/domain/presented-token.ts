import type { TokenFault } from '../credentials/jwt/claims.ts'
import type { ParsedToken, TokenFormat } from '../credentials/token-format.ts'
import type { SignedTokens } from './signed-tokens.ts'

/** An access token as somebody presents it. */
export interface PresentedToken {
  /** Where its records stand. */
  readonly parsed: AccessTokenParts
  /** What its record knows: an opaque token itself, or what a signed one carries. */
  readonly credential: string
}

/** The parts of an access token of either format. */
export type AccessTokenParts = Extract<ParsedToken, { readonly token: string }>

/** Takes an access token apart, or tells why it is none. A signed one takes time, an opaque one does not. */
export type ReadPresentedToken = (text: string) => PresentedToken | TokenFault | Promise<PresentedToken | TokenFault>

export function createPresentedTokens(
  format: TokenFormat,
  signed: Pick<SignedTokens, 'read'> | undefined,
): ReadPresentedToken {
  return (text) => {
    const parsed = format.read(text)
    if (parsed?.kind === 'at' || parsed?.kind === 'ut') return { parsed, credential: text }
    return !parsed && signed ? carried(signed, text) : 'malformed'
  }

  /** What a signed token carries must be what it says, and no opaque token. */
  async function carried({ read }: Pick<SignedTokens, 'read'>, text: string): Promise<PresentedToken | TokenFault> {
    const inside = await read(text)
    if (typeof inside === 'string') return inside
    const { credential, app, token } = inside
    const parsed = format.read(credential)
    const isCarried = parsed?.kind === 'as' || parsed?.kind === 'us'
    return isCarried && parsed.app === app && parsed.token === token ? { parsed, credential } : 'unknown'
  }
}
