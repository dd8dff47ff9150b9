import type { InsertOptions, InsertResult, RecordRef, StoreRecord } from '../../src/store.ts'
import type { Connection, Row } from './connection.ts'
import { isRepeatable, mayHaveEnded, writeError } from './errors.ts'
import { gathered } from './gathered.ts'
import { type Lane, PATIENCE_MS } from './lane.ts'
import { checkedInteger, checkedName, checkedText, keyOf, listOf, listsOf, type Names } from './names.ts'
import { callOf } from './schema.ts'

const MAX_TOGETHER = 256
const MAX_ATTEMPTS = 5

/** The writes of the port. */
export interface Writes {
  insert(record: StoreRecord, options?: InsertOptions): Promise<InsertResult>
  replace(from: StoreRecord, to: StoreRecord): Promise<boolean>
}

/** A record as it is sent. */
type Sent = ReturnType<typeof sentOf>
type Condition = NonNullable<Sent['condition']>

interface SendOptions {
  readonly durable: boolean
  /** Whether to wait for operations on the records that are named by conditions. Otherwise those are `busy`. */
  readonly waits: boolean
}

interface OneOptions extends SendOptions {
  /** The list that must have less than `max` members. */
  readonly list?: string
  readonly max?: number
}

/** What became of a record. If it was busy, nothing was done. */
type Outcome = InsertResult | 'busy'

const OUTCOMES: Readonly<Record<string, Outcome>> = { i: 'inserted', e: 'exists', s: 'stale', f: 'full', b: 'busy' }

/**
 * @param options.tokens - for what need not be durable, and waits for nothing.
 * @param options.inserts - for the other inserts, which may wait for a lock or a standby.
 * @param options.wrote - is called after a write of so many records, with the ref of one that was replaced.
 */
export function writes(
  names: Names,
  options: {
    readonly tokens: Lane
    readonly inserts: Lane
    readonly replaces: Lane
    readonly wrote: (records: number, replaced?: RecordRef) => void
  },
): Writes {
  const { tokens, inserts, replaces, wrote } = options
  const insertRecords = `SELECT holding, added FROM ${callOf(names, 'insert')}`
  const insertRecord = `SELECT ${callOf(names, 'insert_one')} AS result`
  const replaceRecord = `SELECT ${callOf(names, 'replace')}::text AS replaced`

  const sendOne = async (connection: Connection, sent: Sent, { durable, waits, list, max }: OneOptions) => {
    const { key, lists, position, expires_at, revision, data, condition } = sent
    const record = [key, arrayOf(lists), position, expires_at, revision, data, condition?.key, condition?.revision]
    const { result } = await write(connection, insertRecord, [...record, durable, waits, list, max])
    wrote(1)
    return OUTCOMES[result ?? ''] as Outcome
  }
  const sendMany = async (connection: Connection, records: readonly Sent[], { durable, waits }: SendOptions) => {
    const conditions: Condition[] = []
    const numbers = new Map<string, number>()
    const numberOf = (condition: Condition) => {
      const name = `${condition.key} ${condition.revision}`
      const number = numbers.get(name) ?? conditions.push(condition)
      numbers.set(name, number)
      return number
    }
    const given = records.map((sent) => {
      const { key, lists, position, expires_at, revision, data } = sent
      const [list1, list2, list3, list4] = lists
      const condition = sent.condition && numberOf(sent.condition)
      return { key, list1, list2, list3, list4, position, expires_at, revision, data, condition }
    })
    const values = [JSON.stringify(given), JSON.stringify(conditions), durable, waits]
    const { holding, added } = await write(connection, insertRecords, values)
    wrote(records.length)
    const inserted = typeof added === 'string' ? new Set(added.split(' ')) : undefined
    return given.map(({ key, condition }): Outcome => {
      const held = condition && holding?.[condition - 1]
      if (condition && held !== 't') return held === 'b' ? 'busy' : 'stale'
      // Of several with the same key, the first one was inserted.
      return !inserted || inserted.delete(key) ? 'inserted' : 'exists'
    })
  }
  const insertTogether = (lane: Lane, how: SendOptions) =>
    gathered(lane, {
      async send(connection, records: readonly Sent[]) {
        const [first] = records as [Sent]
        return records.length === 1 ? [await sendOne(connection, first, how)] : sendMany(connection, records, how)
      },
      max: MAX_TOGETHER,
      // The calls of a tick of the event loop.
      start: setImmediate,
    })
  const insertDurably = insertTogether(inserts, { durable: true, waits: true })
  const insertPatiently = insertTogether(inserts, { durable: false, waits: true })
  const insertQuickly = insertTogether(tokens, { durable: false, waits: false })

  return {
    async insert(record, { limit, onlyIf, durable = record.expiresAt === undefined } = {}) {
      const sent = sentOf(record, onlyIf)
      if (!limit) {
        const outcome = await (durable ? insertDurably(sent) : insertQuickly(sent))
        return (outcome === 'busy' ? insertPatiently(sent) : outcome) as Promise<InsertResult>
      }
      const { kind, partition } = record
      const list = listOf({ kind, partition, group: limit.group })
      const max = checkedInteger(limit.max, 'limit.max')
      const how = { durable, waits: true, list, max }
      return inserts.run((connection) => sendOne(connection, sent, how)) as Promise<InsertResult>
    },
    async replace(from, to) {
      const [key, revision] = [keyOf(from), checkedName(from.revision, 'from.revision')]
      const { lists, position, expires_at, data, revision: next } = sentOf(to)
      const values = [key, revision, arrayOf(lists), position, expires_at, next, data]
      const { replaced } = await replaces.run((connection) => write(connection, replaceRecord, values))
      const isReplaced = replaced === 'true'
      if (isReplaced) wrote(1, to)
      return isReplaced
    },
  }
}

/** Sends a statement that writes and returns one row. It is sent again only after the server has rolled it back. */
async function write(connection: Connection, text: string, values: readonly unknown[]): Promise<Row> {
  const until = performance.now() + PATIENCE_MS
  for (let attempt = 1; ; attempt++) {
    try {
      const [row] = await connection.query(text, values)
      if (!row) throw new Error('the PostgreSQL server returned no result')
      return row
    } catch (error) {
      if (mayHaveEnded(error) && !(await goesOn(connection))) throw error
      if (!isRepeatable(error) || attempt === MAX_ATTEMPTS || performance.now() >= until) throw writeError(error)
    }
  }
}

async function goesOn(connection: Connection): Promise<boolean> {
  return connection.query('SELECT').then(
    () => true,
    () => false,
  )
}

function sentOf(record: StoreRecord, onlyIf?: InsertOptions['onlyIf']) {
  return {
    key: keyOf(record),
    lists: listsOf(record),
    position: checkedInteger(record.position, 'position'),
    expires_at: record.expiresAt === undefined ? undefined : checkedInteger(record.expiresAt, 'expiresAt'),
    revision: checkedText(record.revision, 'revision'),
    data: checkedText(record.data, 'data'),
    condition: onlyIf && { key: keyOf(onlyIf.ref), revision: checkedText(onlyIf.revision, 'onlyIf.revision') },
  }
}

/** A literal of an array. The elements contain nothing that would have to be quoted. */
function arrayOf(elements: readonly string[]): string {
  return `{${elements.join(',')}}`
}
