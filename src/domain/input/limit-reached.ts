import { AppGrantError, type ErrorDetails } from '../../base/errors.ts'

/** The error for a request beyond one of the options `limits`. */
export function limitReached(
  details: ErrorDetails['limit_reached'] & {
    readonly limit: Exclude<ErrorDetails['limit_reached']['limit'], 'feedReaders'>
  },
): AppGrantError<'limit_reached'> {
  return new AppGrantError('limit_reached', {
    details,
    message: `the limit ${details.limit} is reached`,
    hint: `Wait ${details.retryAfterSeconds} s, or raise the option limits.${details.limit}. Nothing was stored.`,
  })
}
