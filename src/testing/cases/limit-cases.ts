import type { Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase, type Round } from '../conformance-case.ts'
import { expectEqual, expectRecords, expectThat, nameOf } from '../expectations.ts'
import { changed, groupOf, heavyRecord, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

const insertUpTo = (store: Store, one: StoreRecord, max: number) =>
  store.insert(one, { limit: { group: 'owner', max } })

const owned = (fields: Partial<StoreRecord> = {}) => record({ groups: ['owner'], ...fields })

/** A new member of the group, which takes long to store. Not for the many callers that only open the connections. */
const contested = ({ isWarmUp }: Round, group: string) => (isWarmUp ? record : heavyRecord)({ groups: [group] })

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
    'limit under parallel inserts',
    'parallel limited inserts fill a group up to the limit, and never beyond it',
    async ({ open, race }) => {
      const nodes = { one: await open(), two: await open() }
      await race(async (round) => {
        const group = `owner${round.number}`
        // A single place is contested most.
        const max = round.number % 3 === 0 ? 1 : Math.floor(round.callers / 3)
        const limit = { group, max }
        const results = await fromTwoNodes(round, nodes, (node) =>
          node.insert(heavyRecord({ groups: [group] }), { limit }),
        )
        const named = `${nameOf({ ...groupOf(group), id: group })} with a limit of ${max}`
        expectEqual(`how many were inserted into ${named}`, results.filter((one) => one === 'inserted').length, max)
        expectEqual(`how many ${named} refused`, results.filter((one) => one === 'full').length, round.callers - max)
        expectEqual(`the number of members of ${named}`, await nodes.two.count(groupOf(group), 0), max)
      })
    },
  ),
  conformanceCase(
    'limit with a place for every insert',
    'a limited insert is not refused while a place is free',
    async ({ open, race }) => {
      const nodes = { one: await open(), two: await open() }
      await race(async (round) => {
        const group = `owner${round.number}`
        const limit = { group, max: round.callers }
        const insert = (node: Store) => node.insert(record({ groups: [group] }), { limit })
        const results = await fromTwoNodes(round, nodes, insert)
        const inserted = results.filter((result) => result === 'inserted').length
        const named = `${nameOf({ ...groupOf(group), id: group })} with a limit of ${round.callers}`
        expectEqual(`how many were inserted into ${named}`, inserted, round.callers)
        expectEqual(`the result of one more in ${named}`, await insert(nodes.one), 'full')
      })
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
      const callers = { callers: 50, delayOf: () => 0 }
      const results = await fromTwoNodes(callers, nodes, (node) => insertUpTo(node, owned(), 10))
      expectEqual('how many were inserted', results.filter((result) => result === 'inserted').length, removed.length)
      expectEqual('the number of members', await nodes.one.count(groupOf('owner'), 0), 10)
    },
  ),
  conformanceCase(
    'removals in a race with limited inserts',
    'limited inserts beside removals take only places that are free by then, and all of them afterwards',
    async ({ open, race }) => {
      const nodes = { one: await open(), two: await open() }
      const max = 8
      await race(async (round) => {
        const group = `owner${round.number}`
        const limit = { group, max }
        const insert = (node: Store) => node.insert(contested(round, group), { limit })
        const members = upTo(max).map(() => record({ groups: [group] }))
        await insertAll(nodes.one, members)
        const removed = members.filter((_, n) => n % 2 === 0)
        const [results, ...counts] = await Promise.all([
          fromTwoNodes(round, nodes, async (node, n) => {
            const leaving = removed[n / 2]
            return leaving ? node.replace(leaving, tombstone(leaving)) : insert(node)
          }),
          ...upTo(4).map((n) => nodes[n % 2 === 0 ? 'one' : 'two'].count(groupOf(group), 0)),
        ])
        const named = `${nameOf({ ...groupOf(group), id: group })} with a limit of ${max}`
        const inserted = results.filter((result) => result === 'inserted').length
        expectThat(Math.max(...counts) <= max, `at most ${max} members in ${named}`, counts)
        const done = results.filter((result) => result === true).length
        expectEqual(`how many of ${removed.length} removals from ${named} were done`, done, removed.length)
        expectThat(inserted <= removed.length, `at most ${removed.length} inserts into ${named}`, inserted)
        const free = removed.length - inserted
        const later = await Promise.all(upTo(free + 1).map(() => insert(nodes.two)))
        const accepted = later.filter((result) => result === 'inserted').length
        expectEqual(`how many of ${free} free places in ${named} were filled afterwards`, accepted, free)
        expectEqual(`the number of members in ${named}`, await nodes.one.count(groupOf(group), 0), max)
      })
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
