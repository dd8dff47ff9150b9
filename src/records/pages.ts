import { AppGrantError } from '../base/errors.ts'
import { nameOf } from '../credentials/digest.ts'
import type { GroupRef, Position, Store, StoreRecord } from '../store/store.ts'

/** Most records read by one call: a page of search results may be short, even empty, and still have a next page. */
const MAX_SCANNED = 1000
const SEARCH_CHUNK = 200
/** Most records of a group that one walk reads. */
const MAX_WALKED = 20_000
const MAX_CURSOR_LENGTH = 400

/** Which page of a list to return. */
export interface PageQuery {
  /** `nextCursor` of the previous page. Default is the first page. */
  readonly cursor?: string | undefined
  /** Maximum number of items, 1–1000. Default is 50. */
  readonly limit?: number | undefined
}

/** One page of a list. An item that exists and does not change while all pages are read appears exactly once. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

/** A list: one row after the other, where the groups of a row are merged. */
export interface ListOf<Item> {
  /** Identifies the list: the cursor of any other list is rejected. */
  readonly identity: readonly string[]
  readonly rows: readonly (readonly GroupRef[])[]
  /** The row of the record with that id. Default is the first, for lists with a single row. */
  readonly rowOf?: (id: string) => number
  /** Only records after this position. Default is all. */
  readonly from?: Position
  /** Returns an item for each record, or undefined to leave it out. */
  readonly show: (records: readonly StoreRecord[]) => Promise<readonly (Item | undefined)[]>
  /** Whether `show` is expected to leave out most records. */
  readonly isSearch?: boolean
  /** Whether it begins at its end; only for a single group, all of which is read for each page: a store lists in one direction. */
  readonly isReversed?: boolean
}

/** Pages and counts of groups. */
export interface Pages {
  page<Item>(list: ListOf<Item>, query: PageQuery & { readonly limit: number }): Promise<Page<Item>>
  /** The number of records in the groups at a position greater than `after`. */
  count(groups: readonly GroupRef[], after: number): Promise<number>
  /** Reads a group to its end, a page at a time, at most 20 000 records after the position. */
  walk(group: GroupRef, from: Position): AsyncIterable<readonly StoreRecord[]>
}

export function createPages(store: Store): Pages {
  /** Merges the groups of a row. Each is read for a whole page, because all of it may come first. */
  async function listRow(groups: readonly GroupRef[], after: Position | undefined, limit: number) {
    const pages = await Promise.all(groups.map((group) => store.list(group, { limit, ...(after && { after }) })))
    if (pages.length === 1 && pages[0]) return pages[0]
    const all = pages.flatMap((page) => page.records).sort(byPosition)
    return { records: all.slice(0, limit), more: all.length > limit || pages.some((page) => page.more) }
  }

  /** The records of a group before `end`, from the last one on. */
  async function readBackwards(group: GroupRef, end: Position | undefined): Promise<StoreRecord[]> {
    const all: StoreRecord[] = []
    let after: Position | undefined
    let isMore = true
    while (isMore) {
      const { records, more } = await store.list(group, { limit: MAX_SCANNED, ...(after && { after }) })
      all.push(...records.filter((record) => !end || byPosition(record, end) < 0))
      const last = records.at(-1)
      after = last && { position: last.position, id: last.id }
      isMore = more && after !== undefined && !(end && byPosition(after, end) > 0)
    }
    return all.reverse()
  }

  /** The same as `listRow` for one group, from its end. The group is read at the first call. */
  function rowBackwards(): typeof listRow {
    let rest: StoreRecord[] | undefined
    return async ([group], end, limit) => {
      rest ??= group ? await readBackwards(group, end) : []
      return { records: rest.splice(0, limit), more: rest.length > 0 }
    }
  }

  return {
    async page(list, { cursor, limit }) {
      const read = list.isReversed ? rowBackwards() : listRow
      const start = cursor === undefined ? undefined : readCursor(cursor, list)
      // The start of the list may have moved past the cursor: records that have expired since are not shown.
      let after = start && list.from && byPosition(start, list.from) < 0 ? list.from : (start ?? list.from)
      let row = start ? (list.rowOf?.(start.id) ?? 0) : 0
      let scanned = 0
      const items = []
      while (row < list.rows.length) {
        const chunk = list.isSearch ? SEARCH_CHUNK : limit - items.length
        const found = await read(list.rows[row] ?? [], after, Math.min(chunk, MAX_SCANNED - scanned))
        const shown = await list.show(found.records)
        for (const [at, record] of found.records.entries()) {
          scanned++
          after = { position: record.position, id: record.id }
          const item = shown[at]
          if (item !== undefined) items.push(item)
          const isEnd = at === found.records.length - 1 && !found.more && row === list.rows.length - 1
          if (isEnd) return { items }
          if (items.length === limit || scanned === MAX_SCANNED) return { items, nextCursor: writeCursor(after, list) }
        }
        if (found.more) continue
        row++
        after = list.from
      }
      return { items }
    },
    async count(groups, after) {
      const counts = await Promise.all(groups.map((group) => store.count(group, after)))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async *walk(group, from) {
      let after = from
      for (let walked = 0; walked < MAX_WALKED; walked += SEARCH_CHUNK) {
        const { records, more } = await store.list(group, { after, limit: SEARCH_CHUNK })
        yield records
        const last = records.at(-1)
        if (!more || !last) return
        after = { position: last.position, id: last.id }
      }
    },
  }
}

function byPosition(one: Position, other: Position): number {
  return one.position - other.position || (one.id < other.id ? -1 : 1)
}

/** The digest covers the position too, so that a modified cursor is rejected like one of another list. */
function writeCursor({ position, id }: Position, list: ListOf<unknown>): string {
  const digest = nameOf(12, ...list.identity, String(position), id)
  return Buffer.from(`${digest} ${position} ${id}`).toString('base64url')
}

function readCursor(cursor: string, list: ListOf<unknown>): Position {
  const text = cursor.length <= MAX_CURSOR_LENGTH ? Buffer.from(cursor, 'base64url').toString('latin1') : ''
  const [, position, id] = /^[\w-]{12} (\d{1,15}) ([\w.-]{1,200})$/.exec(text) ?? []
  const place = id === undefined ? undefined : { position: Number(position), id }
  if (!place || writeCursor(place, list) !== cursor || (list.rowOf?.(place.id) ?? 0) < 0) {
    throw new AppGrantError('invalid_cursor', {
      message: 'cursor: expected the nextCursor of a page of the same list',
      hint: 'Use nextCursor of the previous page with the same query, or omit cursor to start over.',
    })
  }
  return place
}
