import type { Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase } from './broken-store.ts'

/** A store that writes other fields than it was passed. */
function writing(inner: Store, change: (record: StoreRecord) => StoreRecord): Store {
  return {
    ...inner,
    insert: (record, options) => inner.insert(change(record), options),
    replace: (from, to) => inner.replace(from, change(to)),
  }
}

export const brokenFields: readonly BrokenStore[] = [
  brokenDatabase(
    'a fourth group is dropped',
    (inner) => writing(inner, (record) => ({ ...record, groups: record.groups.slice(0, 3) })),
    [
      'every field is returned',
      'names of 200 characters',
      'insert stores a record',
      'replace to a tombstone',
      'list returns whole records',
      'moves in four groups',
      'a limit on any of its groups',
    ],
  ),
  brokenDatabase('expiresAt is not stored', (inner) => writing(inner, ({ expiresAt, ...record }) => record), [
    'every field is returned',
    'insert after a removal',
    'durable changes no result',
    'replace to a tombstone',
    'a late replace after a removal',
    'list returns whole records',
    'replace changes the expiry',
    'expiresAt 0',
    'far expiries',
    'a write is seen on another node',
  ]),
  brokenDatabase(
    'a field of the store is returned',
    (inner) => writing(inner, (record) => ({ ...record, version: 1 })),
    [
      'every field is returned',
      'insert never overwrites',
      'one of many parallel inserts wins',
      'insert after a removal',
      'durable changes no result',
      'a refused insert stores nothing',
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'replace to a tombstone',
      'a late replace after a removal',
      'a repeated replace',
      'replace changes one record',
      'list returns whole records',
      'replace changes the expiry',
      'insert of an expired record',
      'position 0',
      'expiresAt 0',
      'far expiries',
      'a write is seen on another node',
      'namespaces are separate',
      'close ends one node',
      'stored records are copies',
      'returned records do not change',
    ],
  ),
  brokenDatabase(
    'positions are stored in seconds',
    (inner) => writing(inner, (record) => ({ ...record, position: Math.floor(record.position / 1000) })),
    [
      'every field is returned',
      'lists and counts of one tick',
      'a read joins no earlier one',
      'insert never overwrites',
      'one of many parallel inserts wins',
      'insert after a removal',
      'durable changes no result',
      'a refused insert stores nothing',
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'replace moves within a group',
      'replace to a tombstone',
      'a late replace after a removal',
      'a repeated replace',
      'replace changes one record',
      'list ascends by position',
      'list orders ids by bytes',
      'list starts after a place',
      'list returns whole records',
      'a page with more is never empty',
      'count starts after the position',
      'a record stays until it expires',
      'replace changes the expiry',
      'insert of an expired record',
      'expiry affects no other record',
      'pages of 1000 records',
      'a count beyond 1000',
      'position 0',
      'far expiries',
      'moves in four groups',
      'a sweep drops nothing early',
      'a changed expiry is swept as changed',
      'a list outlives its newest record',
      'get, list, count and limit agree after a sweep',
      'a write is seen on another node',
      'namespaces are separate',
      'close ends one node',
      'stored records are copies',
      'returned records do not change',
    ],
  ),
  brokenDatabase(
    'data is parsed and printed again',
    (inner) => writing(inner, (record) => ({ ...record, data: JSON.stringify(JSON.parse(record.data)) })),
    ['data is never interpreted'],
  ),
  brokenDatabase(
    'data is stored as Latin-1',
    (inner) => writing(inner, (record) => ({ ...record, data: Buffer.from(record.data, 'latin1').toString('latin1') })),
    ['data is never interpreted', 'data of 64 kB', 'data of 256 kB'],
  ),
  brokenDatabase(
    'an insert of more than 32 kB fails, and the error is swallowed',
    (inner) => ({
      ...inner,
      insert: async (record, options) => (record.data.length > 32_768 ? 'inserted' : inner.insert(record, options)),
    }),
    ['data of 64 kB', 'data of 256 kB', 'a page of large records'],
  ),
  brokenDatabase(
    'the groups that were passed are sorted',
    (inner) =>
      writing(inner, (record) => {
        ;(record.groups as string[]).sort()
        return record
      }),
    ['arguments are not changed'],
  ),
  brokenDatabase('records that were passed are frozen', (inner) => writing(inner, Object.freeze), [
    'arguments are not changed',
    'stored records are copies',
  ]),
]
