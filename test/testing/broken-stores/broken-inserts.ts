import type { InsertOptions, Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, othersGoFirst, standing } from './broken-store.ts'

/** Whether the limit of an insert is reached. */
async function isFull(store: Store, record: StoreRecord, { limit }: InsertOptions): Promise<boolean> {
  return limit !== undefined && (await store.count({ ...record, group: limit.group }, -1)) >= limit.max
}

export const brokenInserts: readonly BrokenStore[] = [
  brokenDatabase(
    'insert overwrites',
    (inner) => ({
      ...inner,
      insert: async (record, options) => {
        const stored = await standing(inner, record)
        if (!stored) return inner.insert(record, options)
        await inner.replace(stored, record)
        return 'inserted'
      },
    }),
    [
      'insert never overwrites',
      'one of many parallel inserts wins',
      'insert after a removal',
      'durable changes no result',
      'exists before full',
      'insert under a condition',
      'stale before exists before full',
      'replace changes one record',
      'inserts of one tick',
      'limits of one tick',
      'free places of one tick',
      'a record stays until it expires',
      'far expiries',
      'a sweep drops nothing early',
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
      'a tombstone stays until it expires',
      'calls after close',
      'calls before the first use after close',
    ],
  ),
  brokenDatabase(
    'insert returns exists and overwrites',
    (inner) => ({
      ...inner,
      insert: async (record, options) => {
        const stored = await standing(inner, record)
        if (stored) await inner.replace(stored, record)
        return stored ? 'exists' : inner.insert(record, options)
      },
    }),
    [
      'insert never overwrites',
      'one of many parallel inserts wins',
      'insert after a removal',
      'stale before exists before full',
      'inserts of one tick',
      'insert of an expired record',
      'far expiries',
      'a sweep drops nothing early',
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
      'a tombstone stays until it expires',
      'calls after close',
      'calls before the first use after close',
    ],
  ),
  brokenDatabase(
    'insert of an existing record enters the groups',
    (inner) => ({
      ...inner,
      insert: async (record, options) => {
        const stored = await standing(inner, record)
        if (stored)
          await inner.replace(stored, { ...stored, groups: [...new Set([...stored.groups, ...record.groups])] })
        return stored ? 'exists' : inner.insert(record, options)
      },
    }),
    [
      'insert never overwrites',
      'one of many parallel inserts wins',
      'insert after a removal',
      'stale before exists before full',
      'a tombstone stays until it expires',
    ],
  ),
  brokenDatabase(
    'insert checks for an existing record, then writes',
    (inner) => ({
      ...inner,
      insert: async (record, options) => {
        const stored = await standing(inner, record)
        await othersGoFirst()
        if (stored) return 'exists'
        const meanwhile = await standing(inner, record)
        if (!meanwhile) return inner.insert(record, options)
        await inner.replace(meanwhile, record)
        return 'inserted'
      },
    }),
    [
      'one of many parallel inserts wins',
      'stale before exists before full',
      'conditions of one turn',
      'one record twice in one tick',
      'free places of one tick',
    ],
  ),
  brokenDatabase(
    'a durable insert overwrites',
    (inner) => ({
      ...inner,
      insert: async (record, options = {}) => {
        const stored = options.durable ? await standing(inner, record) : undefined
        if (!stored) return inner.insert(record, options)
        await inner.replace(stored, record)
        return 'inserted'
      },
    }),
    ['insert never overwrites', 'durable changes no result', 'insert under a condition'],
  ),
  brokenDatabase(
    'the limit is checked, then the record is written',
    (inner) => ({
      ...inner,
      insert: async (record, options = {}) => {
        if (await standing(inner, record)) return 'exists'
        if (await isFull(inner, record, options)) return 'full'
        await othersGoFirst()
        const { limit: _, ...rest } = options
        return inner.insert(record, rest)
      },
    }),
    [
      'limit under parallel inserts',
      'removal frees a place',
      'removals in a race with limited inserts',
      'stale before exists before full',
      'different limits on one group in one tick',
    ],
  ),
  brokenDatabase(
    'full is checked before exists',
    (inner) => ({
      ...inner,
      insert: async (record, options = {}) =>
        (await isFull(inner, record, options)) ? 'full' : inner.insert(record, options),
    }),
    ['exists before full', 'stale before exists before full', 'limits of one tick'],
  ),
  brokenDatabase(
    'parallel limited inserts are refused instead of repeated',
    (inner) => {
      let writing = false
      return {
        ...inner,
        insert: async (record, options = {}) => {
          if (!options.limit) return inner.insert(record, options)
          if (writing) return 'full'
          writing = true
          await othersGoFirst()
          writing = false
          return inner.insert(record, options)
        },
      }
    },
    [
      'limit under parallel inserts',
      'limit with a place for every insert',
      'removal frees a place',
      'removals in a race with limited inserts',
      'limits of one tick',
      'different limits on one group in one tick',
      'free places of one tick',
      'a limit beyond 100',
    ],
  ),
  brokenDatabase(
    'a limited insert that is refused is stored',
    (inner) => ({
      ...inner,
      insert: async (record, options = {}) => {
        const answer = await inner.insert(record, options)
        if (answer === 'full') await inner.insert({ ...record, groups: record.groups.slice(1) })
        return answer
      },
    }),
    ['a refused insert stores nothing', 'stale before exists before full'],
  ),
  brokenDatabase(
    'the limit of the first insert is kept',
    (inner) => {
      const limits = new Map<string, number>()
      return {
        ...inner,
        insert: (record, options = {}) => {
          const { limit } = options
          if (!limit) return inner.insert(record, options)
          const key = `${record.kind} ${record.partition} ${limit.group}`
          const max = limits.get(key) ?? limit.max
          limits.set(key, max)
          return inner.insert(record, { ...options, limit: { ...limit, max } })
        },
      }
    },
    [
      'limit changes',
      'limits of one tick',
      'different limits on one group in one tick',
      'a limit beyond 1000',
      'get, list, count and limit agree after a sweep',
    ],
  ),
  brokenDatabase(
    'the limit counts every record ever inserted',
    (inner) => {
      const ever = new Map<string, number>()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          if (await standing(inner, record)) return 'exists'
          const keys = record.groups.map((group) => `${record.kind} ${record.partition} ${group}`)
          const { limit } = options
          const limited = `${record.kind} ${record.partition} ${limit?.group}`
          if (limit && (ever.get(limited) ?? 0) >= limit.max) return 'full'
          for (const key of keys) ever.set(key, (ever.get(key) ?? 0) + 1)
          return inner.insert(record, options)
        },
      }
    },
    [
      'removal frees a place',
      'removals in a race with limited inserts',
      'leaving the group frees a place',
      'a refused insert stores nothing',
      'stale before exists before full',
      'a removed record holds no place after a sweep',
    ],
  ),
  brokenDatabase(
    'the limit counts only records inserted with a limit',
    (inner) => {
      const limited = new Set<string>()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          const { limit } = options
          if (!limit) return inner.insert(record, options)
          const { records } = await inner.list({ ...record, group: limit.group }, { limit: 1000 })
          const free = records.filter(({ id }) => !limited.has(id)).length
          limited.add(record.id)
          return inner.insert(record, { ...options, limit: { ...limit, max: limit.max + free } })
        },
      }
    },
    [
      'removals in a race with limited inserts',
      'limit counts every member',
      'limits of one tick',
      'a limit beyond 1000',
      'position 0',
      'a limit on any of its groups',
      'get, list, count and limit agree after a sweep',
      'a removed record holds no place after a sweep',
    ],
  ),
  brokenDatabase(
    'the limit counts the partition',
    (inner) => {
      const groups = new Set<string>()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          if (await standing(inner, record)) return 'exists'
          for (const group of record.groups) groups.add(group)
          const others = options.limit ? [...groups].filter((group) => group !== options.limit?.group) : []
          const counts = await Promise.all(others.map((group) => inner.count({ ...record, group }, -1)))
          const more = counts.reduce((sum, count) => sum + count, 0)
          const limit = options.limit && { ...options.limit, max: options.limit.max - more }
          return inner.insert(record, { ...options, ...(limit && { limit }) })
        },
      }
    },
    [
      'limit under parallel inserts',
      'limit with a place for every insert',
      'removals in a race with limited inserts',
      'limit counts one group',
      'stale before exists before full',
      'limits of one tick',
      'different limits on one group in one tick',
      'free places of one tick',
      'a limit on any of its groups',
      'get, list, count and limit agree after a sweep',
    ],
  ),
]
