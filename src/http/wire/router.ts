import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import type { ErrorFormat } from './error-response.ts'
import type { IncomingRequest } from './request.ts'
import type { PlainResponse } from './response.ts'

/** A request with the path parameters of its route. */
export interface RouteCall {
  readonly request: IncomingRequest
  readonly url: URL
  /** The query string of the URL, with its `?`. */
  readonly search: string
  /** The values of the path's `{name}` segments. */
  readonly params: Readonly<Record<string, string>>
  readonly context: RequestContext
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'OPTIONS'

export interface Route {
  readonly method: Method
  /** Relative to the issuer's path unless it begins with `/.well-known/`. `{name}` matches one segment. */
  readonly path: string
  readonly errorFormat: ErrorFormat
  readonly respond: (call: RouteCall) => Promise<PlainResponse | Response>
}

/** The routes of one path, and the values of its parameters. */
export interface RouteMatch {
  readonly methods: ReadonlyMap<string, Route>
  readonly params: Readonly<Record<string, string>>
}

/** Finds the routes of a path. The path is not decoded, because generated keys and ids need no escapes. */
export function createRouter(routes: readonly Route[]): (path: string) => RouteMatch | undefined {
  const table = new Map<string, { readonly pattern: RegExp; readonly methods: Map<string, Route> }>()
  for (const route of routes) {
    const entry = table.get(route.path) ?? { pattern: patternOf(route.path), methods: new Map<string, Route>() }
    table.set(route.path, entry)
    entry.methods.set(route.method, route)
  }
  return (path) => {
    const exact = table.get(path)
    if (exact) return { methods: exact.methods, params: {} }
    for (const { pattern, methods } of table.values()) {
      const match = pattern.exec(path)
      if (match) return { methods, params: { ...match.groups } }
    }
    return undefined
  }
}

function patternOf(path: string): RegExp {
  const text = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
  return new RegExp(`^${text}$`)
}
