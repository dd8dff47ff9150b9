import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { HttpError } from './http-error.ts'
import { type IncomingRequest, requestContext } from './request.ts'
import type { Route, RouteCall, RouteMatch } from './router.ts'

/** The error of a path without routes. */
export function notFound(): HttpError {
  return new HttpError(404, 'not_found', 'there is no endpoint at this path')
}

/** The route of a path for the method of a request. HEAD is GET. @throws HttpError 405 with `Allow` if there is none. */
export function routeOf({ method }: IncomingRequest, { methods }: RouteMatch): Route {
  const route = methods.get(method === 'HEAD' ? 'GET' : method)
  if (route) return route
  const names = [...methods.keys()].flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
  throw new HttpError(405, 'invalid_request', 'this method is not allowed for this path', {
    headers: { allow: names.join(', ') },
  })
}

/** A request with what its route reads of it. */
export function callOf(request: IncomingRequest, { params }: RouteMatch, remoteAddress: string | undefined): RouteCall {
  return new RoutedCall(request, params, requestContext(request, remoteAddress))
}

class RoutedCall implements RouteCall {
  readonly request: IncomingRequest
  readonly params: RouteCall['params']
  readonly context: RequestContext
  #url: URL | undefined

  constructor(request: IncomingRequest, params: RouteCall['params'], context: RequestContext) {
    this.request = request
    this.params = params
    this.context = context
  }
  get search(): string {
    return this.request.target?.includes('?') === false ? '' : this.url.search
  }
  get url(): URL {
    this.#url ??= new URL(this.request.url)
    return this.#url
  }
}
