import type { RequestFacts } from '../domain/app-authentication.ts'
import type { Answer } from './answer.ts'
import type { Wire } from './error-answer.ts'
import type { IncomingRequest } from './incoming.ts'

/** A request on its way to an answer. */
export interface Call {
  readonly request: IncomingRequest
  readonly url: URL
  /** That of the URL. */
  readonly search: string
  /** What stands in the places of the path that a route names. */
  readonly params: Readonly<Record<string, string>>
  readonly facts: RequestFacts
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** What answers one method of one path. */
export interface Route {
  readonly method: Method
  /** Below the issuer's path unless it begins with `/.well-known/`. `{name}` stands for one segment. */
  readonly path: string
  readonly wire: Wire
  readonly answer: (call: Call) => Promise<Answer | Response>
}

/** The routes of one path, and what the path says. */
export interface Found {
  readonly methods: ReadonlyMap<string, Route>
  readonly params: Readonly<Record<string, string>>
}

/** Finds the routes of a path. Nothing in it is decoded: no key and no id of ours needs an escape. */
export function createRouter(routes: readonly Route[]): (path: string) => Found | undefined {
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
