import { unusableStore } from '../../src/base/unusable-store.ts'
import { isNotApplied, notApplied } from '../../src/store.ts'

// The classes of SQLSTATE with which a server reports that it rolled a statement back: data, constraints, transaction
// state, statement names, authorization, syntax and access rights, resources, limits, object state, system, PL/pgSQL.
const ROLLED_BACK_CLASSES = new Set([
  '0A',
  '22',
  '23',
  '25',
  '26',
  '28',
  '2B',
  '3D',
  '3F',
  '42',
  '53',
  '54',
  '55',
  '58',
  'P0',
])
// Serialization failure, deadlock, and a statement that was cancelled, which is never while it waits for its commit.
const ROLLED_BACK = new Set(['40001', '40P01', '57014'])
const REPEATABLE = new Set(['40001', '40P01'])
// Tables or functions that do not exist.
const MISSING = new Set(['42P01', '42883', '3F000'])

/** The SQLSTATE of an error; undefined if it has none. */
export function sqlState(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  // The codes of Node begin with an E, which no SQLSTATE does.
  return typeof code === 'string' && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) ? code : undefined
}

/** Whether the server rolled the statement back. */
export function wasRolledBack(error: unknown): boolean {
  const code = sqlState(error)
  return code !== undefined && (ROLLED_BACK.has(code) || ROLLED_BACK_CLASSES.has(code.slice(0, 2)))
}

/**
 * Whether the server may have ended with this error, such as one of a full disk. It says so only in its own language. If it
 * did, it is not known what it had written.
 */
export function mayHaveEnded(error: unknown): boolean {
  return /^5[38]/.test(sqlState(error) ?? '')
}

/**
 * Whether the connection can go on. After an error that is not the server's, such as a timeout of the driver, it is not
 * known what it is doing. A plan that no longer fits, a name that something else has freed, and a standby, which only
 * reads (25006), would fail again.
 */
export function isUsableAfter(error: unknown): boolean {
  return wasRolledBack(error) && !/^(0A|26|25006)/.test(sqlState(error) ?? '')
}

/** Whether the same statement may succeed at once. */
export function isRepeatable(error: unknown): boolean {
  return REPEATABLE.has(sqlState(error) ?? '')
}

/** The error of a write: marked with `notApplied` if nothing was executed. */
export function writeError(error: unknown): unknown {
  return isNotApplied(error) || !wasRolledBack(error) ? error : notApplied(withHint(error))
}

/** Adds the fix to the error of a table or function that is missing. */
export function withHint(error: unknown): unknown {
  if (!MISSING.has(sqlState(error) ?? '')) return error
  return unusableStore(
    'the table of appgrant, or one of its functions, does not exist',
    "Call the store's prepare() once. If that was done, this is another database or table: correct what `client` " +
      'connects to, or the option `table`.',
    error,
  )
}
