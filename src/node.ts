import type { IncomingMessage, ServerResponse } from 'node:http'
import { invalidOption } from './base/errors.ts'
import { assertOptions, knownMembers } from './base/known-members.ts'
import type { Access, Verifier } from './domain/tokens/verification.ts'
import type { Handler } from './http/index.ts'
import { createBearerGuard, type ProtectOptions } from './http/protect.ts'
import { PlainResponse } from './http/wire/response.ts'
import { serveOf } from './http/wire/serve.ts'
import { headerOf, nodeRequest, targetOf } from './node/node-request.ts'
import { sendResponse } from './node/send-response.ts'

/** Options of {@link toNodeHandler}. */
export interface NodeHandlerOptions {
  /**
   * Returns the caller's address, by which failed authentications are limited. Default is `req.socket.remoteAddress`.
   *
   * WARNING: behind a proxy, that is the proxy's address, so all callers share one limit. Return the address that *your* proxy
   * appends instead. A value that clients can set themselves lets them evade the limit and exhaust it for others.
   */
  readonly remoteAddress?: ((req: IncomingMessage) => string | undefined) | undefined
}

const OPTIONS = knownMembers<NodeHandlerOptions>({ remoteAddress: true })

/**
 * Serves a handler with Node's request and response objects, for node:http, Express, Fastify and Koa. The function it returns
 * never rejects. Mount it before any body parser.
 *
 * @throws TypeError if an argument is not a function; the message names the argument.
 * @example
 * ```ts
 * createServer(toNodeHandler(createHandler(appgrant))).listen(3000)
 * ```
 */
export function toNodeHandler(
  handler: Handler,
  options: NodeHandlerOptions = {},
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  assertOptions('toNodeHandler', options, OPTIONS)
  const { remoteAddress = (req) => req.socket.remoteAddress } = options
  if (typeof handler !== 'function')
    throw invalidOption('toNodeHandler', 'handler', 'a handler made by createHandler', handler)
  if (typeof remoteAddress !== 'function')
    throw invalidOption('toNodeHandler', 'remoteAddress', 'a function', remoteAddress)

  // A handler made by createHandler can be called without a Fetch Request, at half the cost.
  const serve = serveOf(handler)
  return async (req, res) => {
    try {
      const connection = { remoteAddress: remoteAddress(req) }
      const request = nodeRequest(req)
      const response = await (serve ? serve(request, connection) : handler(request.toRequest(), connection))
      await sendResponse(req, res, response)
    } catch (error) {
      // A handler made by createHandler never rejects, so the error is from a function of the host.
      process.emitWarning(`an appgrant handler failed: ${error}`, { code: 'APPGRANT_HANDLER' })
      if (res.headersSent) res.destroy()
      else res.writeHead(500, { 'cache-control': 'no-store' }).end()
    }
  }
}

// A registered symbol, so that protectNode and accessOf work together across two copies of this package.
const ACCESS = Symbol.for('appgrant.access')

/**
 * `protect` of `appgrant/http` as middleware. It calls `next` if the access token is sufficient, and {@link accessOf} then
 * returns its access; otherwise it sends the 400, 401, 403 or 503 response and does not call `next`.
 *
 * @throws TypeError as `protect` does.
 * @see [RFC 6750 - Bearer Token Usage](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 * @example
 * ```ts
 * app.get('/calls', protectNode(appgrant.authorizer, { scope: 'calls:read' }), (req, res) => res.json(accessOf(req).account))
 * ```
 */
export function protectNode(
  verifier: Pick<Verifier, 'tryVerify' | 'acceptable'>,
  options: ProtectOptions = {},
): (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void {
  const guard = createBearerGuard('protectNode', verifier, options)

  const isAllowed = async (req: IncomingMessage, res: ServerResponse) => {
    // Repeated headers are rejected as malformed, because they are joined with a comma as in Fetch.
    const { method = 'GET' } = req
    const guarded = await guard({ header: (name) => headerOf(req, name), method, target: targetOf(req) })
    if (guarded instanceof PlainResponse) {
      await sendResponse(req, res, guarded)
      return false
    }
    const { access, nonce } = guarded
    Object.defineProperty(req, ACCESS, { value: access, configurable: true })
    if (nonce !== undefined) res.setHeader('dpop-nonce', nonce)
    return true
  }
  return (req, res, next) => {
    isAllowed(req, res).then((allowed) => allowed && next(), next)
  }
}

/**
 * Returns the access of a request that passed {@link protectNode}.
 *
 * @throws TypeError if the request did not pass it.
 */
export function accessOf(req: IncomingMessage): Access {
  const { [ACCESS]: access } = req as IncomingMessage & { readonly [ACCESS]?: Access }
  if (!access) throw invalidOption('accessOf', 'req', 'a request that passed protectNode', req)
  return access
}
