import { invalidOption } from '../../base/errors.ts'
import { isIssuer } from '../../domain/input/issuer.ts'
import { errorResponse } from '../wire/error-response.ts'
import { HttpError } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { emptyResponse, PlainResponse, withHeaders } from '../wire/response.ts'
import type { Method } from '../wire/router.ts'
import { assertSameOrigin } from '../wire/same-origin.ts'

const MAX_ORIGINS = 100
const PREFLIGHT_SECONDS = '600'
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?: ?, ?[\w!#$%&'*+.^`|~-]+)*$/
const MAX_HEADER_NAMES = 1000

/** The pages that may use the JSON API with the user's credentials: the issuer's own, and those of the host's origins (HTTP-1). */
export interface ApiOrigins {
  /** Whether the host named any origin. Without it there is no CORS. */
  readonly areNamed: boolean
  /** @throws HttpError 403 if a page of any other origin sent the request. */
  assertMayChange(request: IncomingRequest): void
  /** Lets a page of a named origin read the response, errors included. */
  respondTo(
    request: IncomingRequest,
    respond: () => Promise<PlainResponse | Response>,
  ): Promise<PlainResponse | Response>
  /** The response to a preflight. @throws HttpError 405 if its origin is not named: then OPTIONS is not served. */
  preflight(request: IncomingRequest, methods: readonly Method[]): PlainResponse
}

/** @param origins - as given to `createHandler`. @throws TypeError */
export function createApiOrigins(issuer: string, origins: readonly string[]): ApiOrigins {
  if (!Array.isArray(origins) || origins.length > MAX_ORIGINS || !origins.every(isOrigin))
    throw invalidOption(
      'createHandler',
      'origins',
      `an array of at most ${MAX_ORIGINS} origins such as https://console.example`,
      Array.isArray(origins) ? origins.find((one) => !isOrigin(one)) : origins,
    )
  const { origin: own } = new URL(issuer)
  const named: ReadonlySet<string> = new Set(origins)
  const namedOrigin = ({ headers }: IncomingRequest) => {
    const origin = headers.get('origin')
    return origin !== null && named.has(origin) ? origin : undefined
  }

  return {
    areNamed: named.size > 0,
    assertMayChange(request) {
      // Browsers send Origin with every change, and no page can set it.
      if (namedOrigin(request) === undefined) assertSameOrigin(request, own)
    },
    async respondTo(request, respond) {
      const origin = namedOrigin(request)
      if (origin === undefined) return respond()
      const headers = corsFor(origin)
      try {
        const response = await respond()
        return response instanceof PlainResponse ? withHeaders(response, headers) : withCors(response, headers)
      } catch (error) {
        const refusal = errorResponse(error, 'api', request.headers)
        if (!refusal) throw error
        return withHeaders(refusal, headers)
      }
    },
    preflight(request, methods) {
      const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
      const origin = namedOrigin(request)
      if (origin === undefined)
        throw new HttpError(405, 'invalid_request', 'this method is not allowed for this path', { headers: { allow } })
      const asked = request.headers.get('access-control-request-headers') ?? ''
      const mayAsk = asked.length <= MAX_HEADER_NAMES && HEADER_NAMES.test(asked)
      const headers = {
        ...corsFor(origin),
        'access-control-allow-methods': allow,
        'access-control-allow-headers': mayAsk ? asked : 'content-type',
        'access-control-max-age': PREFLIGHT_SECONDS,
      }
      return emptyResponse({ status: 204, headers })
    },
  }
}

function isOrigin(value: unknown): boolean {
  return isIssuer(value) && new URL(value as string).origin === value
}

function corsFor(origin: string): Readonly<Record<string, string>> {
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' }
}

function withCors(response: Response, headers: Readonly<Record<string, string>>): Response {
  const copy = new Response(response.body, response)
  for (const [name, value] of Object.entries(headers))
    if (name === 'vary') copy.headers.append(name, value)
    else copy.headers.set(name, value)
  return copy
}
