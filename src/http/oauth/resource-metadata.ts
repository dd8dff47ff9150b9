import { invalidOption } from '../../base/errors.ts'
import { assertOptions, type KnownMembers, knownMembers } from '../../base/known-members.ts'
import { hasHiddenCharacter } from '../../domain/input/hidden-character.ts'
import { isIssuer } from '../../domain/input/issuer.ts'
import { isScopeToken, MAX_SCOPE } from '../../domain/input/scope-token.ts'
import { withoutWordJoiners } from '../../domain/input/word-joiners.ts'
import { DPOP_ALGORITHMS } from '../../domain/tokens/proofs.ts'
import { callOf, notFound, routeOf } from '../wire/call.ts'
import { errorResponse, serverErrorResponse } from '../wire/error-response.ts'
import { pathOf } from '../wire/path.ts'
import { withPreflight } from '../wire/preflight.ts'
import { publishedScopes } from '../wire/published-scopes.ts'
import { METADATA_RESOURCE, resourceMetadataUrl } from '../wire/resource-identifier.ts'
import { publicResponse } from '../wire/response.ts'
import { createRouter, type Route } from '../wire/router.ts'
import { type Handler, handlerOf, type Serve } from '../wire/serve.ts'

const MAX_SCOPES = 1000
const MAX_NAME = 200
const MAX_AGE_SECONDS = 3600

/** A resource as its metadata describes it to clients. */
export interface ResourceDescription {
  /**
   * The identifier of the resource, which clients request tokens for: a canonical https URL, or http on a loopback address for
   * development. Clients compare it, character by character, with the URL that their user entered.
   */
  readonly resource: string
  /**
   * The scopes that the resource uses, at most 1000. Many clients ask for all of them at once. `offline_access` is left out, because
   * refresh tokens need no scope. Default is none in `createResourceMetadata`, and the whole catalogue in `createHandler`.
   */
  readonly scopes?: readonly string[] | undefined
  /** The name of the resource for people, 1–200 visible characters. Default is none. */
  readonly name?: string | undefined
  /**
   * Whether the resource accepts tokens that are bound to a key: `protect` with the option `dpop`. Default is false.
   *
   * @see [RFC 9728 - OAuth 2.0 Protected Resource Metadata](https://www.rfc-editor.org/rfc/rfc9728.html#section-2)
   */
  readonly dpop?: boolean | undefined
}

/** Options of {@link createResourceMetadata}. */
export interface ResourceMetadataOptions extends ResourceDescription {
  /** The issuer whose tokens the resource accepts, exactly as the platform has configured it. */
  readonly issuer: string
}

/** A {@link Handler} of resource metadata, and the path that it must be reachable at. */
export interface ResourceMetadataHandler extends Handler {
  /** `/.well-known/oauth-protected-resource`, followed by the path of the resource. */
  readonly path: string
}

const RESOURCE = { resource: true, scopes: true, name: true, dpop: true } as const
const DESCRIPTION = knownMembers<ResourceDescription>(RESOURCE)
const OPTIONS = knownMembers<ResourceMetadataOptions>({ ...RESOURCE, issuer: true })

/**
 * Serves the metadata of a resource whose service is apart from the platform, by which clients find the issuer and the scopes. A
 * service in the process of `createHandler` uses its option `resourceMetadata` instead. `protect` points clients to it with the
 * option `metadata`.
 *
 * @throws TypeError if an option is invalid; the message names the option.
 * @see [RFC 9728 - OAuth 2.0 Protected Resource Metadata](https://www.rfc-editor.org/rfc/rfc9728.html#section-2)
 * @example
 * ```ts
 * const metadata = createResourceMetadata({
 *   resource: 'https://api.example.com/mcp', issuer: 'https://accounts.example.com', scopes: ['calls:read'],
 * })
 * app.all(metadata.path, toNodeHandler(metadata))
 * ```
 */
