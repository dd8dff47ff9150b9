import type { AppGrant } from '../../create-app-grant.ts'
import { parseScope } from '../../domain/input/parse-scope.ts'
import type { TokenResponse } from '../../domain/tokens/access-token-issuer.ts'
import { HttpError, invalidRequest } from '../wire/http-error.ts'
import type { Form } from '../wire/request-body.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { asConfidential } from './client-authentication.ts'
import { type FormCall, formRoute } from './form-endpoint.ts'

/** How one `grant_type` gets its tokens. */
interface Grant {
  readonly needs: readonly string[]
  readonly issue: (core: AppGrant, call: FormCall) => Promise<TokenResponse>
}

const GRANTS: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  [
    'client_credentials',
    {
      needs: [],
      issue: ({ authorizer }, { form, client, context }) =>
        authorizer.clientCredentials({
          ...context,
          ...asConfidential(client),
          scope: parseScope(form.get('scope')),
          resources: resourcesOf(form),
        }),
    },
  ],
  [
    'authorization_code',
    {
      needs: ['code', 'redirect_uri', 'code_verifier'],
      issue: ({ authorizer }, { form, client, context }) =>
        authorizer.exchangeCode({
          ...context,
          ...client,
          code: required(form, 'code'),
          redirectUrl: required(form, 'redirect_uri'),
          codeVerifier: required(form, 'code_verifier'),
          resources: resourcesOf(form),
        }),
    },
  ],
  [
    'refresh_token',
    {
      needs: ['refresh_token'],
      issue: ({ authorizer }, { form, client, context }) =>
        authorizer.refresh({
          ...context,
          ...client,
          refreshToken: required(form, 'refresh_token'),
          scope: parseScope(form.get('scope')),
          resources: resourcesOf(form),
        }),
    },
  ],
])

/** The parameters that only one grant type accepts. */
const OF_ONE_GRANT = [...GRANTS.values()].flatMap(({ needs }) => needs)

export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()]

/**
 * POST /token: issues tokens.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2)
 */
export function tokenRoute(core: AppGrant): Route {
  return formRoute(core, {
    path: '/token',
    isForPages: true,
    list: 'resource',
    async respond(call) {
      const type = call.form.get('grant_type')
      if (type === undefined) throw invalidRequest('grant_type is missing')
      const grant = GRANTS.get(type)
      if (!grant) throw new HttpError(400, 'unsupported_grant_type', 'this grant_type is not supported')
      assertOwnParameters(grant, call.form)
      return jsonResponse(wireToken(await grant.issue(core, call)))
    },
  })
}

/** Rejects parameters of another grant before anything is consumed. */
function assertOwnParameters({ needs }: Grant, form: Form): void {
  // A form with nothing but grant_type needs no search.
  const foreign = form.size === 1 ? undefined : OF_ONE_GRANT.find((name) => form.has(name) && !needs.includes(name))
  if (foreign !== undefined) throw invalidRequest(`${foreign} is not a parameter of this grant_type`)
}

function required(form: Form, name: string): string {
  const value = form.get(name)
  if (value === undefined) throw invalidRequest(`${name} is missing`)
  return value
}

/** @see RFC 8707 §2.2 */
function resourcesOf(form: Form): readonly string[] | undefined {
  return form.get('resource')?.split(' ').filter(Boolean)
}

function wireToken({ accessToken, expiresInSeconds, scope, refreshToken }: TokenResponse): Record<string, unknown> {
  const token: Record<string, unknown> = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
  }
  if (refreshToken !== undefined) token.refresh_token = refreshToken
  if (scope.length > 0) token.scope = scope.join(' ')
  return token
}
