import type { IncomingMessage } from 'node:http'

// Only path and query of a request are looked at, so what Host says goes nowhere (HTTP-7).
const BASE = 'http://localhost'
const WITHOUT_BODY = new Set(['GET', 'HEAD'])
/** Methods that Fetch has no requests for. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** Node's request as one of Fetch. Of the body nothing is read before it is asked for. */
export function nodeRequest(req: IncomingMessage): Request {
  const method = req.method ?? 'GET'
  const { originalUrl = req.url ?? '/' } = req as IncomingMessage & { readonly originalUrl?: string }
  const url = urlOf(originalUrl)
  const headers = headersOf(req)
  if (WITHOUT_BODY.has(method)) return new Request(url, { method, headers })
  if (FORBIDDEN.has(method)) return Object.defineProperty(new Request(url, { headers }), 'method', { value: method })
  if (req.readableDidRead || req.readableEnded) return requestThatWasRead(url, { method, headers })
  const init: RequestInit & { duplex: 'half' } = { method, headers, body: bodyOf(req), duplex: 'half' }
  return new Request(url, init)
}

/** A target may also be a whole URL, of which only path and query count (RFC 9112 §3.2.2); a path may begin with two slashes. */
function urlOf(target: string): string {
  if (target.startsWith('/')) return BASE + target
  if (!/^https?:\/\//i.test(target)) return `${BASE}/`
  return BASE + target.replace(/^https?:\/\/[^/?#]*/i, '')
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    // HTTP/2 has its pseudo headers among them.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[at + 1] as string)
  }
  return headers
}

/** A body parser was there first: the handler finds the body used, and says so. */
function requestThatWasRead(url: string, init: { method: string; headers: Headers }): Request {
  const request = new Request(url, { ...init, body: 'read' })
  request.text().catch(() => {})
  return request
}

/** The body, read no faster than it is asked for. */
function bodyOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  let stop: (() => void) | undefined
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        stop ??= follow(req, controller)
        req.resume()
      },
      cancel() {
        stop?.()
        // What still comes is discarded, so that the answer gets through.
        req.resume()
      },
    },
    { highWaterMark: 0 },
  )
}

function follow(req: IncomingMessage, controller: ReadableStreamDefaultController<Uint8Array>): () => void {
  let isOver = false
  const once = (end: () => void) => () => {
    if (!isOver) end()
    isOver = true
  }
  const take = (chunk: Uint8Array) => {
    controller.enqueue(chunk)
    req.pause()
  }
  const stop = once(() => req.off('data', take))
  const broken = once(() => controller.error(new Error('the client broke off')))
  req.on('data', take)
  req.on(
    'end',
    once(() => controller.close()),
  )
  req.on('error', broken)
  req.on('close', broken)
  return stop
}
