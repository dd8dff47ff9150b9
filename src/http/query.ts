import { invalidRequest } from './http-error.ts'

// Every parameter that an OAuth endpoint reads from a body. In a URL they would end up in logs.
const BODY_ONLY = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
  'token',
  'token_type_hint',
  'access_token',
  'refresh_token',
  'code',
  'code_verifier',
  'redirect_uri',
]

/**
 * Refuses parameters in the URL of an endpoint that takes them in the body (RFC 6749 §2.3.1).
 *
 * @throws HttpError 400
 */
export function assertNoQuery({ searchParams }: URL): void {
  const name = BODY_ONLY.find((one) => searchParams.has(one))
  if (name !== undefined) throw invalidRequest(`${name} belongs in the body`)
}
