import type { AppGrant } from '../../create-app-grant.ts'
import type { TokenResponse } from '../../domain/tokens/access-token-issuer.ts'
import { invalidRequest } from '../wire/http-error.ts'
import type { Form } from '../wire/request-body.ts'
import type { FormCall } from './form-endpoint.ts'

/** How one `grant_type` gets its tokens. */
export interface TokenGrant {
  /** The parameters that it requires, and that no other grant accepts. */
  readonly needs: readonly string[]
  readonly issue: (core: AppGrant, call: FormCall) => Promise<TokenResponse>
}

/** The proof of possession in a request. @see RFC 9449 §5 */
export function dpopProofIn({ headers }: Pick<FormCall, 'headers'>): string | undefined {
  return headers.get('dpop') ?? undefined
}

export function required(form: Form, name: string): string {
  const value = form.get(name)
  if (value === undefined) throw invalidRequest(`${name} is missing`)
  return value
}
