import { type ErrorCode, isAppGrantError } from '../../src/base/errors.ts'

/** The code of the refusal a call ended with, `ok` where it ended well. Any other error passes through. */
export async function codeOf(call: Promise<unknown>): Promise<ErrorCode | 'ok'> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (isAppGrantError(error)) return error.code
    throw error
  }
}

/** The refusal a call ended with. */
export async function refusalOf(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    if (isAppGrantError(error)) return error
    throw error
  }
  throw new Error('expected a refusal, and the call ended well')
}
