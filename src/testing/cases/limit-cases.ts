import type { Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { changed, groupOf, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

const CALLERS = 50

const insertUpTo = (store: Store, one: StoreRecord, max: number) =>
  store.insert(one, { limit: { group: 'owner', max } })

const owned = (fields: Partial<StoreRecord> = {}) => record({ groups: ['owner'], ...fields })

/** Inserts `max` records into the group, one after another. */
async function fill(store: Store, max: number): Promise<readonly StoreRecord[]> {
  const records = upTo(max).map(() => owned())
  for (const one of records) {
    expectEqual('the result of an insert below the limit', await insertUpTo(store, one, max), 'inserted')
  }
  return records
}

export const limitCases = [
  conformanceCase(
    'exists before full',
    'insert at a taken ref returns exists, even if the group is full',
    async ({ open }) => {
      const store = await open()
      const [first = owned()] = await fill(store, 2)
      expectEqual('the result for a new record', await insertUpTo(store, owned(), 2), 'full')
      expectEqual('the result for the first record again', await insertUpTo(store, first, 2), 'exists')
      expectEqual('the result for another record at its ref', await insertUpTo(store, owned(refOf(first)), 2), 'exists')
    },
  ),
  conformanceCase(
    'limit under 50 parallel inserts',
    'parallel limited inserts fill a group up to the limit, and never beyond it',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const max = 20
      const results = await fromTwoNodes(CALLERS, nodes, (node) => insertUpTo(node, owned(), max))
      expectEqual('how many were inserted', results.filter((result) => result === 'inserted').length, max)
      expectEqual('how many were refused', results.filter((result) => result === 'full').length, CALLERS - max)
      expectEqual('the number of members', await nodes.two.count(groupOf('owner'), 0), max)
    },
  ),
  conformanceCase(
    'limit with a place for every insert',
    'a limited insert is not refused while a place is free',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const results = await fromTwoNodes(CALLERS, nodes, (node) => insertUpTo(node, owned(), CALLERS))
      expectEqual('how many were inserted', results.filter((result) => result === 'inserted').length, CALLERS)
      expectEqual('the result of one more', await insertUpTo(nodes.one, owned(), CALLERS), 'full')
    },
  ),
  conformanceCase(
    'removal frees a place',
    'each removed record frees exactly one place in the limited group',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const records = await fill(nodes.one, 10)
      expectEqual('the result of an insert into the full group', await insertUpTo(nodes.two, owned(), 10), 'full')
      const removed = records.filter((_, n) => n % 3 === 1)
      await Promise.all(removed.map((one) => replaceWith(nodes.one, one, tombstone(one))))
      const results = await fromTwoNodes(CALLERS, nodes, (node) => insertUpTo(node, owned(), 10))
      expectEqual('how many were inserted', results.filter((result) => result === 'inserted').length, removed.length)
      expectEqual('the number of members', await nodes.one.count(groupOf('owner'), 0), 10)
    },
  ),
  conformanceCase(
    'leaving the group frees a place',
    'a record that replace removes from the limited group frees its place, and one that stays does not',
    async ({ open }) => {
      const store = await open()
      const [first = owned(), second = owned()] = await fill(store, 2)
      await replaceWith(store, first, changed(first, { data: '"stays"' }))
      expectEqual('the result after a replace that stays', await insertUpTo(store, owned(), 2), 'full')
      await replaceWith(store, second, changed(second, { groups: ['other'] }))
      expectEqual('the result after a replace that leaves', await insertUpTo(store, owned(), 2), 'inserted')
      expectEqual('the result of one more', await insertUpTo(store, owned(), 2), 'full')
    },
  ),
  conformanceCase(
    'limit counts one group',
    'a limit counts only the members of its group, with the same kind and partition',
    async ({ open }) => {
      const store = await open()
      await insertAll(store, [
        record({ groups: ['owner1', 'owner.'] }),
        record({ groups: ['Owner'] }),
        record({ groups: ['own'] }),
        owned({ kind: 'other' }),
        owned({ partition: 'p1' }),
      ])
      const groups = ['owner1', 'owner', 'Owner', 'own']
      expectEqual('the result of the first insert', await insertUpTo(store, record({ groups }), 2), 'inserted')
      expectEqual('the result of the second insert', await insertUpTo(store, owned(), 2), 'inserted')
      expectEqual('the result of the third insert', await insertUpTo(store, owned(), 2), 'full')
      const elsewhere = owned({ partition: 'p1' })
      expectEqual('the result in another partition', await insertUpTo(store, elsewhere, 2), 'inserted')
      expectEqual('the result for another kind', await insertUpTo(store, owned({ kind: 'other' }), 2), 'inserted')
    },
  ),
  conformanceCase(
    'limit counts every member',
    'a limit also counts the members that were inserted without a limit',
    async ({ open }) => {
      const store = await open()
      await insertAll(store, [owned(), owned()])
      expectEqual('the result for the third member', await insertUpTo(store, owned(), 3), 'inserted')
      expectEqual('the result for a fourth member', await insertUpTo(store, owned(), 3), 'full')
    },
  ),
  conformanceCase(
    'limit changes',
    'each insert applies its own limit: a lower one refuses, a higher one accepts',
    async ({ open }) => {
      const store = await open()
      await fill(store, 4)
      expectEqual('the result with a lower limit', await insertUpTo(store, owned(), 2), 'full')
      expectEqual('the result with a limit of 0', await insertUpTo(store, owned(), 0), 'full')
      expectEqual('the result with a higher limit', await insertUpTo(store, owned(), 5), 'inserted')
      expectEqual('the result with that limit again', await insertUpTo(store, owned(), 5), 'full')
      expectEqual('the result without a limit', await store.insert(owned()), 'inserted')
    },
  ),
  conformanceCase(
    'a refused insert stores nothing',
    'an insert that returns full stores nothing and takes no place',
    async ({ open }) => {
      const store = await open()
      const [first = owned()] = await fill(store, 1)
      const refused = owned({ groups: ['owner', 'second'] })
      expectEqual('the result', await insertUpTo(store, refused, 1), 'full')
      expectEqual('the record at its ref', await getOne(store, refused), undefined)
      expectEqual('the ids in its other group', await membersOf(store, groupOf('second')), [])
      await replaceWith(store, first, tombstone(first))
      expectEqual('the result when a place is free', await insertUpTo(store, refused, 1), 'inserted')
      expectRecords('the stored record', await store.get([refused]), [refused])
    },
  ),
]
