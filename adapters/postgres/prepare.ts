import { unusableStore } from '../../src/base/unusable-store.ts'
import type { PostgresClient } from './client.ts'
import { type Connection, openConnection, type Row } from './connection.ts'
import type { Names } from './names.ts'
import { COLUMNS, FUNCTIONS, functions, migrations, VERSION } from './schema.ts'
import { withFix } from './with-fix.ts'

const MIN_VERSION = 140_000
const MAX_SKEW_MS = 1000
const TABLE_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const

/**
 * Rejects a server that cannot be used, creates or migrates the table, and warns about risky settings. Returns whether
 * the connection is one that no pooler shares.
 */
export async function prepareDatabase(names: Names, create: () => PostgresClient): Promise<{ isDirect: boolean }> {
  try {
    const connection = await openConnection({ create })
    try {
      await refuseServer(connection)
      await migrate(connection, names)
      await refuseTable(connection, names)
      await warnOfSettings(connection)
      await warnOfClock(connection)
      return { isDirect: connection.process !== undefined }
    } finally {
      await connection.close()
    }
  } catch (error) {
    throw withFix(error, names)
  }
}

async function refuseServer(connection: Connection): Promise<void> {
  const { version, encoding, isolation } = await setting(
    connection,
    `current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding,
      current_setting('default_transaction_isolation') AS isolation`,
  )
  if (Number(version) < MIN_VERSION)
    throw unusableStore('appgrant needs PostgreSQL 14 or newer', 'Update the server, or use another one.')
  if (encoding !== 'UTF8')
    throw unusableStore(
      `the encoding of the database is ${encoding}, and appgrant needs UTF8`,
      "Create another one: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'.",
    )
  if (isolation !== 'read committed')
    throw unusableStore(
      `default_transaction_isolation is ${isolation}, and appgrant needs read committed`,
      "ALTER ROLE … SET default_transaction_isolation = 'read committed'.",
    )
}

/** Creates what is missing, in one transaction. A role without the right to create needs no right if nothing is missing. */
async function migrate(connection: Connection, names: Names): Promise<void> {
  if (isComplete(await found(connection, names))) return
  try {
    await connection.query('BEGIN')
    await connection.query("SELECT set_config('statement_timeout', '0', true)")
    // Nodes that start at the same time do this one after the other.
    await connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text', [`${names.table} migration`])
    const present = await found(connection, names)
    if (!isComplete(present)) {
      for (const step of migrations(names).slice(present.version)) await connection.query(step)
      await connection.query(functions(names))
    }
    await connection.query('COMMIT')
  } catch (error) {
    connection.destroy()
    throw error
  }
}

/** What the database has. */
interface Found {
  /** The version of the table, or 0 if there is none. */
  readonly version: number
  /** Whether no function is missing. */
  readonly hasFunctions: boolean
}

const isComplete = ({ version, hasFunctions }: Found) => version === VERSION && hasFunctions

/** Rejects a table of another program, and one of a newer version. */
async function found(connection: Connection, { schema, name, of, bare, channel }: Names): Promise<Found> {
  // Read from the catalog, because a name may be looked up in a cache that is older than the lock.
  const { present, columns } = await setting(
    connection,
    `(SELECT string_agg(DISTINCT proname, ' ') FROM pg_proc JOIN pg_namespace AS schema ON schema.oid = pronamespace
      WHERE nspname = '${schema}') AS present,
    (SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), collname), ', ' ORDER BY attnum)
      FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
      LEFT JOIN pg_collation ON pg_collation.oid = attcollation
      WHERE nspname = '${schema}' AND relname = '${name}' AND attnum > 0 AND NOT attisdropped) AS columns`,
  )
  const there = new Set(present?.split(' '))
  const hasFunctions = Object.keys(FUNCTIONS).every((one) => there.has(bare(one)))
  const version = there.has(bare('version')) ? await versionIn(connection, of('version')) : undefined
  if (version !== undefined && version > VERSION)
    throw unusableStore(
      `the table has version ${version}, and this version of appgrant knows ${VERSION}`,
      `${channel}: update appgrant.`,
    )
  if (columns === null) return { version: 0, hasFunctions }
  // A dump of the table alone lacks the functions.
  if (version === undefined && columns !== COLUMNS)
    throw unusableStore(
      `the table ${channel} belongs to another program`,
      'Choose another name with the option `table`.',
    )
  return { version: version ?? VERSION, hasFunctions }
}

