import { emitTo } from '../base/events.ts'
import type { AppGrant } from '../create-app-grant.ts'
import type { RequestFacts } from '../domain/app-authentication.ts'
import { accountApi, type SignIn } from './account-api.ts'
import { authorizeRoutes, type PageOptions } from './authorize.ts'
import { errorAnswer, serverErrorAnswer } from './error-answer.ts'
import { HttpError } from './http-error.ts'
import type { IncomingRequest } from './incoming.ts'
import { introspectRoute } from './introspect.ts'
import { jwksRoute } from './jwks.ts'
import { metadataRoute } from './metadata.ts'
import { revokeRoute } from './revoke.ts'
import { type Call, createRouter, type Found, type Route } from './routes.ts'
import { type Handler, handlerOf, type Serve } from './serve.ts'
import { tokenRoute } from './token.ts'

/** Options of {@link createHandler}. */
export interface HandlerOptions extends PageOptions {
  /**
   * Returns the signed-in account, or the Response that starts sign-in and comes back afterwards. Only path and query of the
   * request's URL are meaningful, and its body must not be read. Default is none: `/authorize` and the JSON API under `/apps`,
   * `/installs` and `/tokens` are not served then.
   */
  readonly signIn?: SignIn
}

/**
 * Creates the endpoints as one function from Request to Response, for any Fetch runtime. They are served under the path of the
 * issuer, except the metadata, whose path is defined by RFC 8414.
 *
 * @throws TypeError if `createAppGrant` was called without an issuer, or if an option is invalid; the message names the option.
 * @see [RFC 8414 - OAuth 2.0 Authorization Server Metadata](https://www.rfc-editor.org/rfc/rfc8414.html#section-3.1)
 * @example
 * ```ts
 * const appgrant = createAppGrant({ store: memoryStore(), issuer: 'https://login.example.com' })
 * const handler = createHandler(appgrant)
 * const response = await handler(new Request('https://login.example.com/.well-known/oauth-authorization-server'))
 * ```
 */
export function createHandler(grants: AppGrant, options: HandlerOptions = {}): Handler {
  const issuer = grants?.issuer
  if (issuer === undefined)
    throw new TypeError(
      'createHandler: issuer: expected createAppGrant to be called with the option issuer, received undefined',
    )
  const find = createRouter(under(issuer, routesOf(grants, issuer, options)))

  const serve: Serve = async (request, { remoteAddress }) => {
    let route: Route | undefined
    try {
      const path = plainPath(request.target)
      const url = path === undefined ? new URL(request.url) : undefined
      const found = find(url?.pathname ?? (path as string))
      if (!found) throw new HttpError(404, 'not_found', 'there is no endpoint at this path')
      route = routeOf(request, found)
      return await route.answer(callOf(request, { path, url, found, remoteAddress }))
    } catch (error) {
      const answer = errorAnswer(error, route?.wire ?? 'oauth')
      if (answer) return answer
      const operation = route ? `${route.method} ${route.path}` : 'routing'
      emitTo(grants.events, 'outage', { code: 'server_error', operation, cause: error })
      return serverErrorAnswer()
    }
  }
  return handlerOf(serve)
}

function routesOf(grants: AppGrant, issuer: string, options: HandlerOptions): readonly Route[] {
  for (const name of ['signIn', 'consentPage', 'errorPage'] as const) {
    const option: unknown = options[name]
    if (option !== undefined && typeof option !== 'function')
      throw new TypeError(`createHandler: ${name}: expected a function, received ${typeof option}`)
  }
  const { signIn, ...pages } = options
  return [
    tokenRoute(grants),
    revokeRoute(grants),
    introspectRoute(grants, issuer),
    metadataRoute(issuer, { asksUsers: signIn !== undefined, hasKeys: grants.jwks !== undefined }),
    ...(grants.jwks ? [jwksRoute(grants.jwks)] : []),
    ...(signIn
      ? [...authorizeRoutes(grants, { ...pages, issuer, signIn }), ...accountApi(grants, { issuer, signIn })]
      : []),
  ]
}

function under(issuer: string, routes: readonly Route[]): readonly Route[] {
  const { pathname } = new URL(issuer)
  const base = pathname === '/' ? '' : pathname
  return routes.map((route) => {
    const path = route.path.startsWith('/.well-known/') ? `${route.path}${base}` : `${base}${route.path}`
    return { ...route, path }
  })
}

function routeOf({ method }: IncomingRequest, { methods }: Found): Route {
  const route = methods.get(method === 'HEAD' ? 'GET' : method)
  if (route) return route
  const names = [...methods.keys()].flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
  throw new HttpError(405, 'invalid_request', 'this method is not allowed for this path', {
    headers: { allow: names.join(', ') },
  })
}

function callOf(
  request: IncomingRequest,
  of: { path: string | undefined; url: URL | undefined; found: Found; remoteAddress: string | undefined },
): Call {
  const { url, found, remoteAddress } = of
  const userAgent = request.headers.get('user-agent')
  const facts: { -readonly [Fact in keyof RequestFacts]: RequestFacts[Fact] } = {}
  if (userAgent !== null) facts.userAgent = userAgent
  if (remoteAddress !== undefined) facts.remoteAddress = remoteAddress
  return new RoutedCall(request, found.params, facts, url)
}

/** The target, if it has no query, dots or escapes: a URL parser would return the same path. */
function plainPath(target: string | undefined): string | undefined {
  return target !== undefined && /^(?:\/[A-Za-z0-9_-]+)+$/.test(target) ? target : undefined
}

class RoutedCall implements Call {
  readonly request: IncomingRequest
  readonly params: Call['params']
  readonly facts: RequestFacts
  #url: URL | undefined

  constructor(request: IncomingRequest, params: Call['params'], facts: RequestFacts, url: URL | undefined) {
    this.request = request
    this.params = params
    this.facts = facts
    this.#url = url
  }
  get search(): string {
    return this.#url?.search ?? ''
  }
  get url(): URL {
    this.#url ??= new URL(this.request.url)
    return this.#url
  }
}
