/** What the endpoints read of a request, whichever server it came to. */
export interface IncomingRequest {
  readonly method: string
  /** Of it only path and query mean anything (HTTP-7). */
  readonly url: string
  /** The path and query alone, where the request has them at hand. */
  readonly target?: string
  /** One that came twice has both values, joined by a comma. */
  readonly headers: Pick<Headers, 'get' | 'has'>
  /** Whether somebody else has read the body, or is about to. */
  readonly bodyUsed: boolean
  /**
   * The body, or undefined where it has more bytes than that: what is still to come is not waited for. Rejects where it breaks
   * off before its end.
   */
  readBody(limit: number): Promise<Uint8Array | undefined>
  /** As one of Fetch, for the functions of the host. */
  toRequest(): Request
}

/** A request of Fetch. */
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
      // Whether it can be stopped changes nothing.
      reader?.cancel().catch(() => {})
      return undefined
    }
    chunks.push(chunk.value)
  }
  return Buffer.concat(chunks)
}
