import type { RecordRef, StoreRecord } from '../../../src/store/store.ts'
import { memoryTarget } from '../../support/memory-target.ts'
import { type BrokenStore, brokenDatabase, brokenNode } from './broken-store.ts'

const keyOf = ({ kind, partition, id }: RecordRef) => `${kind} ${partition} ${id}`

export const brokenNodes: readonly BrokenStore[] = [
  brokenDatabase(
    'records are kept and returned as the same objects',
    (inner) => {
      const objects = new Map<string, StoreRecord>()
      const kept = (record: StoreRecord) => objects.get(keyOf(record)) ?? record
      return {
        ...inner,
        insert: async (record, options) => {
          const answer = await inner.insert(record, options)
          if (answer === 'inserted') objects.set(keyOf(record), record)
          return answer
        },
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          if (done) objects.set(keyOf(to), to)
          return done
        },
        get: async (refs) => (await inner.get(refs)).map((found) => found && kept(found)),
      }
    },
    ['results of one tick are separate', 'stored records are copies', 'a hint comes after its write'],
  ),
  brokenDatabase(
    'replace changes the objects that were returned',
    (inner) => {
      const given = new Map<string, StoreRecord>()
      const give = (record: StoreRecord) => {
        const known = given.get(keyOf(record)) ?? { ...record }
        given.set(keyOf(record), known)
        return known
      }
      return {
        ...inner,
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          const known = given.get(keyOf(to))
          if (done && known) Object.assign(known, to)
          return done
        },
        get: async (refs) => (await inner.get(refs)).map((found) => found && give(found)),
      }
    },
    [
      'results of one tick are separate',
      'replace changes the expiry',
      'insert of an expired record',
      'stored records are copies',
      'returned records do not change',
    ],
  ),
  brokenNode('a clock is in seconds', (inner) => ({ ...inner, time: async () => Math.floor(Date.now() / 1000) }), [
    'time in milliseconds',
    'calls while the database is unreachable',
  ]),
  brokenNode(
    'a second close rejects',
    (inner) => {
      let closed = false
      return {
        ...inner,
        close: async () => {
          if (closed) throw new Error('already closed')
          closed = true
          await inner.close()
        },
      }
    },
    ['close ends one node', 'two closes at once'],
  ),
  {
    defect: 'closing one node closes the database',
    fails: [
      'close ends one node',
      'calls after close',
      'calls before the first use after close',
      'calls under way at close',
    ],
    target: () => {
      const { open } = memoryTarget()
      const closed = new Set<string>()
      return {
        async open(namespace) {
          const store = await open(namespace)
          return {
            ...store,
            get: (refs) => (closed.has(namespace) ? Promise.reject(new Error('closed')) : store.get(refs)),
            close: async () => {
              closed.add(namespace)
              await store.close()
            },
          }
        },
      }
    },
  },
]

/** Found by waiting for its clock to go on. */
export const stoppedClocks: readonly BrokenStore[] = [
  brokenNode(
    'a clock stands still',
    (inner) => {
      const started = Date.now()
      return { ...inner, time: async () => started }
    },
    ['time in milliseconds', 'calls while the database is unreachable'],
  ),
]
