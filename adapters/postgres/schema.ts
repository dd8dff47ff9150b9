import { SLACK_MS } from '../../src/store.ts'
import type { Names } from './names.ts'

/** The version of the table and its functions. */
export const VERSION = 1

/** The functions that the store calls, with the types of their parameters. */
export const FUNCTIONS = {
  version: '',
  begin: 'boolean',
  insert: 'json, text[], boolean',
  insert_one: 'text, text[], bigint, bigint, text, text, text, text, boolean, text, integer',
  replace: 'text, text, text[], bigint, bigint, text, text',
  sweep: 'bigint',
} as const

/** How long a statement waits for a lock, in ms. With the wait for a connection, less than core's default deadline. */
const LOCK_MS = 350
/** The maximum number of records that a sweep deletes. */
export const MAX_SWEPT = 256

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
/** Creates the functions of this version, or replaces them. */
export function functions({ table, of }: Names): string {
  const lock = (key: string) => `hashtextextended('${table} ' || ${key}, 0)`
  return `
-- Locks and settings are expressions, which PL/pgSQL evaluates in a fraction of the time of a statement.
CREATE OR REPLACE FUNCTION ${of('begin')}(is_durable boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  done text := set_config('lock_timeout', '${LOCK_MS}', true);
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'appgrant needs default_transaction_isolation to be read committed';
  END IF;
  IF NOT is_durable THEN
    done := set_config('synchronous_commit', 'off', true);
  ELSIF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    done := set_config('synchronous_commit', 'on', true);
  END IF;
  RETURN done;
END $$;

-- Inserts records, after it has locked the keys of those that they name, in the given order. Returns a letter for each
-- record: i(nserted), e(xists), s(tale).
CREATE OR REPLACE FUNCTION ${of('insert')}(records json, named text[], is_durable boolean) RETURNS text LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
  done text := ${of('begin')}(is_durable);
  results text;
BEGIN
  -- A replace of a named record waits until this is committed, or is seen by the next statement.
  PERFORM pg_advisory_xact_lock_shared(${lock('name')}) FROM unnest(named) AS name;
  WITH given AS MATERIALIZED (
    SELECT *, if_key IS NULL OR coalesce(
        if_revision = (SELECT stored.revision FROM ${table} AS stored WHERE stored.key = if_key), false) AS holds
    FROM json_to_recordset(records) AS given(n integer, key text, list1 text, list2 text, list3 text, list4 text,
      position bigint, expires_at bigint, revision text, data text, if_key text, if_revision text)
  ), added AS (
    INSERT INTO ${table} SELECT key, list1, list2, list3, list4, position, expires_at, revision, data
    FROM given WHERE holds ORDER BY key COLLATE "C" ON CONFLICT DO NOTHING RETURNING key
  )
  SELECT string_agg(CASE WHEN NOT holds THEN 's' WHEN added.key IS NULL THEN 'e' ELSE 'i' END, '' ORDER BY n)
    INTO results FROM given LEFT JOIN added ON added.key = given.key;
  RETURN results;
END $$;

-- Inserts one record, unless a given list has no room. Returns a letter as above, or f(ull). What it does for one record,
-- insert does for many at once, which takes longer for one.
CREATE OR REPLACE FUNCTION ${of('insert_one')}(at text, to_lists text[], to_position bigint, to_expires_at bigint,
  to_revision text, to_data text, if_key text, if_revision text, is_durable boolean, list text, max integer)
RETURNS text LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  done text := ${of('begin')}(is_durable);
BEGIN
  IF if_key IS NOT NULL THEN
    -- As above.
    done := pg_advisory_xact_lock_shared(${lock('if_key')});
    PERFORM FROM ${table} WHERE key = if_key AND revision = if_revision;
    IF NOT FOUND THEN RETURN 's'; END IF;
  END IF;
  IF list IS NOT NULL THEN
    done := pg_advisory_xact_lock(${lock("'list ' || list")});
    PERFORM FROM ${table} WHERE key = at;
    IF FOUND THEN RETURN 'e'; END IF;
    IF max <= (SELECT count(*) FROM (
      ${inLists((column) => `SELECT FROM ${table} WHERE ${column} = list`).join(' UNION ALL\n      ')} LIMIT max) AS member)
    THEN RETURN 'f'; END IF;
  END IF;
  INSERT INTO ${table} VALUES (at, to_lists[1], to_lists[2], to_lists[3], to_lists[4], to_position, to_expires_at,
    to_revision, to_data) ON CONFLICT DO NOTHING;
  RETURN CASE WHEN FOUND THEN 'i' ELSE 'e' END;
END $$;

CREATE OR REPLACE FUNCTION ${of('replace')}(at text, from_revision text, to_lists text[], to_position bigint,
  to_expires_at bigint, to_revision text, to_data text) RETURNS boolean LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  done text := ${of('begin')}(true);
BEGIN
  done := pg_advisory_xact_lock(${lock('at')});
  UPDATE ${table} SET list1 = to_lists[1], list2 = to_lists[2], list3 = to_lists[3], list4 = to_lists[4],
    position = to_position, expires_at = to_expires_at, revision = to_revision, data = to_data
    WHERE key = at AND revision = from_revision;
  RETURN FOUND;
END $$;

-- Deletes up to ${MAX_SWEPT} records that expired ${SLACK_MS} ms ago, by the server's clock. Returns how many, and the last expiry.
CREATE OR REPLACE FUNCTION ${of('sweep')}(since bigint) RETURNS TABLE (swept text, latest text) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  done text := ${of('begin')}(false);
  -- In a variable: the range of an index cannot end at a volatile function, and every live record would be read.
  bound bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint - ${SLACK_MS};
BEGIN
  RETURN QUERY WITH old AS MATERIALIZED (
    SELECT key, expires_at FROM ${table} WHERE expires_at >= since AND expires_at < bound
    ORDER BY expires_at LIMIT ${MAX_SWEPT} FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM ${table} AS stored USING old WHERE stored.key = old.key RETURNING old.expires_at
  ) SELECT count(*)::text, max(gone.expires_at)::text FROM gone;
END $$;

CREATE OR REPLACE FUNCTION ${of('version')}() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ${VERSION}';`
}
