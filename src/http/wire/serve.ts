import { fetchRequest, type IncomingRequest } from './request.ts'
import { type PlainResponse, toResponse } from './response.ts'

/** The connection of a request. */
export interface ConnectionInfo {
  readonly remoteAddress?: string | undefined
}

/**
 * Handles a request and never rejects. `remoteAddress` is the caller's address as known to the host; without it, failed
 * authentications are not limited.
 */
export type Handler = (request: Request, connection?: ConnectionInfo) => Promise<Response>

/** A {@link Handler} for requests of any server. Pages and the host's own responses are Responses. */
export type Serve = (request: IncomingRequest, connection: ConnectionInfo) => Promise<PlainResponse | Response>

const SERVES = new WeakMap<Handler, Serve>()

/** Wraps `serve` as a Fetch handler. Other servers find it again with {@link serveOf}. */
export function handlerOf(serve: Serve): Handler {
  const handler: Handler = async (request, connection = {}) =>
    toResponse(await serve(fetchRequest(request), connection), request.method)
  SERVES.set(handler, serve)
  return handler
}

/** The function that a handler wraps; undefined if the host wrote the handler. */
export function serveOf(handler: Handler): Serve | undefined {
  return SERVES.get(handler)
}
