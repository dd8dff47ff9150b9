import type { InsertOptions, InsertResult, PageRequest, RecordRef, StoreRecord } from '../../src/store.ts'
import type { Driver, Value } from './driver.ts'

/** The statements of the store, each prepared once. A write runs in a transaction that its caller has opened. */
export interface Statements {
  /** The rows of the keys, in their order, by one SELECT. */
  read(keys: readonly string[]): readonly (Row | undefined)[]
  insert(record: StoreRecord, conditions: Pick<InsertOptions, 'limit' | 'onlyIf'>): InsertResult
  replace(from: StoreRecord, to: StoreRecord): boolean
  page(list: string, page: PageRequest): { readonly rows: readonly { id: string; row: Row }[]; readonly more: boolean }
  count(list: string, after: number): number
  /** Removes at most `most` of the records that expired at `before` or earlier. */
  dropExpired(before: number, max: number): void
}

/** A record without its ref. */
export type Row = Omit<StoreRecord, keyof RecordRef>

/** The key of a record in the file. */
export const keyOf = (ref: RecordRef) => `${ref.partition} ${ref.kind} ${ref.id}`

/** The key of a list in the file. */
export const listOf = (of: { readonly partition: string; readonly kind: string; readonly group: string }) =>
  `${of.partition} ${of.kind} ${of.group}`

const COLUMNS = 'record.position, record.expires_at, record.revision, record.groups, record.data'

/** Prepares every statement. The tables must exist. */
export function prepareStatements(driver: Driver): Statements {
  const readKeys = driver.query(
    `SELECT asked.key, ${COLUMNS} FROM json_each(?) AS asked CROSS JOIN record ON record.key = asked.value`,
  )
  const readGroups = driver.query('SELECT position, groups FROM record WHERE key = ? AND revision = ?')
  const standing = driver.query('SELECT 1 FROM record WHERE key = ?')
  const standingAt = driver.query('SELECT 1 FROM record WHERE key = ? AND revision = ?')
  const addRecord = driver.statement('INSERT INTO record VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const changeRecord = driver.statement(
    'UPDATE record SET position = ?, expires_at = ?, revision = ?, groups = ?, data = ? WHERE key = ?',
  )
  const dropRecord = driver.statement('DELETE FROM record WHERE key = ?')
  const addMember = driver.statement('INSERT INTO member VALUES (?, ?, ?)')
  const dropMember = driver.statement('DELETE FROM member WHERE list = ? AND position = ? AND id = ?')
  const held = driver.query('SELECT count(*) FROM (SELECT 1 FROM member WHERE list = ? LIMIT ?)')
  const countBehind = driver.query('SELECT count(*) FROM member WHERE list = ? AND position > ?')
  const readPage = driver.query(
    `SELECT member.id, ${COLUMNS} FROM member CROSS JOIN record ON record.key = ? || ' ' || member.id
     WHERE member.list = ? AND (member.position, member.id) > (?, ?) ORDER BY member.position, member.id LIMIT ?`,
  )
  const expired = driver.query(
    'SELECT key, position, groups FROM record WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
  )

  const enter = (record: StoreRecord) => {
    for (const group of record.groups) addMember(listOf({ ...record, group }), record.position, record.id)
  }
  /** Removes a record from its lists. `position` and `groups` are those in the file. */
  const leave = (key: string, position: Value, groups: Value) => {
    const [partition, kind, id] = key.split(' ') as [string, string, string]
    for (const group of wordsOf(groups)) dropMember(listOf({ partition, kind, group }), position, id)
  }

  return {
    read: (keys) => {
      const rows: (Row | undefined)[] = new Array(keys.length).fill(undefined)
      for (const [index, ...columns] of readKeys(JSON.stringify(keys))) rows[index as number] = rowOf(columns)
      return rows
    },
    insert: (record, { limit, onlyIf }) => {
      const key = keyOf(record)
      if (onlyIf && standingAt(keyOf(onlyIf.ref), onlyIf.revision).length === 0) return 'stale'
      if (limit) {
        if (standing(key).length > 0) return 'exists'
        const [places] = held(listOf({ ...record, group: limit.group }), limit.max).flat()
        if ((places as number) >= limit.max) return 'full'
      }
      if (addRecord(key, ...columnsOf(record)) === 0) return 'exists'
      enter(record)
      return 'inserted'
    },
    replace: (from, to) => {
      const key = keyOf(from)
      const [stored] = readGroups(key, from.revision)
      if (!stored) return false
      const [position, groups] = stored as [Value, Value]
      changeRecord(...columnsOf(to), key)
      if (position === to.position && groups === to.groups.join(' ')) return true
      leave(key, position, groups)
      enter(to)
      return true
    },
    page: (list, { after = { position: -1, id: '' }, limit }) => {
      const prefix = list.slice(0, list.lastIndexOf(' '))
      const found = readPage(prefix, list, after.position, after.id, limit + 1)
      const rows = found.slice(0, limit).map(([id, ...columns]) => ({ id: id as string, row: rowOf(columns) }))
      return { rows, more: found.length > limit }
    },
    count: (list, after) => countBehind(list, after).flat()[0] as number,
    dropExpired: (before, max) => {
      for (const [key, position, groups] of expired(before, max) as [string, Value, Value][]) {
        leave(key, position, groups)
        dropRecord(key)
      }
    },
  }
}

const columnsOf = (record: StoreRecord) =>
  [record.position, record.expiresAt ?? null, record.revision, record.groups.join(' '), record.data] as const

function rowOf(columns: readonly Value[]): Row {
  const [position, expiresAt, revision, groups, data] = columns as [number, number | null, string, string, string]
  const row = { groups: wordsOf(groups), position, revision, data }
  return expiresAt === null ? row : { ...row, expiresAt }
}

const wordsOf = (text: Value) => (text === '' ? [] : (text as string).split(' '))

/** The record at `ref`, from its row. */
export const recordOf = ({ kind, partition, id }: RecordRef, row: Row): StoreRecord => ({ kind, partition, id, ...row })
