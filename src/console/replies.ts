import { type ErrorCode, isAppGrantError } from '../base/errors.ts'
import type { Reply } from './call.ts'

/**
 * What an error of the core becomes if the page of a route does not say it better. Undefined: it is not one of the core's.
 *
 * @param isForm - whether a form was sent, which then may be sent again.
 */
export function replyTo(error: unknown, isForm: boolean): Reply | undefined {
  if (!isAppGrantError(error)) return undefined
  const reply = REPLIES[error.code] ?? { failure: 'invalidRequest' }
  return isForm || !('again' in reply) ? reply : { failure: 'unavailable' }
}

const REPLIES: Partial<Record<ErrorCode, Reply>> = {
  app_not_found: { failure: 'notFound' },
  secret_not_found: { failure: 'notFound' },
  not_permitted: { failure: 'notPermitted' },
  account_blocked: { failure: 'accountBlocked' },
  conflict: { again: 'conflict' },
  outcome_unknown: { again: 'notCertain' },
  store_unavailable: { again: 'notSaved' },
  directory_unavailable: { again: 'notSaved' },
  clock_unavailable: { again: 'notSaved' },
}
