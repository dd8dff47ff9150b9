import type { AppGrant } from '../create-app-grant.ts'
import type { AppCredentials, RequestFacts } from '../domain/app-authentication.ts'
import { type Answer, withHeaders } from './answer.ts'
import { clientCredentials } from './client-credentials.ts'
import { corsHeaders } from './cors.ts'
import { errorAnswer } from './error-answer.ts'
import { invalidRequest } from './http-error.ts'
import { type Form, readForm } from './request-body.ts'
import type { Route } from './routes.ts'

/** A parsed request of an app. */
export interface FormCall {
  readonly form: Form
  /** The credentials in the request, not yet verified. */
  readonly client: AppCredentials
  readonly facts: RequestFacts
}

export interface FormEndpoint {
  readonly path: string
  /** Whether browser pages of public apps may read the responses (HTTP-6). */
  readonly isForPages: boolean
  /** The one parameter that may be repeated. Default is none. */
  readonly list?: string
  readonly answer: (call: FormCall) => Promise<Answer>
}

// The parameters of these endpoints. In a URL, they would end up in logs.
const BODY_ONLY = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
  'token',
  'token_type_hint',
  'refresh_token',
  'code',
  'code_verifier',
  'redirect_uri',
  'resource',
]

/** The route of an endpoint for form POSTs. It accepts parameters in the body only (RFC 6749 §2.3.1). */
export function formRoute(grants: AppGrant, endpoint: FormEndpoint): Route {
  return {
    method: 'POST',
    path: endpoint.path,
    wire: 'oauth',
    async answer(call) {
      const { request, facts } = call
      const misplaced = call.search === '' ? undefined : BODY_ONLY.find((name) => call.url.searchParams.has(name))
      if (misplaced !== undefined) throw invalidRequest(`${misplaced} must be sent in the request body, not in the URL`)
      const form = await readForm(request, endpoint.list)
      const act = async () => endpoint.answer({ form, client: clientCredentials(request, form), facts })
      const headers =
        endpoint.isForPages && request.headers.has('origin') ? await corsHeaders(grants, request, form) : undefined
      if (!headers) return act()
      try {
        return withHeaders(await act(), headers)
      } catch (error) {
        const refusal = errorAnswer(error, 'oauth')
        if (!refusal) throw error
        return withHeaders(refusal, headers)
      }
    },
  }
}
