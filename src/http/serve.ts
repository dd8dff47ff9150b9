import { type Answer, toResponse } from './answer.ts'
import { fetchRequest, type IncomingRequest } from './incoming.ts'

/** The connection of a request. */
export interface Peer {
  readonly remoteAddress?: string
}

/**
 * Handles a request and never rejects. `remoteAddress` is the caller's address as known to the host; without it, failed
 * authentications are not limited.
 */
export type Handler = (request: Request, facts?: Peer) => Promise<Response>

/** A {@link Handler} for requests of any server. Pages and the host's own responses are Responses. */
export type Serve = (request: IncomingRequest, peer: Peer) => Promise<Answer | Response>

const SERVES = new WeakMap<Handler, Serve>()

/** Wraps `serve` as a Fetch handler. Other servers find it again with {@link serveOf}. */
export function handlerOf(serve: Serve): Handler {
  const handler: Handler = async (request, peer = {}) =>
    toResponse(await serve(fetchRequest(request), peer), request.method)
  SERVES.set(handler, serve)
  return handler
}

/** The function that a handler wraps; undefined if the host wrote the handler. */
export function serveOf(handler: Handler): Serve | undefined {
  return SERVES.get(handler)
}
