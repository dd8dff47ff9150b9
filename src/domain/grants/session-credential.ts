import { numberFromBase62 } from '../../credentials/base62.ts'
import type { ParsedToken } from '../../credentials/token-format.ts'

/** The kinds of credential that a session has: each is exchanged for tokens by its grant. */
const KINDS = ['ac', 'rt'] as const

/** A parsed code or refresh token. */
export type Credential = Extract<ParsedToken, { readonly kind: (typeof KINDS)[number] }>

export function isCredential(parsed: ParsedToken | undefined): parsed is Credential {
  return KINDS.some((kind) => kind === parsed?.kind)
}

/** The stage of the session in which it is the current credential. */
export function stageOf({ stage }: Credential): number {
  return numberFromBase62(stage)
}
