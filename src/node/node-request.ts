import type { IncomingMessage } from 'node:http'
import type { IncomingRequest } from '../http/incoming.ts'

// Only path and query of a request are looked at, so what Host says goes nowhere (HTTP-7).
const BASE = 'http://localhost'
const WITHOUT_BODY = new Set(['GET', 'HEAD'])
/** Methods that Fetch has no requests for. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** Node's request. Of the body nothing is read before it is asked for. */
export function nodeRequest(req: IncomingMessage): IncomingRequest {
  return new NodeRequest(req)
}

class NodeRequest implements IncomingRequest {
  readonly req: IncomingMessage
  readonly method: string
  readonly target: string

  constructor(req: IncomingMessage) {
    const { originalUrl = req.url ?? '/' } = req as IncomingMessage & { readonly originalUrl?: string }
    this.req = req
    this.method = req.method ?? 'GET'
    this.target = originalUrl
  }
  get url(): string {
    return urlOf(this.target)
  }
  get headers(): IncomingRequest['headers'] {
    return this
  }
  get(name: string): string | null {
    return headerOf(this.req, name)
  }
  has(name: string): boolean {
    return headerOf(this.req, name) !== null
  }
  get bodyUsed(): boolean {
    return isRead(this.req)
  }
  readBody(limit: number): Promise<Uint8Array | undefined> {
    return readBody(this.req, limit)
  }
  toRequest(): Request {
    return requestOf(this.req, this)
  }
}

/** The values of a header, those of one that came twice joined by a comma. */
export function headerOf({ rawHeaders }: IncomingMessage, name: string): string | null {
  let values: string | null = null
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const one = rawHeaders[at] as string
    if (one.length !== name.length || one.toLowerCase() !== name) continue
    const value = rawHeaders[at + 1] as string
    values = values === null ? value : `${values}, ${value}`
  }
  return values
}

function isRead({ readableDidRead, readableEnded }: IncomingMessage): boolean {
  return readableDidRead || readableEnded
}

function readBody(req: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    const broken = () => {
      if (!req.readableEnded) reject(new Error('the client broke off'))
    }
    // What is too much still comes and is discarded, so that the answer gets through.
    req.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > limit) resolve(undefined)
      else chunks.push(chunk)
    })
    req.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    req.on('error', broken)
    req.on('close', broken)
    if (req.destroyed) broken()
  })
}

/** The same as one of Fetch. */
function requestOf(req: IncomingMessage, { method, url }: { readonly method: string; readonly url: string }): Request {
  const headers = headersOf(req)
  if (WITHOUT_BODY.has(method)) return new Request(url, { method, headers })
  if (FORBIDDEN.has(method)) return Object.defineProperty(new Request(url, { headers }), 'method', { value: method })
  if (isRead(req)) return requestThatWasRead(url, { method, headers })
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
  if (req.destroyed) broken()
  return stop
}
