import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords, nameOf } from '../expectations.ts'
import { changed, groupOf, record, refOf, SOME_TIME, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, idsOf, insertAll, membersOf, replaceWith } from '../steps.ts'

export const replaceCases = [
  conformanceCase(
    'replace needs the stored revision',
    'replace of a revision that is not stored returns false and changes nothing',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['a', 'b'], data: '1' })
      await insertAll(store, [first])
      const second = await replaceWith(store, first, changed(first, { groups: ['b', 'c'], data: '2' }))
      const stale = changed(first, { groups: ['a', 'd'], position: 7, data: '3' })
      expectEqual('the result for an old revision', await store.replace(first, stale), false)
      expectEqual('the result for an unknown revision', await store.replace(changed(second), stale), false)
      expectRecords('the stored record', await store.get([first]), [second])
      const counts = await Promise.all(['a', 'b', 'c', 'd'].map((group) => store.count(groupOf(group), 0)))
      expectEqual('the number of members in the groups a, b, c, d', counts, [0, 1, 1, 0])
    },
  ),
  conformanceCase(
    'replace creates nothing',
    'replace at a free ref returns false and creates nothing',
    async ({ open }) => {
      const store = await open()
      const absent = record({ groups: ['g'] })
      expectEqual('the result', await store.replace(absent, changed(absent)), false)
      expectEqual('the record at the ref', await getOne(store, absent), undefined)
      expectEqual('the ids in the group', await membersOf(store, groupOf('g')), [])
      expectEqual('the result of an insert afterwards', await store.insert(absent), 'inserted')
    },
  ),
  conformanceCase(
    'one of many parallel replaces wins',
    'exactly one of several parallel replaces of one revision returns true, and its record is stored',
    async ({ open, race }) => {
      const nodes = { one: await open(), two: await open() }
      let from = record({ groups: ['from'] })
      await insertAll(nodes.one, [from])
      await race(async (round) => {
        const sides = ['even', 'odd'].map((side) => `${side}${round.number}`)
        const rivals = upTo(round.callers).map((n) => changed(from, { groups: ['all', sides[n % 2] ?? ''] }))
        const results = await fromTwoNodes(round, nodes, (node, n) => node.replace(from, rivals[n] ?? from))
        const winners = rivals.filter((_, n) => results[n])
        expectEqual(`how many replaces of ${nameOf(from)} returned true`, winners.length, 1)
        expectRecords('the stored record', await nodes.two.get([from]), winners)
        expectRecords('its group', (await nodes.one.list(groupOf('all'), { limit: 60 })).records, winners)
        const groups = [...from.groups.filter((group) => group !== 'all'), ...sides]
        const counts = await Promise.all(groups.map((group) => nodes.one.count(groupOf(group), 0)))
        const expected = groups.map((group) => (winners[0]?.groups.includes(group) ? 1 : 0))
        expectEqual(`the counts of ${groups.join(', ')}, which only ${nameOf(from)} is in`, counts, expected)
        from = winners[0] ?? from
      })
    },
  ),
  conformanceCase(
    'a counter under parallel replaces',
    'if several callers read a record and replace it by one more, each replace that returned true has counted',
    async ({ open, race }) => {
      const nodes = { one: await open(), two: await open() }
      const first = record({ data: '0' })
      await insertAll(nodes.one, [first])
      let counted = 0
      await race(async (round) => {
        const results = await fromTwoNodes(round, nodes, async (node) => {
          const from = (await getOne(node, first)) ?? first
          return node.replace(from, changed(from, { data: String(Number(from.data) + 1) }))
        })
        counted += results.filter(Boolean).length
        const stored = await getOne(nodes.one, first)
        expectEqual(
          `the number in ${nameOf(first)}, one for each replace that returned true`,
          stored?.data,
          String(counted),
        )
      })
    },
  ),
  conformanceCase(
    'replace leaves and enters groups',
    'replace moves the record from the groups of the old one to those of the new one, and moves no other record',
    async ({ open }) => {
      const store = await open()
      const neighbour = record({ groups: ['left', 'kept', 'entered'] })
      const first = record({ groups: ['left', 'kept'] })
      await insertAll(store, [neighbour, first])
      const second = await replaceWith(store, first, changed(first, { groups: ['entered', 'kept'] }))
      const both = [neighbour.id, first.id].toSorted()
      expectEqual('the ids in the group it left', await membersOf(store, groupOf('left')), [neighbour.id])
      expectEqual('the ids in the group it kept', await membersOf(store, groupOf('kept')), both)
      expectEqual('the ids in the group it entered', await membersOf(store, groupOf('entered')), both)
      await replaceWith(store, second, changed(first, { groups: ['left', 'kept'] }))
      expectEqual('the ids in the group it returned to', await membersOf(store, groupOf('left')), both)
      expectEqual('the ids in the group it left again', await membersOf(store, groupOf('entered')), [neighbour.id])
    },
  ),
  conformanceCase(
    'replace moves within a group',
    'replace at another position moves the record in the groups it stays in',
    async ({ open }) => {
      const store = await open()
      const [a, b, c] = ['a', 'b', 'c'].map((id, n) => record({ id, groups: ['g'], position: SOME_TIME + n }))
      if (!a || !b || !c) return
      await insertAll(store, [a, b, c])
      const order = async () => idsOf((await store.list(groupOf('g'), { limit: 10 })).records)
      const later = await replaceWith(store, a, changed(a, { position: SOME_TIME + 9 }))
      expectEqual('the order after a move to the end', await order(), ['b', 'c', 'a'])
      expectEqual('the count after c', await store.count(groupOf('g'), c.position), 1)
      await replaceWith(store, later, changed(later, { position: SOME_TIME }))
      expectEqual('the order after the move back', await order(), ['a', 'b', 'c'])
      expectEqual('the count after c when a has moved back', await store.count(groupOf('g'), c.position), 0)
    },
  ),
  conformanceCase(
    'replace to a tombstone',
    'a record replaced by one without groups is in no group and is still found at its ref',
    async ({ open }) => {
      const store = await open()
      const groups = ['g1', 'g2', 'g3', 'g4']
      const removed = record({ groups })
      const neighbour = record({ groups })
      await insertAll(store, [removed, neighbour])
      const stone = await replaceWith(store, removed, tombstone(removed))
      expectRecords('the stored record', await store.get([removed]), [stone])
      for (const group of groups) {
        expectEqual(`the ids in group ${group}`, await membersOf(store, groupOf(group)), [neighbour.id])
      }
    },
  ),
  conformanceCase(
    'a late replace after a removal',
    'a replace that comes after the tombstone returns false and restores nothing',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['g'] })
      await insertAll(store, [first])
      const late = changed(first, { data: '"late"' })
      const stone = await replaceWith(store, first, tombstone(first))
      expectEqual('the result of the late replace', await store.replace(first, late), false)
      expectRecords('the stored record', await store.get([first]), [stone])
      expectEqual('the ids in the group', await membersOf(store, groupOf('g')), [])
      expectEqual('the result of a replace of the tombstone', await store.replace(stone, tombstone(first)), true)
    },
  ),
  conformanceCase(
    'a repeated replace',
    'the same replace a second time returns false and changes nothing',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['a'] })
      await insertAll(store, [first])
      const second = await replaceWith(store, first, changed(first, { groups: ['b'] }))
      expectEqual('the second result', await store.replace(first, second), false)
      const third = await replaceWith(store, second, changed(second, { groups: ['c'] }))
      expectEqual('the result after the next write', await store.replace(first, second), false)
      expectRecords('the stored record', await store.get([first]), [third])
      const counts = await Promise.all(['a', 'b', 'c'].map((group) => store.count(groupOf(group), 0)))
      expectEqual('the number of members in the groups a, b, c', counts, [0, 0, 1])
    },
  ),
  conformanceCase(
    'replace changes one record',
    'replace changes only the record at its ref, and no other with the same id',
    async ({ open }) => {
      const store = await open()
      const one = record({ id: 'same', groups: ['g'] })
      const others = [
        record({ id: 'same', groups: ['g'], partition: 'p1' }),
        record({ id: 'same', groups: ['g'], kind: 'other' }),
      ]
      await insertAll(store, [one, ...others])
      const two = await replaceWith(store, one, changed(one, { groups: [] }))
      expectRecords('the stored records', await store.get([one, ...others]), [two, ...others])
      for (const other of others) {
        expectEqual('the ids in the group of the other', await membersOf(store, groupOf('g', other)), ['same'])
        expectEqual(
          'the result for the revision of the first record',
          await store.replace({ ...other, revision: two.revision }, changed(other)),
          false,
        )
      }
      expectEqual('the result of an insert at the same ref', await store.insert(record(refOf(one))), 'exists')
    },
  ),
]
