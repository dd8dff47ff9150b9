import type { Store, StoreRecord } from '../../src/store/store.ts'
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
    ['every field comes back', 'insert stores', 'replace to a tombstone', 'list shows whole records'],
  ),
  brokenDatabase('expiresAt is not stored', (inner) => writing(inner, ({ expiresAt, ...record }) => record), [
    'every field comes back',
    'insert after a removal',
    'durable changes no answer',
    'replace to a tombstone',
    'a late replace after a removal',
    'list shows whole records',
    'replace changes the expiry',
    'a write is seen on another node',
  ]),
  brokenDatabase(
    'a field of the store is returned',
    (inner) => writing(inner, (record) => ({ ...record, version: 1 })),
    [
      'every field comes back',
      'insert never overwrites',
      'one of 50 parallel inserts wins',
      'insert after a removal',
      'durable changes no answer',
      'a refused insert stores nothing',
      'replace needs the stored revision',
      'one of 50 parallel replaces wins',
      'replace to a tombstone',
      'a late replace after a removal',
      'a repeated replace',
      'replace touches one record',
      'list shows whole records',
      'replace changes the expiry',
      'an expired record is there or is not',
      'a write is seen on another node',
      'namespaces are apart',
      'close ends one node',
      'what is stored is a copy',
      'what was returned stays as it was',
    ],
  ),
  brokenDatabase(
    'positions are stored in seconds',
    (inner) => writing(inner, (record) => ({ ...record, position: Math.floor(record.position / 1000) })),
    [
      'every field comes back',
      'insert never overwrites',
      'one of 50 parallel inserts wins',
      'insert after a removal',
      'durable changes no answer',
      'a refused insert stores nothing',
      'replace needs the stored revision',
      'one of 50 parallel replaces wins',
      'replace moves in a group',
      'replace to a tombstone',
      'a late replace after a removal',
      'a repeated replace',
      'replace touches one record',
      'list ascends by position',
      'list orders ids by bytes',
      'list starts behind a place',
      'list shows whole records',
      'a page with more is never empty',
      'count counts strictly behind',
      'a record stays until it expires',
      'replace changes the expiry',
      'an expired record is there or is not',
      'an expired neighbour takes nothing along',
      'a write is seen on another node',
      'namespaces are apart',
      'close ends one node',
      'what is stored is a copy',
      'what was returned stays as it was',
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
    ['data is never interpreted', 'data of 64 kB'],
  ),
  brokenDatabase(
    'an insert of more than 32 kB fails, and the error is swallowed',
    (inner) => ({
      ...inner,
      insert: async (record, options) => (record.data.length > 32_768 ? 'inserted' : inner.insert(record, options)),
    }),
    ['data of 64 kB'],
  ),
  brokenDatabase(
    'the groups that were passed are sorted',
    (inner) =>
      writing(inner, (record) => {
        ;(record.groups as string[]).sort()
        return record
      }),
    ['what was passed stays the caller’s'],
  ),
  brokenDatabase('records that were passed are frozen', (inner) => writing(inner, Object.freeze), [
    'what was passed stays the caller’s',
    'what is stored is a copy',
  ]),
]
