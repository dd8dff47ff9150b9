import { invalidOption } from '../base/errors.ts'
import { emitTo } from '../base/events.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'
import type { AppGrant } from '../create-app-grant.ts'
import { areAcrValues, isSignInAge, SIGN_IN_AGE } from '../domain/input/user-authentication.ts'
import { checkTexts } from '../frame/languages.ts'
import { checkTheme } from '../frame/theme.ts'
import { accountApi } from './api/account-api.ts'
import { deviceAuthorizationRoute } from './oauth/device-authorization.ts'
import { introspectRoute } from './oauth/introspect.ts'
import { jwksRoute } from './oauth/jwks.ts'
import { leakedRoute } from './oauth/leaked.ts'
import { metadataRoute } from './oauth/metadata.ts'
import { parRoute } from './oauth/par.ts'
import { registerRoute } from './oauth/register.ts'
import { registerAppTokenRoute } from './oauth/register-app-token.ts'
import { type ResourceDescription, resourceMetadataRoutes } from './oauth/resource-metadata.ts'
import { revocationsRoute } from './oauth/revocations.ts'
import { revokeRoute } from './oauth/revoke.ts'
import { checkLeakReports, type LeakReportOptions } from './oauth/scanner-signature.ts'
import { tokenRoute } from './oauth/token.ts'
import { authorizeRoutes } from './pages/authorize.ts'
import type { PageOptions } from './pages/decision-page.ts'
import { deviceRoutes } from './pages/device.ts'
import { registerAppRoutes } from './pages/register-app.ts'
import { PAGE_TEXTS } from './pages/texts.ts'
import { basePathOf } from './wire/base-path.ts'
import { callOf, notFound, routeOf } from './wire/call.ts'
import { errorResponse, serverErrorResponse } from './wire/error-response.ts'
import { createMisplacement } from './wire/misplaced.ts'
import { isLeadingPath, pathOf, withPrefix } from './wire/path.ts'
import { withPreflight } from './wire/preflight.ts'
import { BodyWasReadError } from './wire/request-body.ts'
import { createRouter, type Route } from './wire/router.ts'
import { type Handler, handlerOf, type Serve } from './wire/serve.ts'
import type { SignIn } from './wire/sign-in.ts'

/** Options of {@link createHandler}. */
export interface HandlerOptions extends PageOptions {
  /**
   * Returns the signed-in account, or the Response that starts sign-in and comes back afterwards. Only path and query of the
   * request's URL are meaningful, and its body must not be read. Default is none: `/authorize` and the JSON API under `/apps`,
   * `/installs` and `/tokens` are not served then.
   */
  readonly signIn?: SignIn | undefined
  /**
   * Whether the JSON API is served too, if there is a `signIn`. Default is true. False leaves `/authorize` and the endpoints for
   * apps.
   */
  readonly api?: boolean | undefined
  /**
   * Whether apps may send users to `/register-app` to have themselves registered: the signed-in account sees what the app says of
   * itself, and owns the app once it has pressed Register. Requires `signIn`. Who may register apps is decided by `mayRegisterApps` of
   * the directory. Default is false.
   *
   * WARNING: anyone can ask any signed-in user to register an app. Without a directory, every account may.
   */
  readonly browserRegistration?: boolean | undefined
  /**
   * Origins of the host, at most 100, whose pages may use the JSON API with the user's credentials besides those of the issuer, such
   * as `https://console.example`. They may read every response, and change what the signed-in account may change. Default is none:
   * the API has no CORS headers.
   *
   * WARNING: any page of such an origin acts as the signed-in user. Name only origins whose every page is the host's.
   *
   * @see [Fetch - CORS protocol and credentials](https://fetch.spec.whatwg.org/#cors-protocol-and-credentials)
   */
  readonly origins?: readonly string[] | undefined
  /**
   * The resources whose metadata is served here too, at `/.well-known/oauth-protected-resource` followed by their path, for services
   * in the same process: each is one of the option `resources` of `createAppGrant`. Clients find the issuer and the scopes by it, and
   * `protect` points them to it with the option `metadata`. Default is none.
   *
   * @see [RFC 9728 - OAuth 2.0 Protected Resource Metadata](https://www.rfc-editor.org/rfc/rfc9728.html#section-3)
   */
  readonly resourceMetadata?: readonly ResourceDescription[] | undefined
  /**
   * Serves `/leaked`, where anyone who has found a credential gets it revoked, in the format of GitHub's secret scanning partner
   * program: `{}`, or with the keys of the scanner, which then gets labels. Default is none: the endpoint is not served.
   */
  readonly leakReports?: LeakReportOptions | undefined
  /**
   * How long ago the account may have signed in, in whole seconds, 60–31 536 000, for the operations of the JSON API that give more
   * rights than there were: new secrets and keys, changed redirect URLs, trust. After that they are a 401
   * `insufficient_user_authentication`, until `signIn` returns a later `authenticatedAt`; without one, always. Default is no limit.
   * Operations that revoke never need a fresh sign-in. The console has the same option.
   *
   * @see [RFC 9470 - OAuth 2.0 Step Up Authentication Challenge Protocol](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
   */
  readonly freshSignInSeconds?: number | undefined
  /**
   * The values of `acr` that `signIn` can return, at most 20, such as `['mfa']`: the metadata names them as `acr_values_supported`, so
   * that apps know which they can ask for. Default is none, which says nothing about them.
   *
   * @see [RFC 9470 - OAuth 2.0 Step Up Authentication Challenge Protocol](https://www.rfc-editor.org/rfc/rfc9470.html#section-7)
   */
  readonly acrValues?: readonly string[] | undefined
  /**
   * What a proxy, or the `mount()` of a framework, removes from the path before a request gets here: the path of the issuer, or whole
   * segments that it begins with, such as `/oauth`. The metadata must be passed on unchanged. Default is none: paths are matched as
   * they came, and one that a URL parser would change is a 404.
   */
  readonly strippedPrefix?: string | undefined
}

