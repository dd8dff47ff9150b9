import {
  batchGets,
  type GroupRef,
  type PageRequest,
  type RecordPage,
  type Store,
  type StoreRecord,
} from '../../src/store.ts'
import type { Connection, Row } from './connection.ts'
import { withHint } from './errors.ts'
import { gathered } from './gathered.ts'
import type { Lane } from './lane.ts'
import { checkedInteger, checkedText, keyOf, listOf, type Names, refOf } from './names.ts'
import { inLists } from './schema.ts'

/** The reads of the port, and the clock. */
export type Reads = Required<Pick<Store, 'get' | 'list' | 'count' | 'time'>>

// Of one statement.
const MAX_KEYS = 500
const MAX_COUNTS = 100

const COLUMNS = `stored.key, concat_ws(' ', list1, list2, list3, list4) AS lists, position::text AS position,
  expires_at::text AS expires_at, revision, data`
// In every statement: a pooler or a load balancer may have sent it to a standby.
const STANDBY = 'pg_is_in_recovery()::text AS standby'

/**
 * @param lanes.gets - for `get` and `time`, which verifications wait for.
 * @param lanes.lists - for `list` and `count`, which may take longer.
 */
export function reads({ table }: Names, { gets, lists }: { readonly gets: Lane; readonly lists: Lane }): Reads {
  // Each has at least one row, which says whether the server is a standby.
  const getKeys = `SELECT ${STANDBY}, ${COLUMNS} FROM (SELECT) AS one LEFT JOIN ${table} AS stored ON stored.key = ANY ($1)`
  const page = inLists(
    (list) =>
      `(SELECT * FROM ${table} WHERE ${list} = $1 AND (position, key) > ($2, $3) ORDER BY position, key LIMIT $4)`,
  )
  const listPage = `SELECT ${STANDBY}, ${COLUMNS} FROM (SELECT) AS one
    LEFT JOIN (${page.join(' UNION ALL ')} ORDER BY position, key LIMIT $4) AS stored ON true
    ORDER BY stored.position, stored.key`
  const counts = inLists(
    (list) => `(SELECT count(*) FROM ${table} WHERE ${list} = asked.list AND position > asked.behind)`,
  )
  const countBehind = `SELECT ${STANDBY}, (${counts.join(' + ')})::text AS count
    FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked(list, behind, n) ORDER BY n`

  // Many issues at once ask for the same count.
  const countTogether = gathered(lists, {
    async send(connection, asked: readonly { readonly list: string; readonly behind: number }[]) {
      const different = [...new Map(asked.map((one) => [`${one.list} ${one.behind}`, one])).entries()]
      const values = [`{${different.map(([, { list }]) => list)}}`, `{${different.map(([, { behind }]) => behind)}}`]
      const rows = await readRows(connection, countBehind, values)
      const found = new Map(different.map(([name], n) => [name, Number(rows[n]?.count)]))
      return asked.map(({ list, behind }) => found.get(`${list} ${behind}`) as number)
    },
    max: MAX_COUNTS,
  })
  const getTogether = gathered(gets, {
    async send(connection, batches: readonly (readonly string[])[]) {
      const keys = new Set(batches.flat())
      const rows = await readRows(connection, getKeys, [`{${[...keys].join(',')}}`])
      const found = new Map(rows.map((row) => [row.key, row]))
      return batches.map((batch) =>
        batch.map((key) => {
          const row = found.get(key)
          return row && recordOf(row)
        }),
      )
    },
    max: MAX_KEYS,
    weightOf: ({ length }) => length,
  })

  return {
    get: batchGets({ nameOf: keyOf, read: getTogether }),
    async list(group: GroupRef, { after = { position: -1, id: '' }, limit }: PageRequest): Promise<RecordPage> {
      const list = listOf(group)
      const behind = `${group.partition}:${group.kind}:${checkedText(after.id, 'after.id')}`
      const position = checkedInteger(after.position, 'after.position')
      const max = checkedInteger(limit, 'limit')
      const rows = await readRows(lists, listPage, [list, position, behind, max + 1])
      return { records: rows.slice(0, max).map(recordOf), more: rows.length > max }
    },
    async count(group, after) {
      return countTogether({ list: listOf(group), behind: checkedInteger(after, 'after') })
    },
    async time() {
      const [row] = await gets.query('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text AS time')
      return Number(row?.time)
    },
  }
}

/** The rows of a statement that has at least one; without it if it stands for none. */
async function readRows(
  lane: Pick<Connection, 'query'>,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const rows = await lane.query(text, values).catch((error) => Promise.reject(withHint(error)))
  if (rows[0]?.standby !== 'false') throw new Error('the PostgreSQL server is a standby, not the primary')
  return rows[0].key === null ? [] : rows
}

function recordOf({ key, lists, position, expires_at, revision, data }: Row): StoreRecord {
  const ref = refOf(key as string)
  const prefix = ref.partition.length + ref.kind.length + 2
  return {
    ...ref,
    groups: lists === '' ? [] : (lists as string).split(' ').map((list) => list.slice(prefix)),
    position: Number(position),
    ...(expires_at === null ? {} : { expiresAt: Number(expires_at) }),
    revision: revision as string,
    data: data as string,
  }
}
