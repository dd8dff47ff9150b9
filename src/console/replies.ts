import { type ErrorCode, isAppGrantError } from '../base/errors.ts'
import { HttpError } from '../http/wire/http-error.ts'
import type { Reply } from './call.ts'
import type { Failure } from './texts/failure.ts'

/**
 * What an error of the core becomes if the page of a route does not say it better. Undefined: it is not one of the core's.
 *
 * @param isForm - whether a form was sent, which then may be sent again.
 */
export function replyTo(error: unknown, isForm: boolean): Reply | undefined {
  if (error instanceof HttpError) return { failure: REFUSALS[error.status] ?? 'invalidRequest' }
  if (!isAppGrantError(error)) return undefined
  const reply = REPLIES[error.code] ?? { failure: 'invalidRequest' }
  return isForm || !('again' in reply) ? reply : { failure: 'unavailable' }
}

/** Why a request is not even read, by the status that the endpoints have for it. */
const REFUSALS: Readonly<Record<number, Failure>> = {
  403: 'crossSite',
  413: 'tooLarge',
  415: 'wrongType',
}

const REPLIES: Partial<Record<ErrorCode, Reply>> = {
  app_not_found: { failure: 'notFound' },
  secret_not_found: { failure: 'notFound' },
  not_permitted: { failure: 'notPermitted' },
  account_blocked: { failure: 'accountBlocked' },
  suspended_above: { failure: 'notPermitted' },
  conflict: { again: 'conflict' },
  limit_reached: { again: 'tooMany' },
  outcome_unknown: { again: 'notCertain' },
  store_unavailable: { again: 'notSaved' },
  directory_unavailable: { again: 'notSaved' },
  clock_unavailable: { again: 'notSaved' },
  clock_skew: { again: 'notSaved' },
}
