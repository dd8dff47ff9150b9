import type { GroupRef, RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, standing } from './broken-store.ts'

const keyOf = ({ kind, partition, id }: RecordRef) => `${kind} ${partition} ${id}`
const groupKey = ({ kind, partition, group }: GroupRef) => `${kind} ${partition} ${group}`
// More than the kit stores, and than a page may have.
const ALL = 1_000_000

const isSwept = (now: number) => now > Date.now() + 1000

/** A store in which some records are gone: not found, not listed, not counted, and their refs are free. */
function hiding(
  inner: Store,
  isGone: (record: StoreRecord) => boolean,
  alsoIn: 'get' | 'list' | 'both' = 'both',
): Store {
  const gets = {
    get: async (refs: readonly RecordRef[]) =>
      (await inner.get(refs)).map((found) => (found && isGone(found) ? undefined : found)),
    insert: async (...[record, options]: Parameters<Store['insert']>) => {
      const stored = await standing(inner, record)
      if (!stored || !isGone(stored)) return inner.insert(record, options)
      await inner.replace(stored, record)
      return 'inserted' as const
    },
  }
  const lists: Pick<Store, 'list' | 'count'> = {
    list: async (group, { after, limit }) => {
      const { records } = await inner.list(group, { limit: ALL, ...(after && { after }) })
      const there = records.filter((one) => !isGone(one))
      return { records: there.slice(0, limit), more: there.length > limit }
    },
    count: async (group, after) => {
      const { records } = await inner.list(group, { limit: ALL })
      return records.filter((one) => one.position > after && !isGone(one)).length
    },
  }
  return { ...inner, ...(alsoIn !== 'list' && gets), ...(alsoIn !== 'get' && lists) }
}

/** Remembers something about every record that is written. */
function noting(inner: Store, note: (record: StoreRecord, from?: StoreRecord) => void): Store {
  return {
    ...inner,
    insert: async (record, options) => {
      const result = await inner.insert(record, options)
      if (result === 'inserted') note(record)
      return result
    },
    replace: async (from, to) => {
      const done = await inner.replace(from, to)
      if (done) note(to, from)
      return done
    },
  }
}

const expiryOf = ({ expiresAt = Number.POSITIVE_INFINITY }: StoreRecord) => expiresAt

/** A store that drops a record by the expiry that it had first. */
function byFirstExpiry(inner: Store, now: () => number, alsoIn: 'get' | 'list'): Store {
  const first = new Map<string, number>()
  const noted = noting(inner, (record) => {
    if (!first.has(keyOf(record))) first.set(keyOf(record), expiryOf(record))
  })
  return hiding(noted, (record) => Math.min(first.get(keyOf(record)) ?? 0, 1e15) <= now(), alsoIn)
}

/** A store in which each list is dropped when the time that `expiryOf` it gives has come. */
function withListExpiry(
  inner: Store,
  now: () => number,
  choose: (known: number | undefined, entering: number) => number,
): Store {
  const expiries = new Map<string, number>()
  const noted = noting(inner, (record) => {
    for (const group of record.groups) {
      const key = groupKey({ ...record, group })
      expiries.set(key, choose(expiries.get(key), expiryOf(record)))
    }
  })
  const isGone = (group: GroupRef) => isSwept(now()) && (expiries.get(groupKey(group)) ?? 0) <= now() - 60_000
  return {
    ...noted,
    list: async (group, page) => (isGone(group) ? { records: [], more: false } : inner.list(group, page)),
    count: async (group, after) => (isGone(group) ? 0 : inner.count(group, after)),
  }
}

