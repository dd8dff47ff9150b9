import { AppGrantError } from './errors.ts'

/** The error of a server, database or file that a store cannot use. The hint says how to fix that. */
export function unusableStore(message: string, hint: string, cause?: unknown): AppGrantError {
  return new AppGrantError('store_unavailable', { message, hint, cause })
}
