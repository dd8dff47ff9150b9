import { MAX_SIGNED_TOKEN, readJwsHeader, readJwsPayload, splitJws } from './jwt/compact.ts'
import { createTokenFormat, MAX_OPAQUE_TOKEN, type ParsedToken, TOKEN_PREFIX } from './token-format.ts'

/** A parsed credential, and the text whose digest is stored. */
export interface AnyCredential {
  readonly parsed: ParsedToken
  readonly credential: string
}

/**
 * Reads a credential of any node: with any prefix, and embedded in a signed token even if the token has expired or this node has no
 * key for it. It only identifies the records and proves nothing before its digest or tag is compared with them. For revocation,
 * which must not depend on the options and the clock of the node that is asked.
 */
export function readAnyCredential(text: string): AnyCredential | undefined {
  const isSigned = text.includes('.')
  const credential = isSigned ? embeddedIn(text) : text
  if (credential === undefined || credential.length > MAX_OPAQUE_TOKEN) return undefined
  const prefix = credential.slice(0, Math.max(0, credential.indexOf('_')))
  const parsed = TOKEN_PREFIX.test(prefix) ? createTokenFormat(prefix).read(credential) : undefined
  if (!parsed) return undefined
  const isEmbeddedKind = parsed.kind === 'as' || parsed.kind === 'us'
  return isEmbeddedKind === isSigned ? { parsed, credential } : undefined
}

function embeddedIn(text: string): string | undefined {
  const parts = splitJws(text, { maxLength: MAX_SIGNED_TOKEN })
  const ref = parts && readJwsHeader(parts) && readJwsPayload(parts)?.ref
  return typeof ref === 'string' ? ref : undefined
}
