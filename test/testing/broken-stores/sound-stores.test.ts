import { describe, it } from 'vitest'
import type { Store, StoreRecord } from '../../../src/store/store.ts'
import { conformance } from '../../../src/testing/index.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { memoryTarget, type Wrap } from '../../support/memory-target.ts'
import { othersGoFirst, standing } from './broken-store.ts'

const hasExpired = ({ expiresAt = Number.POSITIVE_INFINITY }: StoreRecord) => expiresAt <= Date.now()

/** Every call takes a few turns on its way to the database and on its way back. */
function slow(inner: Store): Store {
  const random = seededRandom(7)
  const travel = async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await othersGoFirst()
  }
  const travelling =
    <Passed extends unknown[], Result>(call: (...passed: Passed) => Promise<Result>) =>
    async (...passed: Passed): Promise<Result> => {
      await travel()
      const answer = await call(...passed)
      await travel()
      return answer
    }
  return {
    ...inner,
    get: travelling(inner.get),
    insert: travelling(inner.insert),
    replace: travelling(inner.replace),
    list: travelling(inner.list),
    count: travelling(inner.count),
  }
}

/** Expired records are gone at once: not found, not in the way, and omitted from lists. */
function dropping(inner: Store): Store {
  return {
    ...inner,
    get: async (refs) => (await inner.get(refs)).map((found) => (found && hasExpired(found) ? undefined : found)),
    insert: async (record, options) => {
      const stored = await standing(inner, record)
      if (!stored || !hasExpired(stored)) return inner.insert(record, options)
      await inner.replace(stored, record)
      return 'inserted'
    },
    replace: async (from, to) => {
      const stored = await standing(inner, from)
      return stored !== undefined && !hasExpired(stored) && inner.replace(from, to)
    },
    list: async (group, { after, limit }) => {
      const page = await inner.list(group, { limit: 1_000_000, ...(after && { after }) })
      const live = page.records.filter((record) => !hasExpired(record))
      return { records: live.slice(0, limit), more: live.length > limit }
    },
  }
}

/** Rows as a driver returns them: without a prototype. */
function rows(inner: Store): Store {
  const row = (record: StoreRecord): StoreRecord => Object.assign(Object.create(null), record)
  return {
    ...inner,
    get: async (refs) => (await inner.get(refs)).map((found) => found && row(found)),
    list: async (group, page) => {
      const { records, more } = await inner.list(group, page)
      return { records: records.map(row), more }
    },
  }
}

const unwatched: Wrap = ({ watch, ...inner }) => inner

/** It does not offer conditional inserts, and would not do them. */
const unconditional: Wrap = ({ conditionalInserts, ...inner }) => ({
  ...inner,
  insert: async (record, options = {}) => {
    if (options.onlyIf) throw new Error('this store cannot insert under a condition')
    return inner.insert(record, options)
  },
})

describe.each([
  ['a store that responds late and out of order', { node: slow }],
  ['a database that is slow for all its nodes', { database: slow }],
  ['a store that drops expired records at once', { database: dropping }],
  ['a store that gives rows without a prototype', { node: rows }],
  ['a store that cannot be watched', { node: unwatched }],
  ['a store without conditional inserts', { node: unconditional }],
])('kit: %s passes', (_, wraps) => {
  const target = memoryTarget(wraps)
  for (const { name, rule, run } of conformance) it(`${name}: ${rule}`, () => run(target))
})
