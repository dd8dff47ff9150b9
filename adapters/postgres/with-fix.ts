import { unusableStore } from '../../src/base/unusable-store.ts'
import { isNotApplied } from '../../src/store.ts'
import { sqlState } from './errors.ts'
import type { Names } from './names.ts'

const NOT_PERMITTED = '42501'
const CONNECT = 'connect'

/** What is wrong, and the fix, by SQLSTATE or by the code of Node. */
const FIXES: Readonly<Record<string, (names: Names) => readonly [message: string, hint: string]>> = {
  '28P01': () => [
    'the PostgreSQL server refuses the user or its password',
    'Correct the user and the password that `client` connects with.',
  ],
  '28000': () => [
    'the PostgreSQL server refuses the user',
    'Create the role that `client` connects as, with LOGIN, or correct its name. pg_hba.conf must let it connect.',
  ],
  '3D000': () => [
    'the PostgreSQL server has no such database',
    'Create the database that `client` connects to, or correct its name.',
  ],
  '3F000': ({ schema }) => [
    'the schema of the table does not exist',
    `CREATE SCHEMA ${schema}, or choose another one with the option \`table\`.`,
  ],
  '42P07': ({ shown }) => [
    `the table ${shown} cannot be created, because its name or that of an index is taken`,
    'Choose another name with the option `table`.',
  ],
  [NOT_PERMITTED]: ({ schema, shown }) => [
    `this role may not create the table ${shown} and its functions, or may not use the schema ${schema}`,
    `Call prepare() once as a role that may, such as the owner of the schema, or GRANT USAGE, CREATE ON SCHEMA ${schema}.`,
  ],
  [CONNECT]: () => [
    'this role may not connect to the database',
    'GRANT CONNECT ON DATABASE … to the role that `client` connects as.',
  ],
  '53300': () => [
    'the PostgreSQL server has no free connection',
    'Increase max_connections, or close connections: each store needs thirteen.',
  ],
  '25006': () => ['the PostgreSQL server is a standby, not the primary', 'Let `client` lead to the primary.'],
  '55P03': () => [
    'another session holds a lock that prepare() waits for',
    'Repeat prepare(). If it goes on, look at pg_locks: another node prepares, or a transaction on the table stays open.',
  ],
  '57P03': () => ['the PostgreSQL server is starting or stopping', 'Repeat prepare() when it runs.'],
}
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
])

/** Adds the fix to the error of a server or driver. An error without a known fix is returned as it is. */
export function withFix(error: unknown, names: Names): unknown {
  // Nothing was asked of the store yet: what the mark says is of no interest.
  const original = isNotApplied(error) && error instanceof Error && error.cause ? error.cause : error
  const state = sqlState(original) ?? ''
  const fix = FIXES[state === NOT_PERMITTED && original !== error ? CONNECT : state]
  if (fix) return unusableStore(...fix(names), original)
  const { code, message } = (original ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  // The driver finds it itself, and gives the error no code.
  if (/^SASL: .*password must be/.test(String(message)))
    return unusableStore(
      'the PostgreSQL server wants a password',
      'Give `client` the password of its user, as a string that is not empty.',
      original,
    )
  if (!UNREACHABLE.has(String(code))) return original
  return unusableStore(
    'no PostgreSQL server can be reached',
    'Correct the host and the port that `client` connects to, or start the server.',
    original,
  )
}
