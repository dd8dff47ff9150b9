import { AppGrantError, type ErrorDetails, isAppGrantError } from '../../base/errors.ts'

/** Runs `call`. An unknown outcome gets the details needed to settle it: the key or the id of what may exist now. */
export async function withOutcomeDetails<T>(
  details: ErrorDetails['outcome_unknown'],
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!isAppGrantError(error, 'outcome_unknown')) throw error
    const { message, hint, cause } = error
    throw new AppGrantError('outcome_unknown', { message, hint, cause, details })
  }
}
