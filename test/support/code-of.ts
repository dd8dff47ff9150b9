import { type ErrorCode, isAppGrantError } from '../../src/base/errors.ts'

/** The code of the refusal of a call, or `ok` if it succeeded. Any other error passes through. */
export async function codeOf(call: Promise<unknown>): Promise<ErrorCode | 'ok'> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (isAppGrantError(error)) return error.code
    throw error
  }
}

/** The refusal of a call. */
export async function refusalOf(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    if (isAppGrantError(error)) return error
    throw error
  }
  throw new Error('expected a refusal, and the call ended well')
}
