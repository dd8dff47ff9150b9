import type { StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase } from './broken-store.ts'

export const brokenSizes: readonly BrokenStore[] = [
  brokenDatabase(
    'get finds the first 500 refs',
    (inner) => ({
      ...inner,
      get: async (refs) => (await inner.get(refs)).map((found, n) => (n < 500 ? found : undefined)),
    }),
    ['get of 1000 refs'],
  ),
  brokenDatabase(
    'get of more than 900 refs rejects',
    (inner) => ({
      ...inner,
      get: async (refs) => {
        if (refs.length > 900) throw new Error('too many SQL variables')
        return inner.get(refs)
      },
    }),
    ['get of 1000 refs'],
  ),
  brokenDatabase(
    'a page has at most 500 records',
    (inner) => ({ ...inner, list: (group, page) => inner.list(group, { ...page, limit: Math.min(page.limit, 500) }) }),
    ['pages of 1000 records'],
  ),
  brokenDatabase(
    'a page of 1000 records never says more',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        return { records, more: more && records.length < 1000 }
      },
    }),
    ['pages of 1000 records'],
  ),
  brokenDatabase(
    'a page ends after a million bytes',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        let bytes = 0
        const within = records.filter(({ data }) => {
          bytes += data.length
          return bytes < 1_000_000
        })
        return { records: within, more: more || within.length < records.length }
      },
    }),
    ['a page of large records'],
  ),
  brokenDatabase(
    'a count ends at 1000',
    (inner) => ({ ...inner, count: async (group, after) => Math.min(1000, await inner.count(group, after)) }),
    ['a count beyond 1000'],
  ),
  brokenDatabase(
    'a count ends at 1000 before it is compared with the limit',
    (inner) => ({
      ...inner,
      insert: (record, options = {}) => {
        const { limit } = options
        const max = limit && limit.max > 1000 ? Number.POSITIVE_INFINITY : limit?.max
        return inner.insert(record, { ...options, ...(limit && { limit: { ...limit, max: max ?? 0 } }) })
      },
    }),
    ['a limit beyond 1000'],
  ),
  brokenDatabase(
    'there are 100 places in every group',
    (inner) => ({
      ...inner,
      insert: (record, options = {}) => {
        const { limit } = options
        return inner.insert(record, {
          ...options,
          ...(limit && limit.max < 1000 && { limit: { ...limit, max: Math.min(100, limit.max) } }),
        })
      },
    }),
    ['a limit beyond 100'],
  ),
  brokenDatabase(
    'a limit applies to the first group',
    (inner) => ({
      ...inner,
      insert: (record, options = {}) => {
        const { limit } = options
        const group = record.groups[0] ?? ''
        return inner.insert(record, { ...options, ...(limit && { limit: { ...limit, group } }) })
      },
    }),
    ['a limit on any of its groups'],
  ),
  brokenDatabase(
    'a limit applies to every group of the record',
    (inner) => ({
      ...inner,
      insert: async (record, options = {}) => {
        const { limit } = options
        const result = inner.insert(record, options)
        if (!limit || (await result) !== 'inserted') return result
        const counts = await Promise.all(record.groups.map((group) => inner.count({ ...record, group }, -1)))
        if (counts.every((count) => count <= limit.max)) return result
        await inner.replace(record, { ...record, groups: [] })
        return 'full'
      },
    }),
    ['a limit on any of its groups'],
  ),
  brokenDatabase(
    'a move does not reach the fourth group',
    (inner) => {
      const firstPositions = new Map<string, number>()
      return {
        ...inner,
        insert: (record, options) => {
          firstPositions.set(record.id, record.position)
          return inner.insert(record, options)
        },
        list: async ({ group, ...of }, page) => {
          const { records, more } = await inner.list({ group, ...of }, page)
          const placeOf = ({ id, groups, position }: StoreRecord) =>
            groups.indexOf(group) === 3 ? (firstPositions.get(id) ?? position) : position
          return { records: records.toSorted((a, b) => placeOf(a) - placeOf(b)), more }
        },
      }
    },
    ['moves in four groups'],
  ),
]
