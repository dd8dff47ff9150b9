import type { RecordRef, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, brokenNode, othersGoFirst } from './broken-store.ts'

const keyOf = ({ kind, partition, id }: RecordRef) => `${kind} ${partition} ${id}`

export const brokenGets: readonly BrokenStore[] = [
  brokenDatabase(
    'get returns records in the order of the store',
    (inner) => {
      const order: string[] = []
      const placeOf = (ref: RecordRef) => (order.includes(keyOf(ref)) ? order.indexOf(keyOf(ref)) : order.length)
      return {
        ...inner,
        insert: (record, options) => {
          order.push(keyOf(record))
          return inner.insert(record, options)
        },
        get: (refs) => inner.get(refs.toSorted((a, b) => placeOf(a) - placeOf(b))),
      }
    },
    [
      'get keeps the order of the refs',
      'get returns undefined for absent records',
      'get of 300 refs',
      'gets of one tick',
      'names of 200 characters',
      'inserts of one tick',
      'replaces of one tick',
      'reads and writes of one tick',
      'get of 1000 refs',
      'position 0',
      'calls under way at close',
      'writes at a break',
    ],
  ),
  brokenDatabase(
    'get omits absent records',
    (inner) => ({ ...inner, get: async (refs) => (await inner.get(refs)).filter((found) => found !== undefined) }),
    [
      'get returns undefined for absent records',
      'get compares the whole ref',
      'get of 300 refs',
      'gets of one tick',
      'hundreds of gets of one tick',
      'replaces of one tick',
      'get of 1000 refs',
    ],
  ),
  brokenDatabase(
    'get returns null for an absent record',
    (inner) => ({
      ...inner,
      get: async (refs) => (await inner.get(refs)).map((found) => found ?? (null as unknown as undefined)),
    }),
    [
      'get returns undefined for absent records',
      'get compares the whole ref',
      'hostile names',
      'a refused insert stores nothing',
      'replace creates nothing',
      'get, list, count and limit agree after a sweep',
      'a write is seen on another node',
      'namespaces are separate',
    ],
  ),
  brokenDatabase(
    'get returns a ref requested twice only once',
    (inner) => ({
      ...inner,
      get: async (refs) => {
        const asked = refs.map(keyOf)
        return (await inner.get(refs)).filter((_, n) => asked.indexOf(asked[n] ?? '') === n)
      },
    }),
    [
      'get keeps the order of the refs',
      'get returns undefined for absent records',
      'gets of one tick',
      'get of 1000 refs',
    ],
  ),
  brokenDatabase(
    'get of no refs rejects',
    (inner) => ({
      ...inner,
      get: async (refs) => {
        if (refs.length === 0) throw new Error('wrong number of arguments')
        return inner.get(refs)
      },
    }),
    ['get of no refs', 'gets of one tick'],
  ),
  brokenDatabase(
    'get returns only the first 100 refs',
    (inner) => ({
      ...inner,
      get: async (refs) => {
        const found = await inner.get(refs.slice(0, 100))
        return refs.map((_, n) => found[n])
      },
    }),
    ['get of 300 refs', 'get of 1000 refs'],
  ),
  brokenDatabase(
    'get finds the right id in the wrong partition',
    (inner) => {
      const known: RecordRef[] = []
      return {
        ...inner,
        insert: (record, options) => {
          known.push(record)
          return inner.insert(record, options)
        },
        get: (refs) =>
          Promise.all(
            refs.map(async (ref) => {
              const alike = known.filter(({ kind, id }) => kind === ref.kind && id === ref.id)
              return (await inner.get([ref, ...alike])).find((found) => found !== undefined)
            }),
          ),
      }
    },
    ['get compares the whole ref'],
  ),
  brokenNode(
    'get reads one ref after another',
    (inner) => ({
      ...inner,
      get: async (refs) => {
        const found: (StoreRecord | undefined)[] = []
        for (const ref of refs) {
          found.push(...(await inner.get([ref])))
          await othersGoFirst()
        }
        return found
      },
    }),
    ['get reads one partition at one instant'],
  ),
  brokenNode(
    'a node returns what it has read before',
    (inner) => {
      const read = new Map<string, StoreRecord>()
      return {
        ...inner,
        replace: (from, to) => {
          read.delete(keyOf(from))
          return inner.replace(from, to)
        },
        get: async (refs) => {
          const found = await inner.get(refs)
          return refs.map((ref, n) => {
            const answer = read.get(keyOf(ref)) ?? found[n]
            if (answer) read.set(keyOf(ref), answer)
            return answer
          })
        },
      }
    },
    ['a read joins no earlier one', 'insert of an expired record', 'a write is seen on another node'],
  ),
]
