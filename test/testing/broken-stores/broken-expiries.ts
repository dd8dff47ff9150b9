import type { GroupRef, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, standing } from './broken-store.ts'

const hasExpired = ({ expiresAt = Number.POSITIVE_INFINITY }: StoreRecord) => expiresAt <= Date.now()
const hasExpiredEarly = ({ expiresAt = Number.POSITIVE_INFINITY }: StoreRecord) => expiresAt - 60_000 <= Date.now()

export const brokenExpiries: readonly BrokenStore[] = [
  brokenDatabase(
    'a record is dropped a minute before it expires',
    (inner) => ({
      ...inner,
      get: async (refs) =>
        (await inner.get(refs)).map((found) => (found && hasExpiredEarly(found) ? undefined : found)),
      insert: async (record, options) => {
        const stored = await standing(inner, record)
        if (!stored || !hasExpiredEarly(stored)) return inner.insert(record, options)
        await inner.replace(stored, record)
        return 'inserted'
      },
    }),
    ['a record stays until it expires', 'replace changes the expiry'],
  ),
  brokenDatabase(
    'an insert of an expired record rejects',
    (inner) => ({
      ...inner,
      insert: async (record, options) => {
        if (hasExpired(record)) throw new Error('invalid expire time')
        return inner.insert(record, options)
      },
    }),
    ['insert of an expired record', 'expiry affects no other record', 'expiresAt 0'],
  ),
  brokenDatabase(
    'an insert over an expired record stores it and returns exists',
    (inner) => ({
      ...inner,
      insert: async (record, options) => {
        const stored = await standing(inner, record)
        if (!stored || !hasExpired(stored)) return inner.insert(record, options)
        await inner.replace(stored, record)
        return 'exists'
      },
    }),
    ['insert of an expired record'],
  ),
  brokenDatabase(
    'a group expires with the record that entered it last',
    (inner) => {
      const expired = new Map<string, boolean>()
      const keyOf = ({ kind, partition, group }: GroupRef) => `${kind} ${partition} ${group}`
      const enter = (record: StoreRecord) => {
        for (const group of record.groups) expired.set(keyOf({ ...record, group }), hasExpired(record))
      }
      return {
        ...inner,
        insert: async (record, options) => {
          const answer = await inner.insert(record, options)
          if (answer === 'inserted') enter(record)
          return answer
        },
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          if (done) enter(to)
          return done
        },
        list: async (group, page) =>
          expired.get(keyOf(group)) ? { records: [], more: false } : inner.list(group, page),
        count: async (group, after) => (expired.get(keyOf(group)) ? 0 : inner.count(group, after)),
      }
    },
    ['a page with more is never empty', 'expiry affects no other record'],
  ),
]
