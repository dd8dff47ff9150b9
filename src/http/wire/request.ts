import type { RequestContext } from '../../domain/apps/authenticate-app.ts'

/** The part of a request that the endpoints read, independent of any server. */
export interface IncomingRequest {
  readonly method: string
  /** Only path and query are meaningful (HTTP-7). */
  readonly url: string
  /** Path and query as received, if the server provides them. */
  readonly target?: string
  /** The values of a repeated header are joined with a comma. */
  readonly headers: Pick<Headers, 'get' | 'has'>
  /** Whether the host's code has read the body or holds a reader of it. */
  readonly bodyUsed: boolean
  /**
   * Reads the body. Resolves to undefined as soon as it has more than `limit` bytes, without waiting for the rest. Rejects if
   * the body is cut short.
   */
  readBody(limit: number): Promise<Uint8Array | undefined>
  /** Converts to a Fetch Request, for functions of the host. */
  toRequest(): Request
}

/** Who sent a request, for what is stored and reported of it. Made without spreads: every request takes this path. */
export function requestContext(
  { headers }: Pick<IncomingRequest, 'headers'>,
  remoteAddress: string | undefined,
): RequestContext {
  const userAgent = headers.get('user-agent')
  const context: { -readonly [Member in keyof RequestContext]: RequestContext[Member] } = {}
  if (userAgent !== null) context.userAgent = userAgent
  if (remoteAddress !== undefined) context.remoteAddress = remoteAddress
  return context
}

/** Adapts a Fetch Request. */
export function fetchRequest(request: Request): IncomingRequest {
  const { method, url, headers } = request
  return {
    method,
    url,
    headers,
    get bodyUsed() {
      return request.bodyUsed || request.body?.locked === true
    },
    readBody: (limit) => readStream(request.body, limit),
    toRequest: () => request,
  }
}

async function readStream(body: Request['body'], limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
    length += chunk.value.length
    if (length > limit) {
      // The result is the same if cancelling fails.
      reader?.cancel().catch(() => {})
      return undefined
    }
    chunks.push(chunk.value)
  }
  return Buffer.concat(chunks)
}