export function createResourceMetadata(options: ResourceMetadataOptions): ResourceMetadataHandler {
  const route = resourceMetadataRoute('createResourceMetadata', options, { known: OPTIONS, issuer: options?.issuer })
  const find = createRouter(withPreflight(route, 'everyone'))
  const serve: Serve = async (request, { remoteAddress }) => {
    try {
      const found = find(pathOf(request) ?? '')
      if (!found) throw notFound()
      return await routeOf(request, found).respond(callOf(request, found, remoteAddress))
    } catch (error) {
      return errorResponse(error, route.errorFormat, request.headers) ?? serverErrorResponse()
    }
  }
  return Object.assign(handlerOf(serve), { path: route.path })
}

/** The metadata of the resources of a platform, at their paths. */
export function resourceMetadataRoutes(
  described: readonly ResourceDescription[] | undefined,
  platform: { readonly issuer: string; readonly resources: readonly string[]; readonly scopes: readonly string[] },
): readonly Route[] {
  if (described === undefined) return []
  const call = 'createHandler'
  if (!Array.isArray(described))
    throw invalidOption(call, 'resourceMetadata', 'an array of { resource, scopes, name, dpop }', described)
  const routes = described.map((one: ResourceDescription) => {
    const route = resourceMetadataRoute(call, one, { known: DESCRIPTION, option: 'resourceMetadata', ...platform })
    if (!platform.resources.includes(one.resource))
      throw invalidOption(call, 'resourceMetadata.resource', ONE_OF_RESOURCES, one.resource)
    const unknown = one.scopes?.find((scope) => !platform.scopes.includes(scope))
    if (unknown !== undefined)
      throw invalidOption(call, 'resourceMetadata.scopes', 'scopes of the option scopes of createAppGrant', unknown)
    return route
  })
  const paths = routes.map(({ path }) => path)
  const repeated = paths.find((path, at) => paths.indexOf(path) !== at)
  if (repeated !== undefined) throw invalidOption(call, 'resourceMetadata', 'resources with different paths', repeated)
  return routes.flatMap((route) => withPreflight(route, 'everyone'))
}

const ONE_OF_RESOURCES = 'one of the option resources of createAppGrant, by default the issuer'

function resourceMetadataRoute(
  call: string,
  given: ResourceDescription,
  {
    known,
    option,
    issuer,
    scopes: byDefault = [],
  }: {
    readonly known: KnownMembers
    readonly option?: string
    readonly issuer: unknown
    readonly scopes?: readonly string[]
  },
): Route {
  assertOptions(call, given, known, option)
  const invalid = (name: string, expected: string, received: unknown) =>
    invalidOption(call, option === undefined ? name : `${option}.${name}`, expected, received)
  const { resource, scopes = byDefault, name, dpop = false } = given
  const url = resourceMetadataUrl(resource)
  if (url === undefined) throw invalid('resource', METADATA_RESOURCE, resource)
  if (!isIssuer(issuer)) throw invalid('issuer', 'the issuer as configured by the platform, an https URL', issuer)
  if (!Array.isArray(scopes) || scopes.length > MAX_SCOPES || !scopes.every(isScopeToken))
    throw invalid('scopes', `at most ${MAX_SCOPES} names of scopes of at most ${MAX_SCOPE} characters`, scopes)
  if (name !== undefined && !isName(name)) throw invalid('name', `1–${MAX_NAME} visible characters`, name)
  if (typeof dpop !== 'boolean') throw invalid('dpop', 'true or false', dpop)
  const published = publishedScopes(scopes)
  const metadata = {
    resource,
    authorization_servers: [issuer],
    ...(published.length > 0 && { scopes_supported: published }),
    bearer_methods_supported: ['header'],
    ...(dpop && { dpop_signing_alg_values_supported: DPOP_ALGORITHMS }),
    ...(name !== undefined && { resource_name: name }),
  }
  return {
    method: 'GET',
    path: new URL(url).pathname,
    errorFormat: 'oauth',
    respond: async () => publicResponse(metadata, { maxAgeSeconds: MAX_AGE_SECONDS }),
  }
}

function isName(name: unknown): boolean {
  const isText = typeof name === 'string' && name.trim() !== '' && name.length <= MAX_NAME
  return isText && !hasHiddenCharacter(withoutWordJoiners(name))
}
