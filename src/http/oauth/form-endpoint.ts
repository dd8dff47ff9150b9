import type { AppGrant } from '../../create-app-grant.ts'
import type { AppCredentials, RequestContext } from '../../domain/apps/authenticate-app.ts'
import { errorResponse } from '../wire/error-response.ts'
import { invalidRequest } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { type Form, readForm } from '../wire/request-body.ts'
import { type PlainResponse, withHeaders } from '../wire/response.ts'
import type { Route, RouteCall } from '../wire/router.ts'
import { readClientAuthentication } from './client-authentication.ts'
import { corsHeaders } from './cors.ts'

/** A parsed request of an app. */
export interface FormCall {
  readonly form: Form
  /** The credentials in the request, not yet verified. */
  readonly client: AppCredentials
  readonly context: RequestContext
  readonly headers: IncomingRequest['headers']
}

export interface FormEndpoint {
  readonly path: string
  /** Whether browser pages of public apps may read the responses (HTTP-6). */
  readonly isForPages: boolean
  /** The one parameter that may be repeated. Default is none. */
  readonly list?: string
  readonly respond: (call: FormCall) => Promise<PlainResponse>
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
  'device_code',
  'redirect_uri',
  'resource',
]

/** @throws HttpError 400 if a parameter that belongs in the body is in the URL. */
export function assertInBody({ search, url }: Pick<RouteCall, 'search' | 'url'>): void {
  const misplaced = search === '' ? undefined : BODY_ONLY.find((name) => url.searchParams.has(name))
  if (misplaced !== undefined) throw invalidRequest(`${misplaced} must be sent in the request body, not in the URL`)
}

/** The route of an endpoint for form POSTs. It accepts parameters in the body only (RFC 6749 §2.3.1). */
export function formRoute(core: AppGrant, endpoint: FormEndpoint): Route {
  return {
    method: 'POST',
    path: endpoint.path,
    errorFormat: 'oauth',
    async respond(call) {
      const { request, context } = call
      assertInBody(call)
      const form = await readForm(request, endpoint.list)
      const client = readClientAuthentication(request, form)
      const respond = async () => endpoint.respond({ form, client, context, headers: request.headers })
      const headers =
        endpoint.isForPages && request.headers.has('origin')
          ? await corsHeaders(core, request, { client, form })
          : undefined
      if (!headers) return respond()
      try {
        return withHeaders(await respond(), headers)
      } catch (error) {
        const refusal = errorResponse(error, 'oauth', request.headers)
        if (!refusal) throw error
        return withHeaders(refusal, headers)
      }
    },
  }
}
