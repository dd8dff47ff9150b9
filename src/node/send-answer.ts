import type { IncomingMessage, ServerResponse } from 'node:http'

/** How much of a body that nobody wants may still come in so that the connection can be kept. */
const MAX_DISCARDED_BYTES = 1024 * 1024

/** Sends a Response of Fetch by Node's response. A client that went away is no error. */
export async function sendAnswer(req: IncomingMessage, res: ServerResponse, answer: Response): Promise<void> {
  const body = answer.body === null ? undefined : new Uint8Array(await answer.arrayBuffer())
  if (res.destroyed || res.writableEnded) return
  res.statusCode = answer.status
  for (const [name, value] of answer.headers) {
    if (name === 'set-cookie') res.appendHeader(name, value)
    else res.setHeader(name, value)
  }
  if (!req.complete && !(Number(req.headers['content-length']) <= MAX_DISCARDED_BYTES))
    res.setHeader('connection', 'close')
  if (body === undefined || req.method === 'HEAD') res.end()
  else res.end(body)
}
