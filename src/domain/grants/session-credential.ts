import { numberFromBase62 } from '../../credentials/base62.ts'
import type { ParsedToken, TokenFields } from '../../credentials/token-format.ts'

/** The kinds of credential that say which session they are of. */
const KINDS = ['ac', 'rt'] as const

type ParsedCredential = Extract<ParsedToken, { readonly kind: (typeof KINDS)[number] }>

/** What is exchanged for the tokens of a session by its grant: a code, a refresh token, or a device code whose session was found. */
export type Credential = ParsedCredential | ({ readonly kind: 'dc' } & TokenFields<'ac'>)

export function isCredential(parsed: ParsedToken | undefined): parsed is ParsedCredential {
  return KINDS.some((kind) => kind === parsed?.kind)
}

/** The stage of the session in which it is the current credential. */
export function stageOf({ stage }: Credential): number {
  return numberFromBase62(stage)
}
