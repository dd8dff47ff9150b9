import { notApplied } from '../../src/store/store.ts'

const DUPLICATE_KEY = 11_000
const BAD_VALUE = 2

interface DriverError {
  readonly code?: unknown
  readonly errmsg?: unknown
  readonly errorLabels?: readonly string[]
  readonly reason?: { readonly type?: unknown }
}

/** The name of the unique index that refused a document; undefined where the error is another one. */
export function refusingIndex(error: unknown): string | undefined {
  const { code, errmsg } = error as DriverError
  return code === DUPLICATE_KEY ? / index: (\S+) dup key/.exec(String(errmsg))?.[1] : undefined
}

/**
 * The error of a single write, marked where it is known that nothing was executed. The server labels what it refused before
 * it began, and a driver passes the label on only where no other attempt was made. Where no server was ever found, nothing
 * was sent; one not found any more proves nothing: a first attempt may have reached it.
 */
export function writeError(error: unknown): unknown {
  const { errorLabels, reason } = error as DriverError
  const known = errorLabels?.includes('NoWritesPerformed') || reason?.type === 'Unknown'
  return known ? notApplied(error) : error
}

/** The error of a command that names an index, which the server answers so where there is no such index. */
export function readError(error: unknown): unknown {
  const { code, errmsg } = error as DriverError
  return code === BAD_VALUE && /hint/.test(String(errmsg)) ? missingIndexes([], error) : error
}

/** Says what to do where the collection lacks an index that an answer depends on. */
export function missingIndexes(names: readonly string[], cause?: unknown): Error {
  const which = names.length > 0 ? `: ${names.join(', ')}` : ''
  return new Error(`the MongoDB collection lacks an index of appgrant's${which}. Call prepare() of the store once`, {
    cause,
  })
}
