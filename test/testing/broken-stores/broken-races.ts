import type { Store } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, othersGoFirst, standing } from './broken-store.ts'

/** Of ten names, says yes to one. */
function oneInTen(): (name: string) => boolean {
  const known = new Map<string, boolean>()
  return (name) => {
    const chosen = known.get(name) ?? known.size % 10 === 7
    known.set(name, chosen)
    return chosen
  }
}

const limitOf = ({ limit }: NonNullable<Parameters<Store['insert']>[1]>) => limit

/** Races that only one round in ten shows. */
export const brokenRaces: readonly BrokenStore[] = [
  brokenDatabase(
    'one replace in ten compares the revision, then writes',
    (inner) => {
      const isRare = oneInTen()
      return {
        ...inner,
        replace: async (from, to) => {
          if (!isRare(from.revision)) return inner.replace(from, to)
          const compared = await standing(inner, from)
          await othersGoFirst()
          if (compared?.revision !== from.revision) return false
          const stored = await standing(inner, from)
          return stored !== undefined && inner.replace(stored, to)
        },
      }
    },
    ['one of many parallel replaces wins', 'a counter under parallel replaces'],
  ),
  brokenDatabase(
    'one insert in ten looks for a record, then writes',
    (inner) => {
      const isRare = oneInTen()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          const limited = limitOf(options) || options.onlyIf
          if (limited || !isRare(record.id)) return inner.insert(record, options)
          if (await standing(inner, record)) return 'exists'
          await othersGoFirst()
          const meanwhile = await standing(inner, record)
          if (!meanwhile) return inner.insert(record, options)
          await inner.replace(meanwhile, record)
          return 'inserted'
        },
      }
    },
    ['one of many parallel inserts wins'],
  ),
  brokenDatabase(
    'one limit in ten is checked, then the record is written',
    (inner) => {
      const isRare = oneInTen()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          const { limit, ...rest } = options
          if (!limit || !isRare(limit.group)) return inner.insert(record, options)
          if (await standing(inner, record)) return 'exists'
          if ((await inner.count({ ...record, group: limit.group }, -1)) >= limit.max) return 'full'
          await othersGoFirst()
          return inner.insert(record, rest)
        },
      }
    },
    [
      'limit under parallel inserts',
      'removals in a race with limited inserts',
      'different limits on one group in one tick',
    ],
  ),
  brokenDatabase(
    'one group in ten refuses parallel limited inserts',
    (inner) => {
      const isRare = oneInTen()
      const writing = new Set<string>()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          const { limit } = options
          if (!limit || !isRare(limit.group)) return inner.insert(record, options)
          if (writing.has(limit.group)) return 'full'
          writing.add(limit.group)
          // Longer than any other call of the race waits before it begins.
          for (let turn = 0; turn < 50; turn++) await othersGoFirst()
          writing.delete(limit.group)
          return inner.insert(record, options)
        },
      }
    },
    [
      'limit under parallel inserts',
      'limit with a place for every insert',
      'removals in a race with limited inserts',
      'limits of one tick',
      'different limits on one group in one tick',
      'free places of one tick',
    ],
  ),
  brokenDatabase(
    'one condition in ten is checked by a read before the write',
    (inner) => {
      const isRare = oneInTen()
      return {
        ...inner,
        insert: async (record, options = {}) => {
          const { onlyIf, ...rest } = options
          if (!onlyIf || !isRare(onlyIf.revision)) return inner.insert(record, options)
          const [named] = await inner.get([onlyIf.ref])
          if (named?.revision !== onlyIf.revision) return 'stale'
          await othersGoFirst()
          return inner.insert(record, rest)
        },
      }
    },
    ['conditions in a race with a replace'],
  ),
  brokenDatabase(
    'one get in ten reads its refs one after another',
    (inner) => {
      let calls = 0
      return {
        ...inner,
        get: async (refs) => {
          if (refs.length !== 2 || ++calls % 10 !== 0) return inner.get(refs)
          const [first] = await inner.get(refs.slice(0, 1))
          for (let ticks = 0; ticks < 3; ticks++) await othersGoFirst()
          const [second] = await inner.get(refs.slice(1))
          return [first, second]
        },
      }
    },
    ['get reads one partition at one instant'],
  ),
  brokenDatabase(
    'the places of a group are counted by each writer',
    (inner) => {
      const counts = new Map<string, number>()
      const keyOf = (record: { kind: string; partition: string }, group: string) =>
        `${record.kind} ${record.partition} ${group}`
      return {
        ...inner,
        insert: async (record, options = {}) => {
          const { limit, ...rest } = options
          const key = limit && keyOf(record, limit.group)
          if (!limit || !key) return inner.insert(record, options)
          if (await standing(inner, record)) return 'exists'
          const known = counts.get(key)
          const count = Math.max(known ?? 0, await inner.count({ ...record, group: limit.group }, -1))
          if (count >= limit.max) return 'full'
          const result = await inner.insert(record, rest)
          if (result === 'inserted') counts.set(key, count + 1)
          return result
        },
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          for (const group of done ? from.groups : []) {
            const key = keyOf(from, group)
            const before = counts.get(key)
            await othersGoFirst()
            if (before !== undefined && !to.groups.includes(group)) counts.set(key, before - 1)
          }
          return done
        },
      }
    },
    [
      'limit under parallel inserts',
      'removal frees a place',
      'removals in a race with limited inserts',
      'stale before exists before full',
      'different limits on one group in one tick',
    ],
  ),
]
