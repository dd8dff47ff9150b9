import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { PlainResponse } from '../http/wire/response.ts'

/** Largest unread request body to drain for keep-alive. */
const MAX_DISCARDED_BYTES = 1024 * 1024

/** Sends a response with Node's response object. If the client has closed the connection, nothing is sent. */
export function sendResponse(
  req: IncomingMessage,
  res: ServerResponse,
  response: PlainResponse | Response,
): Promise<void> | undefined {
  if (!(response instanceof PlainResponse)) return sendFetchResponse(req, res, response)
  if (res.destroyed || res.writableEnded) return undefined
  const headers: string[] = []
  for (const name in response.headers) headers.push(name, response.headers[name] as string)
  const { body } = response
  if (body !== null && req.method !== 'HEAD') headers.push('content-length', String(Buffer.byteLength(body)))
  closeUnlessRead(req, res)
  res.writeHead(response.status, headers)
  if (body === null || req.method === 'HEAD') res.end()
  else res.end(body)
  return undefined
}

async function sendFetchResponse(req: IncomingMessage, res: ServerResponse, response: Response): Promise<void> {
  const body = response.body && new Uint8Array(await response.arrayBuffer())
  if (res.destroyed || res.writableEnded) return
  res.statusCode = response.status
  for (const [name, value] of response.headers) {
    if (name === 'set-cookie') res.appendHeader(name, value)
    else res.setHeader(name, value)
  }
  closeUnlessRead(req, res)
  if (body === null || req.method === 'HEAD') res.end()
  else res.end(body)
}

/**
 * Lets the client stop sending: after this response nothing reads a body that has not arrived yet, unless it is small. HTTP/2 closes
 * only the stream, and sends the whole response before (RFC 9113 §8.1).
 */
function closeUnlessRead(req: IncomingMessage, res: ServerResponse): void {
  if (req.complete || Number(req.headers['content-length']) <= MAX_DISCARDED_BYTES) return
  if (req.httpVersionMajor === 1) res.setHeader('connection', 'close')
  else closeWhenSent((res as unknown as Http2ServerResponse).stream)
}

// The response object emits `finish` only when the client has sent everything.
function closeWhenSent(stream: Http2ServerResponse['stream']): void {
  stream.once('finish', () => stream.close())
}
