import type { InsertOptions, InsertResult, RecordRef, StoreRecord } from '../../src/store.ts'
import type { Connection, Row } from './connection.ts'
import { isRepeatable, writeError } from './errors.ts'
import { gathered } from './gathered.ts'
import { type Lane, PATIENCE_MS } from './lane.ts'
import { checkedInteger, checkedName, checkedText, keyOf, listOf, listsOf, type Names } from './names.ts'

const MAX_TOGETHER = 256
const MAX_ATTEMPTS = 5

/** The writes of the port. */
export interface Writes {
  insert(record: StoreRecord, options?: InsertOptions): Promise<InsertResult>
  replace(from: StoreRecord, to: StoreRecord): Promise<boolean>
}

/** A record as it is sent. */
interface Sent {
  readonly key: string
  readonly if_key?: string
}

type Outcome = InsertResult | { readonly failed: unknown }

const RESULTS: Readonly<Record<string, InsertResult>> = { i: 'inserted', e: 'exists', s: 'stale', f: 'full' }

/**
 * @param options.wrote - is called after a write of so many records, with the ref of one that was replaced.
 */
export function writes(
  { of }: Names,
  options: {
    readonly inserts: Lane
    readonly replaces: Lane
    readonly wrote: (records: number, replaced?: RecordRef) => void
  },
): Writes {
  const { inserts, replaces, wrote } = options
  const insertRecords = `SELECT ${of('insert')}($1, $2, $3) AS results`
  const insertLimited = `SELECT ${of('insert_limited')}($1, $2, $3, $4, $5) AS results`
  const replaceRecord = `SELECT ${of('replace')}($1, $2, $3, $4, $5, $6, $7)::text AS replaced`

  const send = async (
    connection: Connection,
    { statement, records, values }: { statement: string; records: readonly Sent[]; values: readonly unknown[] },
  ) => {
    const numbered = records.map((record, n) => ({ ...record, n }))
    const named = [...new Set(records.flatMap(({ if_key }) => if_key ?? []))].sort()
    const [row] = await write(connection, statement, [JSON.stringify(numbered), arrayOf(named), ...values])
    wrote(records.length)
    return [...(row?.results ?? '')].map((letter) => RESULTS[letter] as InsertResult)
  }
  const insertTogether = (durable: boolean) => {
    const insert = gathered(inserts, {
      async send(connection, records: readonly Sent[]) {
        const outcomes = new Map<Sent, Outcome>()
        for (const different of rounds(records)) {
          const call = { statement: insertRecords, records: different, values: [durable] }
          const found = await send(connection, call).catch((failed: unknown) => ({ failed }))
          for (const [n, record] of different.entries())
            outcomes.set(record, 'failed' in found ? found : (found[n] as InsertResult))
        }
        return records.map((record) => outcomes.get(record) as Outcome)
      },
      max: MAX_TOGETHER,
      // The calls of a tick of the event loop.
      start: setImmediate,
    })
    return async (record: Sent) => {
      const outcome = await insert(record)
      if (typeof outcome === 'object') throw outcome.failed
      return outcome
    }
  }
  const insertDurably = insertTogether(true)
  const insertQuickly = insertTogether(false)

  return {
    async insert(record, { limit, onlyIf, durable = record.expiresAt === undefined } = {}) {
      const sent = sentOf(record, onlyIf)
      if (!limit) return durable ? insertDurably(sent) : insertQuickly(sent)
      const { kind, partition } = record
      const values = [durable, listOf({ kind, partition, group: limit.group }), checkedInteger(limit.max, 'limit.max')]
      const call = { statement: insertLimited, records: [sent], values }
      const [result] = await inserts.run((connection) => send(connection, call))
      return result as InsertResult
    },
    async replace(from, to) {
      const [key, revision] = [keyOf(from), checkedName(from.revision, 'from.revision')]
      const { list1, list2, list3, list4, ...sent } = sentOf(to)
      const lists = arrayOf(listsOf(to))
      const { position, expires_at = null, data } = sent
      const values = [key, revision, lists, position, expires_at, sent.revision, data]
      const [row] = await replaces.run((connection) => write(connection, replaceRecord, values))
      const isReplaced = row?.replaced === 'true'
      if (isReplaced) wrote(1, to)
      return isReplaced
    },
  }
}

/** Sends a statement that writes. It is sent again only after the server has rolled it back. */
async function write(connection: Connection, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
  const until = performance.now() + PATIENCE_MS
  for (let attempt = 1; ; attempt++) {
    try {
      return await connection.query(text, values)
    } catch (error) {
      if (!isRepeatable(error) || attempt === MAX_ATTEMPTS || performance.now() >= until) throw writeError(error)
    }
  }
}

function sentOf(record: StoreRecord, onlyIf?: InsertOptions['onlyIf']) {
  const [list1, list2, list3, list4] = listsOf(record)
  return {
    key: keyOf(record),
    ...{ list1, list2, list3, list4 },
    position: checkedInteger(record.position, 'position'),
    expires_at: record.expiresAt === undefined ? undefined : checkedInteger(record.expiresAt, 'expiresAt'),
    revision: checkedText(record.revision, 'revision'),
    data: checkedText(record.data, 'data'),
    ...(onlyIf && { if_key: keyOf(onlyIf.ref), if_revision: checkedText(onlyIf.revision, 'onlyIf.revision') }),
  }
}

/** A statement takes each key once. Records with a key that came before are left for the next one. */
function rounds(records: readonly Sent[]): readonly (readonly Sent[])[] {
  const found: Sent[][] = []
  const seen = new Map<string, number>()
  for (const record of records) {
    const round = seen.get(record.key) ?? 0
    seen.set(record.key, round + 1)
    found[round] ??= []
    found[round]?.push(record)
  }
  return found
}

/** A literal of an array. The elements contain nothing that would have to be quoted. */
function arrayOf(elements: readonly string[]): string {
  return `{${elements.join(',')}}`
}
