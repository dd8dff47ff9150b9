import { isAppGrantError } from '../base/errors.ts'
import { asDescription } from './error-answer.ts'
import { invalidRequest } from './http-error.ts'

/** Selected by one request at most. */
export const MAX_SELECTED = 100

/** The keys in a member of a body, each once. */
export function keysIn(body: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const { [name]: keys } = body
  const isList = Array.isArray(keys) && keys.length <= MAX_SELECTED && keys.every((key) => typeof key === 'string')
  if (!isList) throw invalidRequest(`${name}: expected a list of at most ${MAX_SELECTED} keys`)
  return [...new Set<string>(keys)]
}

/** One refusal does not undo the rest: it becomes the result of its item. What is malformed is refused as a whole. */
export async function resultOf<Result extends object>(refused: Result, act: () => Promise<Result>): Promise<object> {
  try {
    return await act()
  } catch (error) {
    if (!isAppGrantError(error) || error.code === 'invalid_request') throw error
    return { ...refused, error: error.code, error_description: asDescription(error.message) }
  }
}
