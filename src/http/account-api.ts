import type { AppGrant, Rights } from '../create-app-grant.ts'
import { type Answer, emptyAnswer, jsonAnswer, notStored } from './answer.ts'
import { appRoutes } from './app-routes.ts'
import { invalidRequest } from './http-error.ts'
import { installRoutes } from './install-routes.ts'
import { openApi } from './openapi.ts'
import { readJson } from './request-body.ts'
import type { Call, Method, Route } from './routes.ts'
import { assertSameOrigin, reportingCrossSite } from './same-origin.ts'
import type { SchemaName } from './schemas.ts'
import { tokenRoutes } from './token-routes.ts'

/** Returns the signed-in account with its login, if known, or the Response that starts sign-in and comes back afterwards. */
export type SignIn = (request: Request) => Promise<{ readonly account: string; readonly login?: string } | Response>

/** A parsed request of a signed-in account. The core validates the values in query and body. */
export interface ApiCall {
  readonly account: string
  /** The operations of this account. Routes have no other authority. */
  readonly rights: Rights
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** One operation of the JSON API, with its OpenAPI description. */
export interface ApiRoute {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly query?: readonly QueryName[]
  /** Default is an empty object. */
  readonly body?: SchemaName
  readonly status: 200 | 201 | 204
  /** Absent if the status is 204. */
  readonly result?: SchemaName
  readonly act: (call: ApiCall) => Promise<unknown>
}

export type QueryName = 'account' | 'app' | 'cursor' | 'limit' | 'name' | 'owner'

/** The JSON API for signed-in accounts, and its OpenAPI description. */
export function accountApi(grants: AppGrant, { issuer, signIn }: { issuer: string; signIn: SignIn }): readonly Route[] {
  const { origin } = new URL(issuer)
  const routes = [...appRoutes, ...installRoutes, ...tokenRoutes]

  async function answer(route: ApiRoute, { request, url, params, facts }: Call): Promise<Answer | Response> {
    const changes = route.method !== 'GET'
    if (changes) reportingCrossSite(grants.events, facts, () => assertSameOrigin(request, origin))
    const who = await signIn(request.toRequest())
    if (!('account' in who)) return notStored(who)
    const { account, login } = who
    const rights = grants.as(account, { ...facts, ...(login !== undefined && { login }) })
    const query = readQuery(url)
    const body = changes ? await readJson(request) : {}
    const result = await route.act({ account, rights, params, query, body })
    return route.result ? jsonAnswer(result, { status: route.status }) : emptyAnswer({ status: route.status })
  }

  const description = openApi(issuer, routes)
  return [
    ...routes.map((route): Route => {
      const { method, path } = route
      return { method, path, wire: 'api', answer: (call) => answer(route, call) }
    }),
    { method: 'GET', path: '/openapi.json', wire: 'api', answer: async () => jsonAnswer(description) },
  ]
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
