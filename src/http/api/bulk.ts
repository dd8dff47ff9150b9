import { isAppGrantError } from '../../base/errors.ts'
import { asDescription } from '../wire/error-response.ts'
import { invalidRequest } from '../wire/http-error.ts'

/** Maximum number of items in one request. */
export const MAX_SELECTED = 100

/** The app keys in a member of a body, without duplicates. */
export function appsIn(body: Readonly<Record<string, unknown>>): readonly string[] {
  const { apps } = body
  const isList = Array.isArray(apps) && apps.length <= MAX_SELECTED && apps.every((app) => typeof app === 'string')
  if (!isList) throw invalidRequest(`apps must be a list of at most ${MAX_SELECTED} app keys`)
  return [...new Set<string>(apps)]
}

/** Turns an error into the result of its item, so that the others proceed. A malformed request is rejected as a whole. */
export async function resultOf<Result extends object>(failed: Result, run: () => Promise<Result>): Promise<object> {
  try {
    return await run()
  } catch (error) {
    if (!isAppGrantError(error) || error.code === 'invalid_request') throw error
    return { ...failed, error: error.code, error_description: asDescription(error.message) }
  }
}