async function versionIn(connection: Connection, name: string): Promise<number> {
  const { version } = await setting(connection, `${name}()::text AS version`)
  return Number(version)
}

async function refuseTable(connection: Connection, { table, of, channel }: Names): Promise<void> {
  const may = [
    ...TABLE_PRIVILEGES.map((right) => [`${right} on ${channel}`, `has_table_privilege('${table}', '${right}')`]),
    ...Object.entries(FUNCTIONS).map(([name, types]) => [
      `EXECUTE on ${channel}_${name}`,
      `has_function_privilege('${of(name)}(${types})', 'EXECUTE')`,
    ]),
  ]
  const rights = await setting(connection, may.map(([, right], n) => `(${right})::text AS right${n}`).join(', '))
  const missing = may.flatMap(([name], n) => (rights[`right${n}`] === 'true' ? [] : [name]))
  if (missing.length > 0)
    throw unusableStore(`this role lacks privileges: ${missing.join(', ')}`, 'GRANT them to the role of the client.')
  const { persistence, secured } = await setting(
    connection,
    `(SELECT relpersistence::text FROM pg_class WHERE oid = '${table}'::regclass) AS persistence,
      row_security_active('${table}')::text AS secured`,
  )
  if (persistence !== 'p')
    throw unusableStore(
      'the table is unlogged or temporary: a crash would empty it',
      `ALTER TABLE ${channel} SET LOGGED, or remove a temporary one.`,
    )
  if (secured === 'true')
    throw unusableStore(
      'row-level security hides records of the table from this role',
      `ALTER TABLE ${channel} DISABLE ROW LEVEL SECURITY, or give the role BYPASSRLS.`,
    )
}

async function warnOfSettings(connection: Connection): Promise<void> {
  const { fsync, pages, standbys, replicas, idle } = await setting(
    connection,
    `current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
      current_setting('synchronous_standby_names') AS standbys,
      (SELECT count(*) FROM pg_stat_replication)::text AS replicas,
      (SELECT reset_val FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout') AS idle`,
  )
  if (fsync !== 'on' || pages !== 'on')
    warn(
      'APPGRANT_POSTGRES_DURABILITY',
      'fsync or full_page_writes is off: a crash may undo revocations, or destroy the database',
    )
  if (standbys === '' && replicas !== '0')
    warn(
      'APPGRANT_POSTGRES_STANDBYS',
      'synchronous_standby_names is empty: a failover may undo acknowledged revocations',
    )
  if (idle === '0')
    warn(
      'APPGRANT_POSTGRES_IDLE_TRANSACTIONS',
      'idle_in_transaction_session_timeout is 0: a transaction that somebody leaves open keeps the space of expired tokens. ' +
        "Set it for the database, such as ALTER DATABASE … SET idle_in_transaction_session_timeout = '1min'",
    )
}

async function warnOfClock(connection: Connection): Promise<void> {
  const sent = Date.now()
  const { time } = await setting(connection, '(extract(epoch FROM clock_timestamp()) * 1000)::text AS time')
  const received = Date.now()
  const skew = Math.round(Math.max(sent - Number(time), Number(time) - received))
  if (skew > MAX_SKEW_MS)
    warn('APPGRANT_CLOCK_SKEW', `the clocks of this process and of the PostgreSQL server differ by ${skew} ms or more`)
}

async function setting(connection: Connection, columns: string): Promise<Row> {
  const [row] = await connection.query(`SELECT ${columns}`)
  return row ?? {}
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'AppGrantWarning', code })
}
