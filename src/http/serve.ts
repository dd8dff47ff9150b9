import { type Answer, toResponse } from './answer.ts'
import { fetchRequest, type IncomingRequest } from './incoming.ts'

/** Who sent a request. */
export interface Peer {
  readonly remoteAddress?: string
}

/**
 * Answers a request. It never rejects. `remoteAddress` is the caller's address as the host knows it; without one, failed
 * authentications are not limited.
 */
export type Handler = (request: Request, facts?: Peer) => Promise<Response>

/** The same for a request of any server. What the host made itself is a Response. */
export type Serve = (request: IncomingRequest, peer: Peer) => Promise<Answer | Response>

const SERVES = new WeakMap<Handler, Serve>()

/** The handler for requests of Fetch. Servers whose requests are others find what is behind it. */
export function handlerOf(serve: Serve): Handler {
  const handler: Handler = async (request, peer = {}) =>
    toResponse(await serve(fetchRequest(request), peer), request.method)
  SERVES.set(handler, serve)
  return handler
}

/** What is behind a handler of ours; undefined for a function that the host wrote. */
export function serveOf(handler: Handler): Serve | undefined {
  return SERVES.get(handler)
}
