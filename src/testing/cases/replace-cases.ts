import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { changed, groupOf, record, refOf, SOME_TIME, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, idsOf, insertAll, membersOf, replaceWith } from '../steps.ts'

const CALLERS = 50

export const replaceCases = [
  conformanceCase(
    'replace needs the stored revision',
    'replace of another revision than the stored one answers false and changes nothing',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['a', 'b'], data: '1' })
      await insertAll(store, [first])
      const second = await replaceWith(store, first, changed(first, { groups: ['b', 'c'], data: '2' }))
      const stale = changed(first, { groups: ['a', 'd'], position: 7, data: '3' })
      expectEqual('replace of the first revision', await store.replace(first, stale), false)
      expectEqual('replace of no one’s revision', await store.replace(changed(second), stale), false)
      expectRecords('what stands', await store.get([first]), [second])
      const counts = await Promise.all(['a', 'b', 'c', 'd'].map((group) => store.count(groupOf(group), 0)))
      expectEqual('the members of the groups a, b, c, d', counts, [0, 1, 1, 0])
    },
  ),
  conformanceCase(
    'replace creates nothing',
    'replace where nothing stands answers false and creates nothing',
    async ({ open }) => {
      const store = await open()
      const absent = record({ groups: ['g'] })
      expectEqual('the answer', await store.replace(absent, changed(absent)), false)
      expectEqual('what stands', await getOne(store, absent), undefined)
      expectEqual('the group', await membersOf(store, groupOf('g')), [])
      expectEqual('the insert afterwards', await store.insert(absent), 'inserted')
    },
  ),
  conformanceCase(
    'one of 50 parallel replaces wins',
    'of parallel replaces of one revision exactly one answers true, and that one stands',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const from = record({ groups: ['from'] })
      await insertAll(nodes.one, [from])
      const rivals = upTo(CALLERS).map((n) => changed(from, { groups: [`g${n}`] }))
      const answers = await fromTwoNodes(CALLERS, nodes, (node, n) => node.replace(from, rivals[n] ?? from))
      const winners = rivals.filter((_, n) => answers[n])
      expectEqual('how many answered true', winners.length, 1)
      expectRecords('what stands', await nodes.two.get([from]), winners)
      const counts = await Promise.all(upTo(CALLERS).map((n) => nodes.one.count(groupOf(`g${n}`), 0)))
      expectEqual(
        'the members of each group',
        counts,
        rivals.map((rival) => (winners.includes(rival) ? 1 : 0)),
      )
      expectEqual('the members of the group they left', await nodes.two.count(groupOf('from'), 0), 0)
    },
  ),
  conformanceCase(
    'replace leaves and enters groups',
    'replace leaves the groups of the old record and enters those of the new one, for this record alone',
    async ({ open }) => {
      const store = await open()
      const neighbour = record({ groups: ['left', 'kept', 'entered'] })
      const first = record({ groups: ['left', 'kept'] })
      await insertAll(store, [neighbour, first])
      const second = await replaceWith(store, first, changed(first, { groups: ['entered', 'kept'] }))
      const both = [neighbour.id, first.id].toSorted()
      expectEqual('the group it left', await membersOf(store, groupOf('left')), [neighbour.id])
      expectEqual('the group it kept', await membersOf(store, groupOf('kept')), both)
      expectEqual('the group it entered', await membersOf(store, groupOf('entered')), both)
      await replaceWith(store, second, changed(first, { groups: ['left', 'kept'] }))
      expectEqual('the group it came back to', await membersOf(store, groupOf('left')), both)
      expectEqual('the group it left again', await membersOf(store, groupOf('entered')), [neighbour.id])
    },
  ),
  conformanceCase(
    'replace moves in a group',
    'replace at another position moves the record in the groups it stays in',
    async ({ open }) => {
      const store = await open()
      const [a, b, c] = ['a', 'b', 'c'].map((id, n) => record({ id, groups: ['g'], position: SOME_TIME + n }))
      if (!a || !b || !c) return
      await insertAll(store, [a, b, c])
      const order = async () => idsOf((await store.list(groupOf('g'), { limit: 10 })).records)
      const later = await replaceWith(store, a, changed(a, { position: SOME_TIME + 9 }))
      expectEqual('the order after a move to the end', await order(), ['b', 'c', 'a'])
      expectEqual('the count behind c', await store.count(groupOf('g'), c.position), 1)
      await replaceWith(store, later, changed(later, { position: SOME_TIME }))
      expectEqual('the order after the move back', await order(), ['a', 'b', 'c'])
      expectEqual('the count behind c after the move back', await store.count(groupOf('g'), c.position), 0)
    },
  ),
  conformanceCase(
    'replace to a tombstone',
    'a record replaced by one without groups stands in no group and is still found at its ref',
    async ({ open }) => {
      const store = await open()
      const groups = ['g1', 'g2', 'g3', 'g4']
      const removed = record({ groups })
      const neighbour = record({ groups })
      await insertAll(store, [removed, neighbour])
      const stone = await replaceWith(store, removed, tombstone(removed))
      expectRecords('what stands', await store.get([removed]), [stone])
      for (const group of groups) expectEqual(`group ${group}`, await membersOf(store, groupOf(group)), [neighbour.id])
    },
  ),
  conformanceCase(
    'a late replace after a removal',
    'a replace that comes after the tombstone answers false and brings nothing back',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['g'] })
      await insertAll(store, [first])
      const late = changed(first, { data: '"late"' })
      const stone = await replaceWith(store, first, tombstone(first))
      expectEqual('the late replace', await store.replace(first, late), false)
      expectRecords('what stands', await store.get([first]), [stone])
      expectEqual('the group', await membersOf(store, groupOf('g')), [])
      expectEqual('a removal of the tombstone', await store.replace(stone, tombstone(first)), true)
    },
  ),
  conformanceCase(
    'a repeated replace',
    'the same replace a second time answers false and changes nothing',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['a'] })
      await insertAll(store, [first])
      const second = await replaceWith(store, first, changed(first, { groups: ['b'] }))
      expectEqual('the repeat', await store.replace(first, second), false)
      const third = await replaceWith(store, second, changed(second, { groups: ['c'] }))
      expectEqual('the repeat after the next write', await store.replace(first, second), false)
      expectRecords('what stands', await store.get([first]), [third])
      const counts = await Promise.all(['a', 'b', 'c'].map((group) => store.count(groupOf(group), 0)))
      expectEqual('the members of the groups a, b, c', counts, [0, 0, 1])
    },
  ),
  conformanceCase(
    'replace touches one record',
    'replace changes the record at its ref and no other of the same id',
    async ({ open }) => {
      const store = await open()
      const one = record({ id: 'same', groups: ['g'] })
      const others = [
        record({ id: 'same', groups: ['g'], partition: 'p1' }),
        record({ id: 'same', groups: ['g'], kind: 'other' }),
      ]
      await insertAll(store, [one, ...others])
      const two = await replaceWith(store, one, changed(one, { groups: [] }))
      expectRecords('what stands', await store.get([one, ...others]), [two, ...others])
      for (const other of others) {
        expectEqual('the group of the other', await membersOf(store, groupOf('g', other)), ['same'])
        expectEqual(
          'replace by another’s revision',
          await store.replace({ ...other, revision: two.revision }, changed(other)),
          false,
        )
      }
      expectEqual('insert at the same ref', await store.insert(record(refOf(one))), 'exists')
    },
  ),
]
