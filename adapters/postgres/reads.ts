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
import { checkedInteger, checkedText, keyOf, listOf, type Names } from './names.ts'
import { inLists, NOW } from './schema.ts'

/** The reads of the port, and the clock. */
export type Reads = Required<Pick<Store, 'get' | 'list' | 'count' | 'time'>>

// Of one statement.
const MAX_KEYS = 500
const MAX_COUNTS = 100

// Two columns, because a driver takes as long for a column as for a short record. On a standby the first one is null: a pooler
// or a load balancer may have sent any statement there.
const onPrimary = (text: string) => `CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE ${text} END AS head`
// Only a revision may contain spaces.
const HEAD = onPrimary(
  "pg_catalog.concat_ws(' ', key, position, coalesce(expires_at::text, ''), " +
    "pg_catalog.concat_ws(',', list1, list2, list3, list4), revision)",
)

/**
 * @param lanes.gets - for `get` and `time`, which verifications wait for.
 * @param lanes.lists - for `list` and `count`, which may take longer.
 */
export function reads({ table }: Names, { gets, lists }: { readonly gets: Lane; readonly lists: Lane }): Reads {
  // Each has at least one row, which says whether the server is a standby.
  const getKeys = `SELECT ${HEAD}, data FROM (SELECT) AS one LEFT JOIN ${table} AS stored ON key = ANY ($1::text[])`
  const page = inLists(
    (list) =>
      `(SELECT * FROM ${table} AS stored WHERE ${list} = $1::text AND (position, key) > ($2::bigint, $3::text)
        ORDER BY position, key LIMIT $4::bigint)`,
  )
  const listPage = `SELECT ${HEAD}, data FROM (SELECT) AS one
    LEFT JOIN (${page.join(' UNION ALL ')} ORDER BY position, key LIMIT $4::bigint) AS stored ON true
    ORDER BY position, key`
  const counts = inLists(
    (list) =>
      `(SELECT pg_catalog.count(*) FROM ${table} AS stored WHERE ${list} = asked.list AND position > asked.behind)`,
  )
  const countBehind = `SELECT ${onPrimary(`(${counts.join(' + ')})::text`)}
    FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::bigint[])) WITH ORDINALITY AS asked(list, behind, n) ORDER BY n`

  // Many issues at once ask for the same count.
  const countTogether = gathered(lists, {
    async send(connection, asked: readonly { readonly list: string; readonly behind: number }[]) {
      const different = [...new Map(asked.map((one) => [`${one.list} ${one.behind}`, one])).entries()]
      const values = [`{${different.map(([, { list }]) => list)}}`, `{${different.map(([, { behind }]) => behind)}}`]
      const rows = await readRows(connection, countBehind, values)
      const found = new Map(different.map(([name], n) => [name, Number(rows[n]?.head)]))
      return asked.map(({ list, behind }) => found.get(`${list} ${behind}`) as number)
    },
    max: MAX_COUNTS,
  })
  const getTogether = gathered(gets, {
    async send(connection, batches: readonly (readonly string[])[]) {
      const keys = new Set(batches.flat())
      const rows = await readRows(connection, getKeys, [`{${[...keys].join(',')}}`])
      const found = new Map<string, Row>()
      for (const row of rows) found.set(upToSpace(row.head as string, 0), row)
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
      const [row] = await gets.query(`SELECT ${NOW} AS time`)
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
  if (typeof rows[0]?.head !== 'string') throw new Error('the PostgreSQL server is a standby, not the primary')
  return rows[0].data === null ? [] : rows
}

// Every verification takes this path: nothing is split or spread that need not be.
function recordOf(row: Row): StoreRecord {
  const [head, data] = [row.head as string, row.data as string]
  const key = upToSpace(head, 0)
  const position = upToSpace(head, key.length + 1)
  const expiresAt = upToSpace(head, key.length + position.length + 2)
  const listsAt = key.length + position.length + expiresAt.length + 3
  const lists = upToSpace(head, listsAt)
  const kindAt = key.indexOf(':') + 1
  const idAt = key.indexOf(':', kindAt) + 1
  const record = {
    kind: key.slice(kindAt, idAt - 1),
    partition: key.slice(0, kindAt - 1),
    id: key.slice(idAt),
    // A list begins as the keys of its records do.
    groups:
      lists === '' ? [] : lists.includes(',') ? lists.split(',').map((list) => list.slice(idAt)) : [lists.slice(idAt)],
    position: Number(position),
    revision: head.slice(listsAt + lists.length + 1),
    data,
  }
  return expiresAt === '' ? record : { ...record, expiresAt: Number(expiresAt) }
}

function upToSpace(text: string, from: number): string {
  return text.slice(from, text.indexOf(' ', from))
}
