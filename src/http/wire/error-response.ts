import { type AppGrantError, type ErrorCode, isAppGrantError } from '../../base/errors.ts'
import { challenge } from './challenge.ts'
import { type ErrorReply, errorReply, HttpError, invalidClient, invalidToken } from './http-error.ts'
import type { IncomingRequest } from './request.ts'
import { jsonResponse, type PlainResponse, withHeaders } from './response.ts'

/** Seconds after which clients should retry during an outage. */
const RETRY_AFTER_SECONDS = '5'

/** The error codes of a response: those of the OAuth RFCs, or those of `AppGrantError`. */
export type ErrorFormat = 'oauth' | 'api'

/** Errors become responses here and nowhere else. Returns undefined if the error is unexpected. */
export function errorResponse(
  error: unknown,
  format: ErrorFormat,
  headers: IncomingRequest['headers'],
): PlainResponse | undefined {
  if (error instanceof HttpError) return challenging(error, headers)
  if (!isAppGrantError(error)) return undefined
  return challenging(format === 'oauth' ? oauthError(error) : apiError(error), headers)
}

/** The response to an unexpected error, with nothing of the error in it. */
export function serverErrorResponse(): PlainResponse {
  return httpErrorResponse(errorReply(500, 'server_error', 'the request could not be processed'))
}

/** The 503 for an outage or overload; undefined for any other error. */
export function outageResponse(error: unknown): PlainResponse | undefined {
  return isAppGrantError(error, ...OUTAGES) ? httpErrorResponse(unavailable(error)) : undefined
}

/** Status and headers of an error page. It is never a 401: a browser would ask the user for the app's credentials. */
export function pageStatus(error: HttpError | AppGrantError): Pick<ErrorReply, 'status' | 'headers'> {
  if (error instanceof HttpError) return error
  if (isAppGrantError(error, 'limit_reached')) return tooMany(error, error.code)
  return isAppGrantError(error, ...OUTAGES) ? unavailable(error) : { status: 400, headers: {} }
}

/** A 401 for wrong credentials of an app has the challenge that fits the request. */
function challenging(error: ErrorReply, headers: IncomingRequest['headers']): PlainResponse {
  const response = httpErrorResponse(error)
  const { status, code, message } = error
  if (status !== 401 || code !== 'invalid_client') return response
  return withHeaders(response, { 'www-authenticate': challenge(headers, code, asDescription(message)) })
}

function httpErrorResponse({ status, code, message, headers, details }: ErrorReply): PlainResponse {
  return jsonResponse({ error: code, error_description: asDescription(message), ...details }, { status, headers })
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
  'clock_unavailable',
  'signing_unavailable',
  'clock_skew',
  'claims_unavailable',
  'replay_unavailable',
  'legacy_secret_unavailable',
  'issuer_unavailable',
  'document_unavailable',
  'conflict',
] as const

const LIMITS = ['too_many_failures', 'limit_reached'] as const

function unavailable(error: AppGrantError): ErrorReply {
  const isKnown = isAppGrantError(error, 'document_unavailable')
  const seconds = isKnown ? String(error.details.retryAfterSeconds) : RETRY_AFTER_SECONDS
  return errorReply(503, 'temporarily_unavailable', error.message, { headers: { 'retry-after': seconds } })
}

/** Maps to the error codes of the OAuth RFCs (ERR-1). */
function oauthError(error: AppGrantError): ErrorReply {
  const { code, message } = error
  if (isAppGrantError(error, 'app_authentication_failed')) return invalidClient(message)
  if (isAppGrantError(error, 'invalid_token')) return invalidToken(message)
  if (isAppGrantError(error, 'too_many_failures')) return tooMany(error, 'invalid_client')
  if (isAppGrantError(error, 'limit_reached')) return tooMany(error, 'temporarily_unavailable')
  if (isAppGrantError(error, ...OUTAGES)) return unavailable(error)
  if (isAppGrantError(error, 'dpop_nonce_required'))
    return errorReply(400, 'use_dpop_nonce', message, { headers: { 'dpop-nonce': error.details.nonce } })
  return errorReply(400, OAUTH_CODES[code] ?? 'invalid_request', message)
}

// invalid_grant is permanent; a state that can be undone is unauthorized_client.
const OAUTH_CODES: Partial<Record<ErrorCode, string>> = {
  app_suspended: 'unauthorized_client',
  app_not_trusted: 'unauthorized_client',
  account_blocked: 'unauthorized_client',
  not_permitted: 'unauthorized_client',
  app_limit_reached: 'invalid_grant',
  foreign_token: 'invalid_grant',
  invalid_code: 'invalid_grant',
  invalid_dpop_proof: 'invalid_dpop_proof',
  invalid_refresh_token: 'invalid_grant',
  invalid_device_code: 'invalid_grant',
  expired_device_code: 'expired_token',
  authorization_pending: 'authorization_pending',
  slow_down: 'slow_down',
  access_denied: 'access_denied',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
}

function apiError(error: AppGrantError): ErrorReply {
  const { code, message, details } = error
  // The reason is for the host only.
  if (isAppGrantError(error, 'invalid_token')) return invalidToken(message)
  if (isAppGrantError(error, ...LIMITS)) return tooMany(error, code)
  // A repeat of the same request would be refused again.
  const isOutage = isAppGrantError(error, ...OUTAGES) && !('changed' in details)
  const headers = isOutage ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return errorReply(isOutage ? 503 : (API_STATUSES[code] ?? 400), code, message, {
    headers,
    details: { ...details },
  })
}

const API_STATUSES: Partial<Record<ErrorCode, number>> = {
  app_not_found: 404,
  conflict: 409,
  secret_not_found: 404,
  not_permitted: 403,
  account_blocked: 403,
  suspended_above: 409,
  app_limit_reached: 409,
  already_registered: 409,
  secret_limit_reached: 409,
}

function tooMany({ message, details }: AppGrantError<(typeof LIMITS)[number]>, code: string): ErrorReply {
  return errorReply(429, code, message, { headers: { 'retry-after': String(details.retryAfterSeconds) } })
}
