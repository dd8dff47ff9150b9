import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access, Verifier } from './domain/verifier.ts'
import { Answer } from './http/answer.ts'
import type { Handler } from './http/index.ts'
import { createJudge, type ProtectOptions } from './http/protect.ts'
import { serveOf } from './http/serve.ts'
import { headerOf, nodeRequest } from './node/node-request.ts'
import { sendAnswer } from './node/send-answer.ts'

/** How `toNodeHandler` reads a request. */
export interface NodeHandlerOptions {
  /**
   * The caller's address, by which failed authentications are limited. Default is the peer's, `req.socket.remoteAddress`.
   *
   * WARNING: behind a proxy that is the proxy, so all callers count as one. Give a function then that returns what *your* proxy
   * appends; whatever a client can set by itself lets it escape the limit and blame others.
   */
  readonly remoteAddress?: (req: IncomingMessage) => string | undefined
}

/**
 * Serves a handler by Node's request and response: for node:http, Express, Fastify and Koa. It never rejects. Mount it before
 * any body parser.
 *
 * @throws TypeError where an argument is no function.
 * @example
 * ```ts
 * createServer(toNodeHandler(createHandler(grants))).listen(3000)
 * ```
 */
export function toNodeHandler(
  handler: Handler,
  options: NodeHandlerOptions = {},
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const { remoteAddress = (req) => req.socket.remoteAddress } = options
  if (typeof handler !== 'function') throw new TypeError('toNodeHandler: handler: expected what createHandler returned')
  if (typeof remoteAddress !== 'function') throw new TypeError('toNodeHandler: remoteAddress: expected a function')

  // A function of the host's own takes requests of Fetch; what is behind ours can do without them, at half the cost.
  const serve = serveOf(handler)
  return async (req, res) => {
    try {
      const address = remoteAddress(req)
      const peer = address === undefined ? {} : { remoteAddress: address }
      const request = nodeRequest(req)
      const answer = await (serve ? serve(request, peer) : handler(request.toRequest(), peer))
      await sendAnswer(req, res, answer)
    } catch (error) {
      // Neither a handler of ours nor a request comes here: only what the host wrapped around them does.
      process.emitWarning(`an appgrant handler failed: ${error}`, { code: 'APPGRANT_HANDLER' })
      if (res.headersSent) res.destroy()
      else res.writeHead(500, { 'cache-control': 'no-store' }).end()
    }
  }
}

// A registered symbol, so that a guard and a resource from two copies of this package understand each other.
const ACCESS = Symbol.for('appgrant.access')

/**
 * {@link protect} as middleware: goes on with `next` where the access token gives what is needed, after which
 * {@link accessOf} tells what; otherwise it sends the 401, 403 or 503 and does not go on.
 *
 * @throws TypeError naming the option that is wrong.
 * @example
 * ```ts
 * app.get('/calls', protectNode(grants.authorizer, { scope: 'calls:read' }), (req, res) => res.json(accessOf(req).account))
 * ```
 */
export function protectNode(
  verifier: Verifier,
  options: ProtectOptions = {},
): (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void {
  const judge = createJudge(verifier, options)

  const isLetThrough = async (req: IncomingMessage, res: ServerResponse) => {
    // Two headers are no credentials: joined as Fetch joins them, they are malformed.
    const access = await judge(headerOf(req, 'authorization'))
    if (access instanceof Answer) await sendAnswer(req, res, access)
    else Object.defineProperty(req, ACCESS, { value: access, configurable: true })
    return !(access instanceof Answer)
  }
  return (req, res, next) => {
    isLetThrough(req, res).then((isLet) => isLet && next(), next)
  }
}

/** What the access token of a request gives. @throws TypeError where {@link protectNode} did not let the request through. */
export function accessOf(req: IncomingMessage): Access {
  const { [ACCESS]: access } = req as IncomingMessage & { readonly [ACCESS]?: Access }
  if (!access) throw new TypeError('accessOf: protectNode has not let this request through')
  return access
}
