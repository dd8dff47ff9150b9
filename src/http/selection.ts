import { isAppGrantError } from '../base/errors.ts'
import { asDescription } from './error-answer.ts'
import { invalidRequest } from './http-error.ts'

/** Maximum number of items in one request. */
export const MAX_SELECTED = 100

/** The app keys in a member of a body, without duplicates. */
export function keysIn(body: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const { [name]: keys } = body
  const isList = Array.isArray(keys) && keys.length <= MAX_SELECTED && keys.every((key) => typeof key === 'string')
  if (!isList) throw invalidRequest(`${name} must be a list of at most ${MAX_SELECTED} app keys`)
  return [...new Set<string>(keys)]
}

/** Turns an error into the result of its item, so that the others proceed. A malformed request is rejected as a whole. */
export async function resultOf<Result extends object>(refused: Result, act: () => Promise<Result>): Promise<object> {
  try {
    return await act()
  } catch (error) {
    if (!isAppGrantError(error) || error.code === 'invalid_request') throw error
    return { ...refused, error: error.code, error_description: asDescription(error.message) }
  }
}
