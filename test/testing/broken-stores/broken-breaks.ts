import { notApplied, type Store } from '../../../src/store/store.ts'
import { type BrokenStore, brokenNode, othersGoFirst } from './broken-store.ts'

/** A node that waits for the result of a write, which is lost with the connection. */
function late(inner: Store, lost: (error: unknown) => unknown): Store {
  const arrives = async <Result>(result: Promise<Result>): Promise<Result> => {
    const done = await result
    await othersGoFirst()
    try {
      await inner.get([])
    } catch (error) {
      throw lost(error)
    }
    return done
  }
  return {
    ...inner,
    insert: (record, options) => arrives(inner.insert(record, options)),
    replace: (from, to) => arrives(inner.replace(from, to)),
  }
}

/** Repeats a call until it does not reject. */
async function again<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!String(error).includes('lost')) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

export const brokenBreaks: readonly BrokenStore[] = [
  brokenNode(
    'get finds nothing if the database is unreachable',
    (inner) => ({ ...inner, get: (refs) => inner.get(refs).catch(() => refs.map(() => undefined)) }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'lists are empty if the database is unreachable',
    (inner) => ({
      ...inner,
      list: (group, page) => inner.list(group, page).catch(() => ({ records: [], more: false })),
    }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'a count is 0 if the database is unreachable',
    (inner) => ({ ...inner, count: (group, after) => inner.count(group, after).catch(() => 0) }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'insert returns exists if the database is unreachable',
    (inner) => ({ ...inner, insert: (record, options) => inner.insert(record, options).catch(() => 'exists') }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'a limited insert returns full if the database is unreachable',
    (inner) => ({
      ...inner,
      insert: (record, options = {}) =>
        inner.insert(record, options).catch((error) => (options.limit ? 'full' : Promise.reject(error))),
    }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'replace returns false if the database is unreachable',
    (inner) => ({ ...inner, replace: (from, to) => inner.replace(from, to).catch(() => false) }),
    ['calls while the database is unreachable'],
  ),
  brokenNode('a write whose result is lost is said not to be applied', (inner) => late(inner, notApplied), [
    'writes at a break',
  ]),
  brokenNode(
    'close rejects for good if the database is unreachable',
    (inner) => {
      let failed: unknown
      return {
        ...inner,
        close: async () => {
          if (failed) throw failed
          await inner.get([]).catch((error) => {
            failed = error
          })
          if (failed) throw failed
          await inner.close()
        },
      }
    },
    [],
  ),
]

/** Those that are found by waiting. */
export const hangingBreaks: readonly BrokenStore[] = [
  brokenNode(
    'reads wait until the database is reachable',
    (inner) => ({ ...inner, get: (refs) => again(() => inner.get(refs)) }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'writes wait until the database is reachable',
    (inner) => ({ ...inner, replace: (from, to) => again(() => inner.replace(from, to)) }),
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'a store that lost its connection never works again',
    (inner) => {
      let lost: unknown
      const noticing = async <Result>(call: () => Promise<Result>): Promise<Result> => {
        if (lost) throw lost
        return call().catch((error) => {
          lost = error
          throw error
        })
      }
      return { ...inner, get: (refs) => noticing(() => inner.get(refs)) }
    },
    ['calls while the database is unreachable'],
  ),
  brokenNode(
    'close waits until the database is reachable',
    (inner) => ({
      ...inner,
      close: async () => {
        await again(() => inner.get([]))
        await inner.close()
      },
    }),
    ['close while the database is unreachable'],
  ),
]
