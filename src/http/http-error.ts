/** What goes with a refusal. */
export interface HttpErrorOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** More members of the answer's body. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** A refusal in the words of the wire. It is thrown where a request is read, and becomes a response in one place. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly details: Readonly<Record<string, unknown>>

  /** @param description - may reach any client. */
  constructor(status: number, code: string, description: string, options: HttpErrorOptions = {}) {
    super(description)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.details = options.details ?? {}
  }
}

/** A request that breaks a rule of RFC 6749, or one of ours that is like it. */
export function invalidRequest(description: string, status = 400): HttpError {
  return new HttpError(status, 'invalid_request', description)
}

/** What every 401 of an endpoint for apps names. */
export const BASIC_CHALLENGE = { 'www-authenticate': 'Basic realm="apps", charset="UTF-8"' } as const

/** An app that did not prove who it is. */
export function invalidClient(description: string): HttpError {
  return new HttpError(401, 'invalid_client', description, { headers: BASIC_CHALLENGE })
}
