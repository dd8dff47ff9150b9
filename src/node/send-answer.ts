import type { IncomingMessage, ServerResponse } from 'node:http'
import { Answer } from '../http/answer.ts'

/** Largest unread request body to drain for keep-alive. */
const MAX_DISCARDED_BYTES = 1024 * 1024

/** Sends a response with Node's response object. If the client has closed the connection, nothing is sent. */
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
  // HTTP/2 closes each stream separately and has no Connection header.
  const keepsOpen = req.httpVersionMajor > 1 || req.complete
  if (!keepsOpen && !(Number(req.headers['content-length']) <= MAX_DISCARDED_BYTES))
    res.setHeader('connection', 'close')
}