const WELL_KNOWN = '/.well-known/'

const OPTIONS = knownMembers<HandlerOptions>({
  signIn: true,
  api: true,
  browserRegistration: true,
  origins: true,
  freshSignInSeconds: true,
  acrValues: true,
  resourceMetadata: true,
  leakReports: true,
  strippedPrefix: true,
  consentPage: true,
  errorPage: true,
  theme: true,
  texts: true,
})

/**
 * Creates the endpoints as one function from Request to Response, for any Fetch runtime. They are served under the path of the
 * issuer; the metadata also where RFC 8414 defines it.
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
export function createHandler(appgrant: AppGrant, options: HandlerOptions = {}): Handler {
  const issuer = appgrant?.issuer
  if (issuer === undefined)
    throw invalidOption('createHandler', 'issuer', 'createAppGrant to be called with the option issuer', issuer)
  assertOptions('createHandler', options, OPTIONS)
  const prefix = prefixOf(options.strippedPrefix, issuer)
  const routes = routesOf(appgrant, issuer, options)
  const { resources, scopes } = appgrant
  const platform = { issuer, resources, scopes: scopes.map(({ name }) => name) }
  const find = createRouter([...under(issuer, routes), ...resourceMetadataRoutes(options.resourceMetadata, platform)])
  const misplacement = createMisplacement(
    issuer,
    routes.map((route) => route.path),
    options.signIn ? [] : unservedPaths(appgrant),
  )

  const serve: Serve = async (received, { remoteAddress }) => {
    let route: Route | undefined
    try {
      const path = pathOf(received)
      const atPrefix = path === undefined ? undefined : find(prefix + path)
      // No proxy strips a prefix from the path that RFC 8414 defines.
      const found = atPrefix ?? (path?.startsWith(WELL_KNOWN) ? find(path) : undefined)
      if (!found) {
        if (path !== undefined) misplacement.missed(path)
        throw notFound()
      }
      if (atPrefix) misplacement.found()
      route = routeOf(received, found)
      const request = prefix === '' ? received : withPrefix(received, prefix)
      return await route.respond(callOf(request, found, remoteAddress))
    } catch (error) {
      const response = errorResponse(error, route?.errorFormat ?? 'oauth', received.headers)
      if (response) return response
      const operation = route ? `${route.method} ${route.path}` : 'routing'
      if (error instanceof BodyWasReadError) misplacement.parsed(operation)
      emitTo(appgrant.events, 'outage', { code: 'server_error', operation, cause: error })
      return serverErrorResponse()
    }
  }
  return handlerOf(serve)
}

export function routesOf(core: AppGrant, issuer: string, options: HandlerOptions): readonly Route[] {
  for (const name of ['signIn', 'consentPage', 'errorPage'] as const) {
    const option: unknown = options[name]
    if (option !== undefined && typeof option !== 'function')
      throw invalidOption('createHandler', name, 'a function', option)
  }
  checkTheme('createHandler', options.theme ?? {})
  checkTexts('createHandler', options.texts ?? {}, PAGE_TEXTS.en)
  const { signIn, api = true, browserRegistration = false, origins = [], leakReports, ...more } = options
  const { strippedPrefix: _, resourceMetadata: _metadata, freshSignInSeconds, acrValues = [], ...pages } = more
  if (typeof api !== 'boolean') throw invalidOption('createHandler', 'api', 'true or false', api)
  if (typeof browserRegistration !== 'boolean' || (browserRegistration && !signIn))
    throw invalidOption(
      'createHandler',
      'browserRegistration',
      'true or false, and true only with signIn',
      browserRegistration,
    )
  if ((!signIn || !api) && origins.length > 0)
    throw invalidOption(
      'createHandler',
      'origins',
      'none, because the JSON API is not served: pass signIn, not api: false',
      origins,
    )
  if (freshSignInSeconds !== undefined && !isSignInAge(freshSignInSeconds))
    throw invalidOption('createHandler', 'freshSignInSeconds', SIGN_IN_AGE, freshSignInSeconds)
  if (freshSignInSeconds !== undefined && (!signIn || !api))
    throw invalidOption(
      'createHandler',
      'freshSignInSeconds',
      'none, because the JSON API is not served: pass signIn, not api: false',
      freshSignInSeconds,
    )
  const isAcrList = areAcrValues(acrValues) && new Set(acrValues).size === acrValues.length
  if (!isAcrList || (acrValues.length > 0 && !signIn))
    throw invalidOption(
      'createHandler',
      'acrValues',
      'at most 20 different texts of 1–100 printable characters without spaces, and some only with signIn',
      acrValues,
    )
  // Without users there is nobody who could approve what registers itself.
  const selfRegistration = signIn && core.selfRegistration
  const devices = signIn && core.devices
  const pushedRequests = signIn && core.pushedRequests
  const metadata = {
    asksUsers: signIn !== undefined,
    hasKeys: core.jwks !== undefined,
    registers: selfRegistration !== undefined,
    hasDocuments: selfRegistration?.hasDocuments === true,
    dpopAlgorithms: core.dpop?.algorithms,
    hasDevices: devices !== undefined,
    pushedRequests,
    scopes: core.scopes,
    acrValues: [...acrValues],
  }
  return [
    ...withPreflight(tokenRoute(core), 'apps'),
    ...withPreflight(revokeRoute(core), 'apps'),
    introspectRoute(core, issuer),
    ...(leakReports === undefined ? [] : [leakedRoute(core, checkLeakReports(leakReports))]),
    ...(core.revocationFeed ? [revocationsRoute(core, core.revocationFeed)] : []),
    ...withPreflight(metadataRoute(issuer, metadata), 'everyone'),
    ...(core.jwks ? withPreflight(jwksRoute(core.jwks), 'everyone') : []),
    ...(selfRegistration
      ? withPreflight(
          registerRoute(selfRegistration, { bindsKeys: core.dpop !== undefined, hasDevices: devices !== undefined }),
          'everyone',
        )
      : []),
    ...(pushedRequests ? withPreflight(parRoute(core, pushedRequests), 'apps') : []),
    ...(signIn ? authorizeRoutes(core, { ...pages, issuer, signIn }) : []),
    ...(signIn && devices
      ? [
          deviceAuthorizationRoute(core, { devices, issuer }),
          ...deviceRoutes(core, { ...pages, issuer, signIn, devices }),
        ]
      : []),
    ...(signIn && browserRegistration
      ? [...registerAppRoutes(core, { ...pages, issuer, signIn }), registerAppTokenRoute(core)]
      : []),
    ...(signIn && api ? accountApi(core, { issuer, signIn, origins, freshSignInSeconds }) : []),
  ]
}

/** What is not served without users, although the options of `createAppGrant` ask for it. */
function unservedPaths({ devices, pushedRequests, selfRegistration }: AppGrant): readonly string[] {
  return [
    ...(devices ? ['/device_authorization', '/device'] : []),
    ...(pushedRequests ? ['/par'] : []),
    ...(selfRegistration ? ['/register'] : []),
    '/authorize',
  ]
}

/** The routes at their paths. Clients look for the metadata in both places (HTTP-11). */
function under(issuer: string, routes: readonly Route[]): readonly Route[] {
  const base = basePathOf(issuer)
  return routes.flatMap((route) => {
    const below = { ...route, path: base + route.path }
    return route.path.startsWith(WELL_KNOWN) && base !== '' ? [{ ...route, path: route.path + base }, below] : [below]
  })
}

function prefixOf(option: unknown, issuer: string): string {
  if (option === undefined) return ''
  if (isLeadingPath(option, basePathOf(issuer))) return option
  const expected = `the path of the issuer ${issuer}, or whole segments that it begins with`
  throw invalidOption('createHandler', 'strippedPrefix', expected, option)
}