export const brokenSweeps: readonly BrokenStore[] = [
  brokenDatabase(
    'records are dropped a second early',
    (inner, now) => hiding(inner, (one) => isSwept(now()) && expiryOf(one) - 1000 <= now()),
    ['a sweep drops nothing early', 'a changed expiry is swept as changed', 'a tombstone stays until it expires'],
  ),
  brokenDatabase(
    'records are dropped two seconds early, but not from lists',
    (inner, now) => hiding(inner, (one) => isSwept(now()) && expiryOf(one) - 2000 <= now(), 'get'),
    ['a sweep drops nothing early', 'a changed expiry is swept as changed', 'a tombstone stays until it expires'],
  ),
  brokenDatabase(
    'records are dropped a millisecond early',
    (inner, now) => hiding(inner, (one) => isSwept(now()) && expiryOf(one) - 1 <= now()),
    ['a sweep drops nothing early', 'a changed expiry is swept as changed', 'a tombstone stays until it expires'],
  ),
  brokenDatabase(
    'times to live are rounded down to seconds',
    (inner, now) => hiding(inner, (one) => isSwept(now()) && Math.floor(expiryOf(one) / 1000) * 1000 <= now()),
    ['a sweep drops nothing early', 'a changed expiry is swept as changed', 'a tombstone stays until it expires'],
  ),
  brokenDatabase(
    'lists drop records by the minute',
    (inner, now) =>
      hiding(inner, (one) => isSwept(now()) && Math.floor(expiryOf(one) / 60_000) * 60_000 <= now(), 'list'),
    ['a sweep drops nothing early', 'a changed expiry is swept as changed'],
  ),
  brokenDatabase(
    'a sweep drops tombstones',
    (inner, now) => hiding(inner, (one) => isSwept(now()) && one.groups.length === 0 && one.expiresAt !== undefined),
    ['a tombstone stays until it expires'],
  ),
  brokenDatabase('a record is dropped by its first expiry', (inner, now) => byFirstExpiry(inner, now, 'get'), [
    'insert of an expired record',
    'a changed expiry is swept as changed',
    'get, list, count and limit agree after a sweep',
  ]),
  brokenDatabase('a record leaves its lists at its first expiry', (inner, now) => byFirstExpiry(inner, now, 'list'), [
    'a changed expiry is swept as changed',
    'get, list, count and limit agree after a sweep',
  ]),
  brokenDatabase(
    'a list is dropped with its newest record',
    (inner, now) => withListExpiry(inner, now, (_, last) => last),
    ['a list outlives its newest record'],
  ),
  brokenDatabase(
    'a list is dropped with its first record',
    (inner, now) => withListExpiry(inner, now, (first, last) => first ?? last),
    [
      'a sweep drops nothing early',
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
      'get, list, count and limit agree after a sweep',
    ],
  ),
  brokenDatabase(
    'a list is dropped with its shortest-lived record',
    (inner, now) => withListExpiry(inner, now, (known = Number.POSITIVE_INFINITY, last) => Math.min(known, last)),
    [
      'a sweep drops nothing early',
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
      'get, list, count and limit agree after a sweep',
    ],
  ),
  brokenDatabase(
    'a list with a record that never expires is dropped with the last that does',
    (inner, now) =>
      withListExpiry(inner, now, (known = 0, last) => Math.max(known, last === Number.POSITIVE_INFINITY ? 0 : last)),
    [
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
      'get, list, count and limit agree after a sweep',
      'a removed record holds no place after a sweep',
    ],
  ),
  brokenDatabase(
    'a count includes what expired within the second before',
    (inner) => ({ ...inner, count: (group, after) => inner.count(group, Math.max(-1, after - 1000)) }),
    [
      'lists and counts of one tick',
      'replace moves within a group',
      'count starts after the position',
      'count agrees with list',
      'replace to an expired record',
      'a count beyond 1000',
      'position 0',
      'expiresAt 0',
      'moves in four groups',
      'a sweep drops nothing early',
    ],
  ),
  brokenDatabase(
    'a count begins at the next whole second',
    (inner) => ({
      ...inner,
      count: (group, after) => inner.count(group, after < 1_600_000_000_000 ? after : Math.ceil(after / 1000) * 1000),
    }),
    [
      'lists and counts of one tick',
      'replace moves within a group',
      'count starts after the position',
      'count agrees with list',
      'a record stays until it expires',
      'a count beyond 1000',
      'far expiries',
      'moves in four groups',
      'a sweep drops nothing early',
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
    ],
  ),
  brokenDatabase(
    'lists contain records that were dropped',
    (inner) => {
      const listed = new Map<string, StoreRecord>()
      const noted = noting(inner, (record, from) => {
        for (const group of from?.groups ?? []) listed.delete(`${groupKey({ ...record, group })} ${record.id}`)
        for (const group of record.groups) listed.set(`${groupKey({ ...record, group })} ${record.id}`, record)
      })
      return {
        ...noted,
        list: async (group, page) => {
          const { records, more } = await inner.list(group, page)
          if (page.limit < 1000 || page.after || more) return { records, more }
          const mine = [...listed].filter(([key]) => key.startsWith(`${groupKey(group)} `)).map(([, record]) => record)
          const isThere = new Set(records.map(({ id }) => id))
          return { records: [...records, ...mine.filter(({ id }) => !isThere.has(id))], more }
        },
      }
    },
    ['get, list, count and limit agree after a sweep'],
  ),
  brokenDatabase(
    'the ref of a dropped record stays taken',
    (inner) => {
      const taken = new Set<string>()
      const noted = noting(inner, (record) => taken.add(keyOf(record)))
      return {
        ...noted,
        insert: async (record, options) => {
          if (!options?.onlyIf && taken.has(keyOf(record))) return 'exists'
          return noted.insert(record, options)
        },
      }
    },
    ['get, list, count and limit agree after a sweep'],
  ),
  brokenDatabase(
    'a replace of a dropped record stores it again',
    (inner) => {
      const revisions = new Map<string, string>()
      const noted = noting(inner, (record) => revisions.set(keyOf(record), record.revision))
      return {
        ...noted,
        replace: async (from, to) => {
          if (await noted.replace(from, to)) return true
          if (revisions.get(keyOf(from)) !== from.revision) return false
          return (await noted.insert(to)) === 'inserted'
        },
      }
    },
    ['get, list, count and limit agree after a sweep'],
  ),
  brokenDatabase(
    'a removed record takes its place again when its tombstone is dropped',
    (inner) => {
      const removed = new Map<string, StoreRecord[]>()
      const noted = noting(inner, (record, from) => {
        for (const group of from?.groups ?? []) {
          const key = groupKey({ ...record, group })
          if (!record.groups.includes(group)) removed.set(key, [...(removed.get(key) ?? []), record])
        }
      })
      return {
        ...noted,
        insert: async (record, options = {}) => {
          const { limit } = options
          const stones = limit ? (removed.get(groupKey({ ...record, group: limit.group })) ?? []) : []
          const dropped = (await inner.get(stones)).filter((one) => !one).length
          return noted.insert(record, { ...options, ...(limit && { limit: { ...limit, max: limit.max - dropped } }) })
        },
      }
    },
    ['a removed record holds no place after a sweep'],
  ),
]
