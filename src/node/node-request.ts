import type { IncomingMessage } from 'node:http'
import type { IncomingRequest } from '../http/wire/request.ts'

// Only path and query of a request are used, so the Host header is ignored (HTTP-7).
const BASE = 'http://localhost'
const WITHOUT_BODY = new Set(['GET', 'HEAD'])
/** Methods that the constructor of a Fetch Request rejects. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** Adapts a Node request; the body is read on demand. */
export function nodeRequest(req: IncomingMessage): IncomingRequest {
  return new NodeRequest(req)
}

class NodeRequest implements IncomingRequest {
  readonly req: IncomingMessage
  readonly method: string
  readonly target: string

  constructor(req: IncomingMessage) {
    this.req = req
    this.method = req.method ?? 'GET'
    this.target = targetOf(req)
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
    return isRead(this.req) && rawBodyOf(this.req) === undefined
  }
  async readBody(limit: number): Promise<Uint8Array | undefined> {
    const raw = isRead(this.req) ? rawBodyOf(this.req) : undefined
    if (raw) return raw.length > limit ? undefined : raw
    return readBody(this.req, limit)
  }
  toRequest(): Request {
    return requestOf(this.req, this)
  }
}

/** Path and query as they were received, also below a path at which a framework has mounted something. */
export function targetOf(req: IncomingMessage): string {
  const { originalUrl = req.url ?? '/' } = req as IncomingMessage & { readonly originalUrl?: string }
  return originalUrl
}

/** The value of a header; values of a repeated header are joined with a comma. */
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

/** What a platform that has read the body, such as Cloud Functions, has left of it (HTTP-12). */
function rawBodyOf(req: IncomingMessage): Uint8Array | undefined {
  const { rawBody } = req as IncomingMessage & { readonly rawBody?: unknown }
  return rawBody instanceof Uint8Array ? rawBody : undefined
}

function isRead({ readableDidRead, readableEnded }: IncomingMessage): boolean {
  return readableDidRead || readableEnded
}

function readBody(req: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    const broken = () => {
      if (!req.readableEnded) reject(new Error('the client closed the connection'))
    }
    // Data beyond the limit is read and discarded, so that the client can read the response.
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

/** Converts to a Fetch Request. */
function requestOf(req: IncomingMessage, { method, url }: { readonly method: string; readonly url: string }): Request {
  const headers = headersOf(req)
  if (WITHOUT_BODY.has(method)) return new Request(url, { method, headers })
  if (FORBIDDEN.has(method)) return Object.defineProperty(new Request(url, { headers }), 'method', { value: method })
  if (isRead(req)) return requestThatWasRead(url, { method, headers })
  const init: RequestInit & { duplex: 'half' } = { method, headers, body: bodyOf(req), duplex: 'half' }
  return new Request(url, init)
}

/** A target may be an absolute URL, of which only path and query are used (RFC 9112 §3.2.2). A path may begin with `//`. */
function urlOf(target: string): string {
  if (target.startsWith('/')) return BASE + target
  if (!/^https?:\/\//i.test(target)) return `${BASE}/`
  return BASE + target.replace(/^https?:\/\/[^/?#]*/i, '')
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    // HTTP/2 lists its pseudo-headers here too.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[at + 1] as string)
  }
  return headers
}

/** A Request whose body is used, because a body parser has read it. The handler detects that and reports it. */
function requestThatWasRead(url: string, init: { method: string; headers: Headers }): Request {
  const request = new Request(url, { ...init, body: 'read' })
  request.text().catch(() => {})
  return request
}

/** The body as a stream that reads only on demand. */
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
        // The rest is read and discarded, so that the client can read the response.
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
  const broken = once(() => controller.error(new Error('the client closed the connection')))
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
