import { SLACK_MS } from '../../src/store.ts'
import type { Names } from './names.ts'

/** The version of the table and its functions. */
export const VERSION = 1

/** The functions that the store calls, with the types of their parameters, as the catalog names them. */
export const FUNCTIONS = {
  version: '',
  insert: 'json, json, boolean, boolean',
  insert_one: 'text, text[], bigint, bigint, text, text, text, text, boolean, boolean, text, integer',
  replace: 'text, text, text[], bigint, bigint, text, text',
  sweep: 'bigint',
} as const

/** How long a statement waits for a lock, in ms. With the wait for a connection, less than core's default deadline. */
const LOCK_MS = 350
/** The maximum number of records that a sweep deletes. */
export const MAX_SWEPT = 256

/** The server's clock, in ms. */
export const NOW = '(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000::numeric)::text'

const LISTS = ['list1', 'list2', 'list3', 'list4'] as const

/** The columns of the table, in order, as the catalog describes them. */
export const COLUMNS = [
  'key text C',
  ...LISTS.map((list) => `${list} text C`),
  'position bigint',
  'expires_at bigint',
  'revision text C',
  'data text C',
].join(', ')

/** A call of a function, with a parameter for each of its own. Without their types, another function might fit better. */
export function callOf({ of }: Names, name: keyof typeof FUNCTIONS): string {
  const types = FUNCTIONS[name] === '' ? [] : FUNCTIONS[name].split(', ')
  return `${of(name)}(${types.map((type, n) => `$${n + 1}::${type}`).join(', ')})`
}

/** Something for each of the columns that name the lists of a record. Most records have one list or none. */
export function inLists<Part>(part: (column: (typeof LISTS)[number]) => Part): readonly Part[] {
  return LISTS.map(part)
}

/** The steps of the table from each version to the next. A node runs those that the database lacks, in one transaction. */
export function migrations(names: Names): readonly string[] {
  return [firstTable(names)]
}

function firstTable({ table, bare }: Names): string {
  return `
CREATE TABLE ${table} (
  key text COLLATE "C" PRIMARY KEY,
  list1 text COLLATE "C",
  list2 text COLLATE "C",
  list3 text COLLATE "C",
  list4 text COLLATE "C",
  position bigint NOT NULL,
  expires_at bigint,
  revision text COLLATE "C" NOT NULL,
  data text COLLATE "C" NOT NULL
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
${inLists((list) => `CREATE INDEX "${bare(list)}" ON ${table} (${list}, position, key) WHERE ${list} IS NOT NULL;`).join('\n')}
CREATE INDEX "${bare('expiry')}" ON ${table} (expires_at) WHERE expires_at IS NOT NULL;`
}

