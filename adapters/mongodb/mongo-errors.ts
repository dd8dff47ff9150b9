import { unusableStore } from '../../src/base/unusable-store.ts'
import { notApplied } from '../../src/store.ts'

const DUPLICATE_KEY = 11_000
const BAD_VALUE = 2

interface DriverError {
  readonly code?: unknown
  readonly errmsg?: unknown
  readonly errorLabels?: readonly string[]
  readonly reason?: { readonly type?: unknown }
}

/** The name of the unique index that rejected a document; undefined for any other error. */
export function refusingIndex(error: unknown): string | undefined {
  const { code, errmsg } = error as DriverError
  return code === DUPLICATE_KEY ? / index: (\S+) dup key/.exec(String(errmsg))?.[1] : undefined
}

/**
 * The error of a write, marked with `notApplied` if nothing was executed. The server labels writes that it refused
 * before it started, and the driver passes the label on only if it made no other attempt. If no server was ever found,
 * nothing was sent. If a server can no longer be found, an earlier attempt may have reached it.
 */
export function writeError(error: unknown): unknown {
  const { errorLabels, reason } = error as DriverError
  const known = errorLabels?.includes('NoWritesPerformed') || reason?.type === 'Unknown'
  return known ? notApplied(error) : error
}

/** The error of a command that names an index. If the server has no such index, says how to create it. */
export function readError(error: unknown): unknown {
  const { code, errmsg } = error as DriverError
  return code === BAD_VALUE && /hint/.test(String(errmsg)) ? missingIndexes([], error) : error
}

/** The error for a missing index, which says how to create it. */
export function missingIndexes(names: readonly string[], cause?: unknown): Error {
  const which = names.length > 0 ? `: ${names.join(', ')}` : ''
  return unusableStore(
    `the MongoDB collection lacks an index of appgrant${which}`,
    "Call the store's prepare() once. If that was done, this is another database or collection: correct the options " +
      '`db` and `collection`.',
    cause,
  )
}

const FIXES: Readonly<Record<number, readonly [message: string, hint: string]>> = {
  13: [
    'the MongoDB user may not use the collection',
    'Grant it the role readWrite on the database, and connect with its password.',
  ],
  18: ['the MongoDB server refuses the user or its password', 'Correct the user, the password and `authSource`.'],
  8000: ['the MongoDB server refuses the user or its password', 'Correct the user, the password and `authSource`.'],
}

/** Adds the fix to the error of `prepare()`. An error without a known fix is returned as it is. */
export function withFix(error: unknown): unknown {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  const fix = name === 'MongoServerSelectionError' ? UNREACHABLE : FIXES[Number(code)]
  return fix ? unusableStore(...fix, error) : error
}

const UNREACHABLE = [
  'no MongoDB server can be reached',
  'Correct the hosts that the client connects to, or start the server. For writes a primary is needed.',
] as const
