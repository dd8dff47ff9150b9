import type { TokenFault } from '../../credentials/jwt/claims.ts'
import type { ParsedToken, TokenFormat } from '../../credentials/token-format.ts'
import type { SignedTokens } from './signed-tokens.ts'

/** A parsed access token. */
export interface PresentedToken {
  /** Identifies its records. */
  readonly parsed: AccessTokenParts
  /** The text whose digest is stored: an opaque token itself, or the credential embedded in a signed one. */
  readonly credential: string
}

/** The parts of an access token of either format. */
export type AccessTokenParts = Extract<ParsedToken, { readonly token: string }>

/** Parses an access token, or returns why it is invalid. Asynchronous only for signed tokens. */
export type ReadToken = (text: string) => PresentedToken | TokenFault | Promise<PresentedToken | TokenFault>

export function createTokenReader(format: TokenFormat, signed: Pick<SignedTokens, 'read'> | undefined): ReadToken {
  return (text) => {
    const parsed = format.read(text)
    if (parsed?.kind === 'at' || parsed?.kind === 'ut') return { parsed, credential: text }
    return !parsed && signed ? readSigned(signed, text) : 'malformed'
  }

  /** The embedded credential must match the claims and must not be an opaque token. */
  async function readSigned({ read }: Pick<SignedTokens, 'read'>, text: string): Promise<PresentedToken | TokenFault> {
    const inside = await read(text)
    if (typeof inside === 'string') return inside
    const { credential, app, token } = inside
    const parsed = format.read(credential)
    const isSignedKind = parsed?.kind === 'as' || parsed?.kind === 'us'
    return isSignedKind && parsed.app === app && parsed.token === token ? { parsed, credential } : 'unknown'
  }
}
