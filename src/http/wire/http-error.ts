export interface HttpErrorOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** More members of the response body. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** What a client learns of an error. */
export interface ErrorReply {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
  readonly details: Readonly<Record<string, unknown>>
}

/** An error with its status and error code, thrown while a request is read. One place turns it into a response. */
export class HttpError extends Error implements ErrorReply {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly details: Readonly<Record<string, unknown>>

  /** @param description - may be sent to any client. */
  constructor(status: number, code: string, description: string, options: HttpErrorOptions = {}) {
    super(description)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.details = options.details ?? {}
  }
}

/** As {@link HttpError}, for an error that was thrown already: to capture another stack takes a tenth of what a refusal takes. */
export function errorReply(status: number, code: string, message: string, options: HttpErrorOptions = {}): ErrorReply {
  return { status, code, message, headers: options.headers ?? {}, details: options.details ?? {} }
}

/** A request that violates RFC 6749 or a similar rule of this API. */
export function invalidRequest(description: string, status = 400): HttpError {
  return new HttpError(status, 'invalid_request', description)
}

/** A 401 whose challenge has the same error as its body (RFC 6750 §3). @param description - without quotes. */
export function invalidToken(description: string): HttpError {
  const challenge = `Bearer error="invalid_token", error_description="${description}"`
  return new HttpError(401, 'invalid_token', description, { headers: { 'www-authenticate': challenge } })
}

/** Its challenge depends on the request, and is added to the response. */
export function invalidClient(description: string): HttpError {
  return new HttpError(401, 'invalid_client', description)
}