// Every operation is one call of a function, and so one transaction of one round trip. Each statement in a function has a
// snapshot of its own under READ COMMITTED, so that one that follows a lock sees what was committed before it.
// Whoever may create functions or operators in a schema of the search path can add some whose types fit better: functions
// are named with their schema, and operators get the types that those of pg_catalog have. A table without an alias is itself
// the name of a column.
/** Creates the functions of this version, or replaces them. */
export function functions({ table, of }: Names): string {
  const lock = (how: string, key: string) =>
    `pg_catalog.${how}(pg_catalog.hashtextextended('${table} ' || ${key}, 0::bigint))`
  // Locks and settings are expressions, which PL/pgSQL evaluates in a fraction of the time of a statement. The settings of a
  // function itself take longer.
  const begin = (isDurable: string) => `IF pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'appgrant needs default_transaction_isolation to be read committed';
  END IF;
  IF pg_catalog.pg_is_in_recovery() THEN
    RAISE EXCEPTION 'the PostgreSQL server is a standby, not the primary' USING ERRCODE = '25006';
  END IF;
  -- That a commit was not confirmed is a warning.
  done := pg_catalog.set_config('lock_timeout', '${LOCK_MS}', true)
    || pg_catalog.set_config('enable_seqscan', 'off', true)
    || pg_catalog.set_config('client_min_messages', 'warning', true)
    || CASE WHEN NOT ${isDurable} THEN pg_catalog.set_config('synchronous_commit', 'off', true)
      WHEN pg_catalog.current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
      THEN pg_catalog.set_config('synchronous_commit', 'on', true) END;`
  const insertGiven = `INSERT INTO ${table} AS stored SELECT key, list1, list2, list3, list4, position, expires_at, revision, data
      FROM ROWS FROM (pg_catalog.json_to_recordset(records) AS (key text, list1 text, list2 text, list3 text, list4 text,
        position bigint, expires_at bigint, revision text, data text, condition integer)) WITH ORDINALITY
        AS given(key, list1, list2, list3, list4, position, expires_at, revision, data, condition, n)
      WHERE condition IS NULL OR pg_catalog.substr(holding, condition, 1) = 't' ORDER BY key COLLATE "C", n`
  return `
-- Inserts the records that have no condition or one that holds, which is that another record still has the given revision.
-- Each says the number of its condition. Returns a letter for each condition, t(rue), f(alse) or b(usy), and the keys of the
-- records that were inserted; null stands for all. A condition is busy if a replace of its record is under way and waits is
-- false: the others must not wait for it.
CREATE OR REPLACE FUNCTION ${of('insert')}(records json, conditions json, is_durable boolean, waits boolean,
  OUT holding text, OUT added text)
LANGUAGE plpgsql AS $$
DECLARE
  done text;
  locked text;
BEGIN
  ${begin('is_durable')}
  -- A replace of such a record waits until this is committed, or is seen by the next statement.
  IF waits THEN
    PERFORM ${lock('pg_advisory_xact_lock_shared', 'key')} FROM
      (SELECT key FROM pg_catalog.json_to_recordset(conditions) AS named(key text) ORDER BY key COLLATE "C") AS named;
  ELSE
    SELECT pg_catalog.string_agg(CASE WHEN ${lock('pg_try_advisory_xact_lock_shared', 'key')}
        THEN 't' ELSE 'b' END, ''::text ORDER BY n) INTO locked
      FROM ROWS FROM (pg_catalog.json_to_recordset(conditions) AS (key text)) WITH ORDINALITY AS named(key, n);
  END IF;
  SELECT pg_catalog.string_agg(CASE WHEN pg_catalog.substr(locked, n::integer, 1) = 'b' THEN 'b'
      WHEN revision = (SELECT stored.revision FROM ${table} AS stored WHERE stored.key = named.key)
      THEN 't' ELSE 'f' END, ''::text ORDER BY n) INTO holding
    FROM ROWS FROM (pg_catalog.json_to_recordset(conditions) AS (key text, revision text)) WITH ORDINALITY
      AS named(key, revision, n);
  -- What need not be durable is tokens, whose ids are random. To look for each of them first takes longer. Of other records
  -- that exist, each attempt would leave dead rows.
  IF NOT is_durable THEN
    BEGIN
      ${insertGiven};
      RETURN;
    EXCEPTION WHEN unique_violation THEN -- One exists after all.
    END;
  END IF;
  WITH inserted AS (${insertGiven} ON CONFLICT DO NOTHING RETURNING key)
    SELECT coalesce(pg_catalog.string_agg(key, ' '::text), '') INTO added FROM inserted;
END $$;

-- Inserts one record, unless a given list has no room. Returns i(nserted), e(xists), s(tale), f(ull) or b(usy).
-- What it does for one record, insert does for many at once, which takes longer for one.
CREATE OR REPLACE FUNCTION ${of('insert_one')}(at text, to_lists text[], to_position bigint, to_expires_at bigint,
  to_revision text, to_data text, if_key text, if_revision text, is_durable boolean,
  waits boolean, list text, max integer)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  done text;
BEGIN
  ${begin('is_durable')}
  IF if_key IS NOT NULL THEN
    -- As above.
    IF waits THEN
      done := ${lock('pg_advisory_xact_lock_shared', 'if_key')};
    ELSIF NOT ${lock('pg_try_advisory_xact_lock_shared', 'if_key')} THEN
      RETURN 'b';
    END IF;
    PERFORM FROM ${table} AS stored WHERE key = if_key AND revision = if_revision;
    IF NOT FOUND THEN RETURN 's'; END IF;
  END IF;
  IF list IS NOT NULL THEN
    done := ${lock('pg_advisory_xact_lock', "'list ' || list")};
    PERFORM FROM ${table} AS stored WHERE key = at;
    IF FOUND THEN RETURN 'e'; END IF;
    IF max <= (SELECT pg_catalog.count(*) FROM (
      ${inLists((column) => `SELECT FROM ${table} AS stored WHERE ${column} = list`).join(' UNION ALL\n      ')} LIMIT max) AS member)
    THEN RETURN 'f'; END IF;
  END IF;
  INSERT INTO ${table} AS stored VALUES (at, to_lists[1], to_lists[2], to_lists[3], to_lists[4], to_position, to_expires_at,
    to_revision, to_data) ON CONFLICT DO NOTHING;
  RETURN CASE WHEN FOUND THEN 'i' ELSE 'e' END;
END $$;

CREATE OR REPLACE FUNCTION ${of('replace')}(at text, from_revision text, to_lists text[], to_position bigint,
  to_expires_at bigint, to_revision text, to_data text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  done text;
BEGIN
  ${begin('true')}
  done := ${lock('pg_advisory_xact_lock', 'at')};
  UPDATE ${table} AS stored SET list1 = to_lists[1], list2 = to_lists[2], list3 = to_lists[3], list4 = to_lists[4],
    position = to_position, expires_at = to_expires_at, revision = to_revision, data = to_data
    WHERE key = at AND revision = from_revision;
  RETURN FOUND;
END $$;

-- Deletes up to ${MAX_SWEPT} records that expired ${SLACK_MS} ms ago, by the server's clock. Returns how many, and the last expiry.
CREATE OR REPLACE FUNCTION ${of('sweep')}(since bigint) RETURNS TABLE (swept text, latest text) LANGUAGE plpgsql AS $$
DECLARE
  done text;
  -- In a variable: the range of an index cannot end at a volatile function, and every live record would be read.
  bound bigint := pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000::numeric)::bigint - ${SLACK_MS};
BEGIN
  ${begin('false')}
  done := pg_catalog.set_config('enable_hashjoin', 'off', true)
    || pg_catalog.set_config('enable_mergejoin', 'off', true);
  RETURN QUERY WITH old AS MATERIALIZED (
    SELECT key, expires_at FROM ${table} AS stored WHERE expires_at >= since AND expires_at < bound
    ORDER BY expires_at LIMIT ${MAX_SWEPT} FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM ${table} AS stored USING old WHERE stored.key = old.key RETURNING old.expires_at
  ) SELECT pg_catalog.count(*)::text, pg_catalog.max(gone.expires_at)::text FROM gone;
END $$;

CREATE OR REPLACE FUNCTION ${of('version')}() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ${VERSION}';`
}
