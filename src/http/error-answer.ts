import { type AppGrantError, type ErrorCode, isAppGrantError } from '../base/errors.ts'
import { type Answer, jsonAnswer } from './answer.ts'
import { HttpError, invalidClient } from './http-error.ts'

/** Seconds after which asking again makes sense while something is down. */
const RETRY_AFTER_SECONDS = '5'

/** Whose words a refusal is told in: those of the OAuth RFCs, or the codes of `AppGrantError`. */
export type Wire = 'oauth' | 'api'

/** Everything that is refused or fails becomes a response here and nowhere else. Undefined: the error is not one of ours. */
export function errorAnswer(error: unknown, wire: Wire): Answer | undefined {
  if (error instanceof HttpError) return wireAnswer(error)
  if (!isAppGrantError(error)) return undefined
  return wireAnswer(wire === 'oauth' ? oauthError(error) : apiError(error))
}

/** The answer where something broke that should not: it tells nothing. */
export function serverErrorAnswer(): Answer {
  return wireAnswer(new HttpError(500, 'server_error', 'the request could not be served'))
}

/** Turns an outage into the answer that says so, and nothing else. */
export function outageAnswer(error: unknown): Answer | undefined {
  return isAppGrantError(error, ...OUTAGES) ? wireAnswer(unavailable(error)) : undefined
}

/** What a page of ours about an error answers with: a person is never asked for the credentials of an app. */
export function pageStatus(error: HttpError | AppGrantError): Pick<HttpError, 'status' | 'headers'> {
  if (error instanceof HttpError) return error
  return isAppGrantError(error, ...OUTAGES) ? unavailable(error) : { status: 400, headers: {} }
}

function wireAnswer({ status, code, message, headers, details }: HttpError): Answer {
  return jsonAnswer({ error: code, error_description: asDescription(message), ...details }, { status, headers })
}

/** RFC 6749 §5.2 allows printable ASCII without double quote and backslash. */
export function asDescription(message: string): string {
  return message
    .replaceAll('–', '-')
    .replaceAll('"', "'")
    .replaceAll(/[^\x20-\x7e]|\\/g, '?')
}

const OUTAGES = [
  'store_unavailable',
  'outcome_unknown',
  'directory_unavailable',
  'signing_unavailable',
  'issuer_unavailable',
] as const

function unavailable({ message }: AppGrantError): HttpError {
  return new HttpError(503, 'temporarily_unavailable', message, { headers: { 'retry-after': RETRY_AFTER_SECONDS } })
}

/** ERR-1. */
function oauthError(error: AppGrantError): HttpError {
  const { code, message } = error
  if (isAppGrantError(error, 'app_authentication_failed')) return invalidClient(message)
  if (isAppGrantError(error, 'too_many_failures')) return tooManyFailures(error, 'invalid_client')
  if (isAppGrantError(error, ...OUTAGES)) return unavailable(error)
  return new HttpError(400, OAUTH_CODES[code] ?? 'invalid_request', message)
}

// invalid_grant means gone for good; what can be undone is unauthorized_client.
const OAUTH_CODES: Partial<Record<ErrorCode, string>> = {
  app_suspended: 'unauthorized_client',
  app_not_trusted: 'unauthorized_client',
  account_blocked: 'unauthorized_client',
  not_permitted: 'unauthorized_client',
  foreign_token: 'invalid_grant',
  invalid_code: 'invalid_grant',
  invalid_refresh_token: 'invalid_grant',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
}

function apiError(error: AppGrantError): HttpError {
  const { code, message, details } = error
  if (isAppGrantError(error, 'too_many_failures')) return tooManyFailures(error, code)
  const status = API_STATUSES[code] ?? 400
  const headers = status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return new HttpError(status, code, message, { headers, details: { ...details } })
}

const API_STATUSES: Partial<Record<ErrorCode, number>> = {
  app_not_found: 404,
  secret_not_found: 404,
  not_permitted: 403,
  account_blocked: 403,
  suspended_above: 409,
  app_limit_reached: 409,
  secret_limit_reached: 409,
  conflict: 409,
  store_unavailable: 503,
  outcome_unknown: 503,
  directory_unavailable: 503,
}

function tooManyFailures({ message, details }: AppGrantError<'too_many_failures'>, code: string): HttpError {
  return new HttpError(429, code, message, { headers: { 'retry-after': String(details.retryAfterSeconds) } })
}
