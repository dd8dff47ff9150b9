import type { GroupRef, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, brokenNode, othersGoFirst } from './broken-store.ts'

const hasExpired = ({ expiresAt = Number.POSITIVE_INFINITY }: StoreRecord) => expiresAt <= Date.now()
const placeOf = ({ position, id }: { readonly position: number; readonly id: string }) => `${position} ${id}`

export const brokenLists: readonly BrokenStore[] = [
  brokenNode(
    'a place is remembered as a number of records',
    (inner) => {
      const shown = new Map<string, number>()
      return {
        ...inner,
        list: async (group, { after, limit }) => {
          const start = after && shown.get(placeOf(after))
          if (after && start === undefined) return inner.list(group, { after, limit })
          const { records } = await inner.list(group, { limit: 1000 })
          const page = records.slice(start ?? 0, (start ?? 0) + limit)
          const last = page.at(-1)
          if (last) shown.set(placeOf(last), (start ?? 0) + page.length)
          return { records: page, more: (start ?? 0) + limit < records.length }
        },
      }
    },
    ['pages contain unchanged records once', 'list leaves out moved records', 'pages of 1000 records'],
  ),
  brokenNode(
    'list finds places, then shows the records that are there by then',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        await othersGoFirst()
        const found = await inner.get(records)
        return { records: found.filter((one) => one !== undefined), more }
      },
    }),
    ['pages contain unchanged records once', 'list leaves out moved records'],
  ),
  brokenDatabase(
    'list omits expired records from the page and still says more',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        return { records: records.filter((one) => !hasExpired(one)), more }
      },
    }),
    ['a page with more is never empty'],
  ),
  brokenNode(
    'list omits records removed while it was read and still says more',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        await othersGoFirst()
        const found = await inner.get(records)
        return { records: records.filter(({ revision }, n) => found[n]?.revision === revision), more }
      },
    }),
    ['a page with more is never empty'],
  ),
  brokenDatabase(
    'list begins at the place',
    (inner) => ({
      ...inner,
      list: async (group, { after, limit }) => {
        const page = await inner.list(group, after ? { after, limit } : { limit })
        const { records } = await inner.list(group, { limit: 1000 })
        const at = after && records.find((one) => placeOf(one) === placeOf(after))
        return at ? { records: [at, ...page.records].slice(0, limit + 1), more: page.more } : page
      },
    }),
    [
      'list pages through one position',
      'list starts after a place',
      'list keeps the page size',
      'pages contain unchanged records once',
      'list leaves out moved records',
      'pages of 1000 records',
      'position 0',
    ],
  ),
  brokenDatabase(
    'list begins behind the position',
    (inner) => ({
      ...inner,
      list: (group, { after, limit }) =>
        inner.list(group, after ? { after: { position: after.position, id: '~' }, limit } : { limit }),
    }),
    [
      'list pages through one position',
      'list starts after a place',
      'list keeps the page size',
      'pages contain unchanged records once',
      'position 0',
    ],
  ),
  brokenDatabase(
    'a full page says more',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records } = await inner.list(group, page)
        return { records, more: records.length === page.limit }
      },
    }),
    ['lists and counts of one tick', 'list keeps the page size', 'a page of large records'],
  ),
  brokenDatabase(
    'a page never says more',
    (inner) => ({ ...inner, list: async (group, page) => ({ ...(await inner.list(group, page)), more: false }) }),
    [
      'lists and counts of one tick',
      'list pages through one position',
      'list keeps the page size',
      'pages contain unchanged records once',
      'a page with more is never empty',
      'pages of 1000 records',
    ],
  ),
  brokenDatabase(
    'a page holds at most 10 records',
    (inner) => ({
      ...inner,
      list: (group, page) => inner.list(group, { ...page, limit: Math.min(page.limit, 10) }),
    }),
    [
      'a read joins no earlier one',
      'data is never interpreted',
      'list ascends by position',
      'list orders ids by bytes',
      'list pages through one position',
      'list keeps the page size',
      'count agrees with list',
      'pages of 1000 records',
      'a page of large records',
      'a sweep drops nothing early',
    ],
  ),
  brokenDatabase(
    'list orders positions as text',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        const text = ({ position }: StoreRecord) => String(position)
        return { records: records.toSorted((a, b) => (text(a) === text(b) ? 0 : text(a) < text(b) ? -1 : 1)), more }
      },
    }),
    ['list ascends by position', 'far expiries'],
  ),
  brokenDatabase(
    'list orders ids as a person would',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        const inOrder = (a: StoreRecord, b: StoreRecord) => a.position - b.position || a.id.localeCompare(b.id, 'en')
        return { records: records.toSorted(inOrder), more }
      },
    }),
    ['list orders ids by bytes'],
  ),
  brokenDatabase(
    'list of an unknown group rejects',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        if ((await inner.count(group, -1)) === 0) throw new Error('no such key')
        return inner.list(group, page)
      },
    }),
    [
      'lists and counts of one tick',
      'insert never overwrites',
      'insert after a removal',
      'a refused insert stores nothing',
      'replace creates nothing',
      'a late replace after a removal',
      'list of an empty group',
      'a page with more is never empty',
      'replace to an expired record',
      'expiresAt 0',
      'a tombstone stays until it expires',
      'a write is seen on another node',
      'namespaces are separate',
    ],
  ),
  brokenDatabase(
    'list shows records without their groups',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        return { records: records.map((one) => ({ ...one, groups: [group.group] })), more }
      },
    }),
    ['one of many parallel inserts wins', 'one of many parallel replaces wins', 'list returns whole records'],
  ),
  brokenDatabase(
    'count includes the records at the position',
    (inner) => ({ ...inner, count: (group, after) => inner.count(group, after - 1) }),
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
    'count compares only the beginning of the name',
    (inner) => {
      const names = new Set<string>()
      return {
        ...inner,
        insert: (record, options) => {
          for (const group of record.groups) names.add(group)
          return inner.insert(record, options)
        },
        count: async (of: GroupRef, after) => {
          const groups = [...names].filter((name) => name.startsWith(of.group))
          const counts = await Promise.all(groups.map((group) => inner.count({ ...of, group }, after)))
          return counts.reduce((sum, count) => sum + count, 0)
        },
      }
    },
    [
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'a repeated replace',
      'count keeps groups apart',
    ],
  ),
]
