import type { IncomingMessage, ServerResponse } from 'node:http'
import { Answer } from '../http/answer.ts'

/** How much of a body that nobody wants may still come in so that the connection can be kept. */
const MAX_DISCARDED_BYTES = 1024 * 1024

/** Sends an answer by Node's response. A client that went away is no error. */
export function sendAnswer(
  req: IncomingMessage,
  res: ServerResponse,
  answer: Answer | Response,
): Promise<void> | undefined {
  if (!(answer instanceof Answer)) return sendResponse(req, res, answer)
  if (res.destroyed || res.writableEnded) return undefined
  const headers: string[] = []
  for (const name in answer.headers) headers.push(name, answer.headers[name] as string)
  const { body } = answer
  if (body !== null && req.method !== 'HEAD') headers.push('content-length', String(Buffer.byteLength(body)))
  closeUnlessRead(req, res)
  res.writeHead(answer.status, headers)
  if (body === null || req.method === 'HEAD') res.end()
  else res.end(body)
  return undefined
}

async function sendResponse(req: IncomingMessage, res: ServerResponse, answer: Response): Promise<void> {
  const body = answer.body && new Uint8Array(await answer.arrayBuffer())
  if (res.destroyed || res.writableEnded) return
  res.statusCode = answer.status
  for (const [name, value] of answer.headers) {
    if (name === 'set-cookie') res.appendHeader(name, value)
    else res.setHeader(name, value)
  }
  closeUnlessRead(req, res)
  if (body === null || req.method === 'HEAD') res.end()
  else res.end(body)
}

function closeUnlessRead(req: IncomingMessage, res: ServerResponse): void {
  // In HTTP/2 a stream ends by itself, and there is no such header.
  const keepsOpen = req.httpVersionMajor > 1 || req.complete
  if (!keepsOpen && !(Number(req.headers['content-length']) <= MAX_DISCARDED_BYTES))
    res.setHeader('connection', 'close')
}
