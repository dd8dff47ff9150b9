import { unknownMembers } from '../../base/known-members.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import { meetsNeeds } from '../../domain/input/user-authentication.ts'
import { HttpError, invalidRequest } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { readJson } from '../wire/request-body.ts'
import { emptyResponse, jsonResponse, notStored, type PlainResponse } from '../wire/response.ts'
import type { Route, RouteCall } from '../wire/router.ts'
import { reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, type SignIn } from '../wire/sign-in.ts'
import { createApiOrigins } from './api-origins.ts'
import type { ApiCall, ApiRoute } from './api-route.ts'
import { appRoutes } from './app-routes.ts'
import { installRoutes } from './install-routes.ts'
import { openApi } from './openapi.ts'
import { membersOf, type SchemaName } from './schemas.ts'
import { tokenRoutes } from './token-routes.ts'

/** The JSON API for signed-in accounts, and its OpenAPI description. */
export function accountApi(
  core: AppGrant,
  {
    issuer,
    signIn,
    origins,
    freshSignInSeconds: maxAgeSeconds,
  }: {
    readonly issuer: string
    readonly signIn: SignIn
    readonly origins: readonly string[]
    readonly freshSignInSeconds: number | undefined
  },
): readonly Route[] {
  const pages = createApiOrigins(issuer, origins)
  const routes = [...appRoutes, ...installRoutes, ...tokenRoutes]

  async function respond(
    route: ApiRoute,
    { request, url, params, context }: RouteCall,
  ): Promise<PlainResponse | Response> {
    const changes = route.method !== 'GET'
    if (changes) reportingCrossSite(core.events, context, () => pages.assertMayChange(request))
    const signedIn = await askSignIn(signIn, request.toRequest())
    if (!('account' in signedIn)) return notStored(signedIn)
    const { account, login } = signedIn
    const management = core.as(account, { ...context, login })
    const query = readQuery(url)
    const body = changes ? await readBody(request, route.body ?? 'Empty') : {}
    const isFresh = maxAgeSeconds === undefined || meetsNeeds({ maxAgeSeconds }, signedIn, Date.now())
    if (!isFresh && route.isRisky?.(body)) throw staleSignIn(maxAgeSeconds)
    const result = await route.run({ account, management, params, query, body })
    return route.result ? jsonResponse(result, { status: route.status }) : emptyResponse({ status: route.status })
  }

  const description = openApi(issuer, routes)
  const paths = pages.areNamed ? new Set(routes.map(({ path }) => path)) : []
  return [
    ...routes.map((route): Route => {
      const { method, path } = route
      return {
        method,
        path,
        errorFormat: 'api',
        respond: (call) => pages.respondTo(call.request, () => respond(route, call)),
      }
    }),
    ...Array.from(paths, (path): Route => {
      const methods = routes.filter((route) => route.path === path).map(({ method }) => method)
      const respond: Route['respond'] = async ({ request }) => pages.preflight(request, methods)
      return { method: 'OPTIONS', path, errorFormat: 'api', respond }
    }),
    { method: 'GET', path: '/openapi.json', errorFormat: 'api', respond: async () => jsonResponse(description) },
  ]
}

/** @see RFC 9470 §3 */
function staleSignIn(maxAgeSeconds: number): HttpError {
  const code = 'insufficient_user_authentication'
  const description = 'this operation needs a recent sign-in: sign in again and repeat it'
  const challenge = `Bearer error="${code}", error_description="${description}", max_age="${maxAgeSeconds}"`
  return new HttpError(401, code, description, { headers: { 'www-authenticate': challenge } })
}

/** A misspelt member would otherwise count as absent (ERR-6). */
async function readBody(request: IncomingRequest, schema: SchemaName): Promise<ApiCall['body']> {
  const body = await readJson(request)
  const [unknown] = unknownMembers(body, membersOf(schema))
  if (unknown) throw invalidRequest(`${unknown.name}: unknown member, expected ${unknown.expected}`)
  return body
}

/** An empty parameter counts as absent, a repeated one is rejected, an unknown one is ignored (HTTP-5). */
function readQuery({ searchParams }: URL): Readonly<Record<string, string>> {
  const query = new Map<string, string>()
  for (const [name, value] of searchParams) {
    if (query.has(name)) throw invalidRequest('a parameter is repeated')
    query.set(name, value)
  }
  return Object.fromEntries([...query].filter(([, value]) => value !== ''))
}
