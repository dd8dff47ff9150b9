import type { Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { changed, groupOf, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

const CALLERS = 50

const insertUpTo = (store: Store, one: StoreRecord, max: number) =>
  store.insert(one, { limit: { group: 'owner', max } })

const owned = (fields: Partial<StoreRecord> = {}) => record({ groups: ['owner'], ...fields })

/** Fills the group one after another. */
async function fill(store: Store, max: number): Promise<readonly StoreRecord[]> {
  const records = upTo(max).map(() => owned())
  for (const one of records) expectEqual('insert below the limit', await insertUpTo(store, one, max), 'inserted')
  return records
}

export const limitCases = [
  conformanceCase(
    'exists before full',
    'insert where something stands answers exists, also where the group is full',
    async ({ open }) => {
      const store = await open()
      const [first = owned()] = await fill(store, 2)
      expectEqual('a new record', await insertUpTo(store, owned(), 2), 'full')
      expectEqual('the first one again', await insertUpTo(store, first, 2), 'exists')
      expectEqual('another in its place', await insertUpTo(store, owned(refOf(first)), 2), 'exists')
    },
  ),
  conformanceCase(
    'limit under 50 parallel inserts',
    'a group never gets more members by limited inserts than the limit, nor fewer',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const max = 20
      const answers = await fromTwoNodes(CALLERS, nodes, (node) => insertUpTo(node, owned(), max))
      expectEqual('how many were inserted', answers.filter((answer) => answer === 'inserted').length, max)
      expectEqual('how many were refused', answers.filter((answer) => answer === 'full').length, CALLERS - max)
      expectEqual('how many stand in the group', await nodes.two.count(groupOf('owner'), 0), max)
    },
  ),
  conformanceCase(
    'limit with a place for everyone',
    'a limited insert is not refused while a place is free',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const answers = await fromTwoNodes(CALLERS, nodes, (node) => insertUpTo(node, owned(), CALLERS))
      expectEqual('how many were inserted', answers.filter((answer) => answer === 'inserted').length, CALLERS)
      expectEqual('one more', await insertUpTo(nodes.one, owned(), CALLERS), 'full')
    },
  ),
  conformanceCase(
    'removal frees a place',
    'every record that is removed leaves one place in the limited group, no more',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const records = await fill(nodes.one, 10)
      expectEqual('insert into the full group', await insertUpTo(nodes.two, owned(), 10), 'full')
      const removed = records.filter((_, n) => n % 3 === 1)
      await Promise.all(removed.map((one) => replaceWith(nodes.one, one, tombstone(one))))
      const answers = await fromTwoNodes(CALLERS, nodes, (node) => insertUpTo(node, owned(), 10))
      expectEqual('how many were inserted', answers.filter((answer) => answer === 'inserted').length, removed.length)
      expectEqual('how many stand in the group', await nodes.one.count(groupOf('owner'), 0), 10)
    },
  ),
  conformanceCase(
    'leaving the group frees a place',
    'a record that leaves the limited group by replace counts there no longer, one that stays counts on',
    async ({ open }) => {
      const store = await open()
      const [first = owned(), second = owned()] = await fill(store, 2)
      await replaceWith(store, first, changed(first, { data: '"stays"' }))
      expectEqual('insert after a replace that stays', await insertUpTo(store, owned(), 2), 'full')
      await replaceWith(store, second, changed(second, { groups: ['other'] }))
      expectEqual('insert after a replace that leaves', await insertUpTo(store, owned(), 2), 'inserted')
      expectEqual('one more', await insertUpTo(store, owned(), 2), 'full')
    },
  ),
  conformanceCase(
    'limit counts one group',
    'a limit counts the members of its group, of the same kind and partition, and no others',
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
      expectEqual('the first', await insertUpTo(store, record({ groups }), 2), 'inserted')
      expectEqual('the second', await insertUpTo(store, owned(), 2), 'inserted')
      expectEqual('the third', await insertUpTo(store, owned(), 2), 'full')
      expectEqual('in another partition', await insertUpTo(store, owned({ partition: 'p1' }), 2), 'inserted')
      expectEqual('of another kind', await insertUpTo(store, owned({ kind: 'other' }), 2), 'inserted')
    },
  ),
  conformanceCase(
    'limit counts every member',
    'a limit counts what was inserted into the group without one',
    async ({ open }) => {
      const store = await open()
      await insertAll(store, [owned(), owned()])
      expectEqual('the third of three', await insertUpTo(store, owned(), 3), 'inserted')
      expectEqual('the fourth of three', await insertUpTo(store, owned(), 3), 'full')
    },
  ),
  conformanceCase(
    'limit changes',
    'the limit is the one of the call: a lower one refuses, a higher one lets in',
    async ({ open }) => {
      const store = await open()
      await fill(store, 4)
      expectEqual('under a lower limit', await insertUpTo(store, owned(), 2), 'full')
      expectEqual('under no place at all', await insertUpTo(store, owned(), 0), 'full')
      expectEqual('under a higher limit', await insertUpTo(store, owned(), 5), 'inserted')
      expectEqual('under that limit again', await insertUpTo(store, owned(), 5), 'full')
      expectEqual('without a limit', await store.insert(owned()), 'inserted')
    },
  ),
  conformanceCase(
    'a refused insert stores nothing',
    'insert that answers full stores nothing and takes no place',
    async ({ open }) => {
      const store = await open()
      const [first = owned()] = await fill(store, 1)
      const refused = owned({ groups: ['owner', 'second'] })
      expectEqual('the answer', await insertUpTo(store, refused, 1), 'full')
      expectEqual('what stands at its ref', await getOne(store, refused), undefined)
      expectEqual('its other group', await membersOf(store, groupOf('second')), [])
      await replaceWith(store, first, tombstone(first))
      expectEqual('the same insert with a place free', await insertUpTo(store, refused, 1), 'inserted')
      expectRecords('what stands then', await store.get([refused]), [refused])
    },
  ),
]
