import { isNotApplied } from '../../src/store.ts'
import type { PostgresClient } from './client.ts'
import { type Connection, openConnection, type Row } from './connection.ts'
import { sqlState } from './errors.ts'
import type { Names } from './names.ts'
import { FUNCTIONS, migrations, VERSION } from './schema.ts'

const MIN_VERSION = 140_000
const MAX_SKEW_MS = 1000
const TABLE_EXISTS = '42P07'
const NOT_PERMITTED = '42501'
const TABLE_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const

/**
 * Rejects a server that cannot be used, creates or migrates the table, and warns about risky settings. Returns whether
 * the connection is one that no pooler shares.
 */
export async function prepareDatabase(names: Names, create: () => PostgresClient): Promise<{ isDirect: boolean }> {
  const connection = await openConnection({ create }).catch((error) => {
    // Nothing was asked of the store yet: what the mark says is of no interest.
    throw isNotApplied(error) && error instanceof Error && error.cause ? error.cause : error
  })
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
}

async function refuseServer(connection: Connection): Promise<void> {
  const { version, encoding, isolation } = await setting(
    connection,
    `current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding,
      current_setting('default_transaction_isolation') AS isolation`,
  )
  if (Number(version) < MIN_VERSION) throw new Error('appgrant needs PostgreSQL 14 or newer')
  if (encoding !== 'UTF8') throw new Error(`the encoding of the database is ${encoding}, and appgrant needs UTF8`)
  if (isolation !== 'read committed')
    throw new Error(
      `default_transaction_isolation is ${isolation}, and appgrant needs read committed. ` +
        'Change it with ALTER ROLE … SET default_transaction_isolation',
    )
}

/** Runs the missing steps in one transaction. A role without the right to create needs no right if nothing is missing. */
async function migrate(connection: Connection, names: Names): Promise<void> {
  const found = await versionIn(connection, names)
  if (found > VERSION)
    throw new Error(`the table has version ${found}, and this version of appgrant knows ${VERSION}. Update appgrant`)
  if (found === VERSION) return
  try {
    await connection.query('BEGIN')
    await connection.query("SELECT set_config('statement_timeout', '0', true)")
    // Nodes that start at the same time do this one after the other.
    await connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text', [`${names.table} migration`])
    for (const step of migrations(names).slice(await versionIn(connection, names))) await connection.query(step)
    await connection.query('COMMIT')
  } catch (error) {
    connection.destroy()
    if (sqlState(error) === TABLE_EXISTS)
      throw new Error(`the table ${names.channel} belongs to another program. Choose another name`, { cause: error })
    if (sqlState(error) === NOT_PERMITTED)
      throw new Error('this role may not create the table. Call prepare() once as a role that may', { cause: error })
    throw error
  }
}

/** The version of the table, or 0 if there is none. */
async function versionIn(connection: Connection, { schema, of, bare }: Names): Promise<number> {
  // Read from the catalog, because a name may be looked up in a cache that is older than the lock.
  const { found } = await setting(
    connection,
    `(SELECT count(*) FROM pg_proc JOIN pg_namespace AS schema ON schema.oid = pronamespace
      WHERE nspname = '${schema}' AND proname = '${bare('version')}')::text AS found`,
  )
  if (found === '0') return 0
  const { version } = await setting(connection, `${of('version')}()::text AS version`)
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
  if (missing.length > 0) throw new Error(`this role lacks privileges: ${missing.join(', ')}`)
  const { persistence, secured } = await setting(
    connection,
    `(SELECT relpersistence::text FROM pg_class WHERE oid = '${table}'::regclass) AS persistence,
      row_security_active('${table}')::text AS secured`,
  )
  if (persistence !== 'p') throw new Error('the table is unlogged or temporary: a crash would empty it')
  if (secured === 'true') throw new Error('row-level security hides records of the table from this role')
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
      'idle_in_transaction_session_timeout is 0: a transaction that somebody leaves open keeps the space of expired tokens',
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
