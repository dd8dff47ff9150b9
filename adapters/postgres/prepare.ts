import { unusableStore } from '../../src/base/unusable-store.ts'
import type { PostgresClient } from './client.ts'
import { type Connection, openConnection, type Row } from './connection.ts'
import type { Names } from './names.ts'
import { COLUMNS, FUNCTIONS, functions, migrations, NOW, VERSION } from './schema.ts'
import { withFix } from './with-fix.ts'

const MIN_VERSION = 140_000
const MAX_SKEW_MS = 1000
const LOCK_MS = 2000
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
  const { version, encoding, isolation, reading } = await setting(
    connection,
    `pg_catalog.current_setting('server_version_num') AS version,
      pg_catalog.current_setting('server_encoding') AS encoding,
      pg_catalog.current_setting('default_transaction_isolation') AS isolation,
      pg_catalog.current_setting('default_transaction_read_only') AS reading`,
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
  if (reading !== 'off')
    throw unusableStore(
      'default_transaction_read_only is on: nothing could be written',
      'ALTER ROLE … SET default_transaction_read_only = off.',
    )
}

/** Creates what is missing, in one transaction. A role without the right to create needs no right if nothing is missing. */
async function migrate(connection: Connection, names: Names): Promise<void> {
  if (isComplete(await found(connection, names))) return
  try {
    await connection.query('BEGIN')
    // A statement that waits for longer would go on waiting after its connection was closed.
    await connection.query(
      `SELECT pg_catalog.set_config('statement_timeout', '0', true),
        pg_catalog.set_config('lock_timeout', '${LOCK_MS}', true)`,
    )
    // Nodes that start at the same time do this one after the other.
    await connection.query(
      'SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1::text, 0::bigint))::text',
      [`${names.table} migration`],
    )
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
async function found(connection: Connection, { schema, name, bare, shown }: Names): Promise<Found> {
  // Read from the catalog, because a name may be looked up in a cache that is older than the lock.
  const { present, source, columns } = await setting(
    connection,
    `(SELECT pg_catalog.string_agg(proname || '(' || pg_catalog.oidvectortypes(proargtypes) || ')', ';'::text)
      FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace AS schema ON schema.oid = pronamespace
      WHERE nspname = '${schema}') AS present,
    (SELECT prosrc FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace AS schema ON schema.oid = pronamespace
      WHERE nspname = '${schema}' AND proname = '${bare('version')}' AND pronargs = 0) AS source,
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', attname, pg_catalog.format_type(atttypid, atttypmod),
        collname), ', '::text ORDER BY attnum)
      FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace AS schema ON schema.oid = relnamespace
      JOIN pg_catalog.pg_attribute ON attrelid = pg_class.oid
      LEFT JOIN pg_catalog.pg_collation ON pg_collation.oid = attcollation
      WHERE nspname = '${schema}' AND relname = '${name}' AND attnum > 0 AND NOT attisdropped) AS columns`,
  )
  const there = new Set(present?.split(';'))
  const hasFunctions = Object.entries(FUNCTIONS).every(([one, types]) => there.has(`${bare(one)}(${types})`))
  // Read and not called, because it may be a function of somebody else.
  const version = Number(/^SELECT (\d+)$/.exec(source ?? '')?.[1] ?? VERSION)
  if (version > VERSION)
    throw unusableStore(
      `the table has version ${version}, and this version of appgrant knows ${VERSION}`,
      `${shown}: update appgrant.`,
    )
  if (columns === null) return { version: 0, hasFunctions }
  // A dump of the table alone lacks the functions, and DROP TABLE leaves them.
  if (columns !== COLUMNS)
    throw unusableStore(`the table ${shown} belongs to another program`, 'Choose another name with the option `table`.')
  return { version, hasFunctions }
}

async function refuseTable(connection: Connection, { schema, table, of, shown }: Names): Promise<void> {
  const functionsOf = Object.entries(FUNCTIONS).map(([name, types]) => `${of(name)}(${types})`)
  const may = [
    ...TABLE_PRIVILEGES.map((right) => [
      `${right} on ${shown}`,
      `pg_catalog.has_table_privilege('${table}', '${right}')`,
    ]),
    ...Object.keys(FUNCTIONS).map((name, n) => [
      `EXECUTE on ${shown}_${name}`,
      `pg_catalog.has_function_privilege('${functionsOf[n]}', 'EXECUTE')`,
    ]),
  ]
  const rights = await setting(connection, may.map(([, right], n) => `(${right})::text AS right${n}`).join(', '))
  const missing = may.flatMap(([name], n) => (rights[`right${n}`] === 'true' ? [] : [name]))
  if (missing.length > 0)
    throw unusableStore(
      `this role lacks privileges: ${missing.join(', ')}`,
      `GRANT them to the role of the client, those of functions by GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema}.`,
    )
  const { kind, persistence, secured, unique, strangers } = await setting(
    connection,
    `relkind::text AS kind, relpersistence::text AS persistence,
      pg_catalog.row_security_active('${table}')::text AS secured,
      (EXISTS (SELECT FROM pg_catalog.pg_index JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indrelid = pg_class.oid AND attname = 'key' AND indnkeyatts = 1 AND indpred IS NULL
          AND indisunique AND indisvalid AND indimmediate))::text AS unique,
      (SELECT pg_catalog.string_agg(DISTINCT rolname, ', '::text)
        FROM pg_catalog.pg_proc JOIN pg_catalog.pg_roles AS role ON role.oid = proowner
        WHERE pg_proc.oid IN (${functionsOf.map((one) => `'${one}'::regprocedure`).join(', ')})
          AND proowner <> relowner AND NOT rolsuper AND rolname <> current_user) AS strangers
      FROM pg_catalog.pg_class WHERE oid = '${table}'::regclass`,
  )
  if (kind !== 'r') throw unusableStore(`${shown} is not a plain table`, 'Remove it, or choose another name.')
  if (unique !== 'true')
    throw unusableStore(
      `the table ${shown} has no primary key, so that records would be stored twice`,
      `Restore it with its constraints, or ALTER TABLE ${shown} ADD PRIMARY KEY (key).`,
    )
  if (strangers !== null)
    throw unusableStore(
      `functions of ${shown} belong to another role than the table, which could change them: ${strangers}`,
      'If you do not know that role, REVOKE CREATE on the schema from it. Drop the functions, and call prepare() again.',
    )
  if (persistence !== 'p')
    throw unusableStore(
      'the table is unlogged or temporary: a crash would empty it',
      `ALTER TABLE ${shown} SET LOGGED, or remove a temporary one.`,
    )
  if (secured === 'true')
    throw unusableStore(
      'row-level security hides records of the table from this role',
      `ALTER TABLE ${shown} DISABLE ROW LEVEL SECURITY, or give the role BYPASSRLS.`,
    )
}

async function warnOfSettings(connection: Connection): Promise<void> {
  const { fsync, pages, standbys, replicas, idle } = await setting(
    connection,
    `pg_catalog.current_setting('fsync') AS fsync, pg_catalog.current_setting('full_page_writes') AS pages,
      pg_catalog.current_setting('synchronous_standby_names') AS standbys,
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication)::text AS replicas,
      (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'idle_in_transaction_session_timeout') AS idle`,
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
  const { time } = await setting(connection, `${NOW} AS time`)
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
