import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords, nameOf } from '../expectations.ts'
import { groupOf, inMs, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

export const insertCases = [
  conformanceCase(
    'insert stores a record',
    'an inserted record is found at its ref and in each of its groups',
    async ({ open }) => {
      const store = await open()
      const groups = ['g1', 'g2', 'g3', 'g4']
      const one = record({ groups })
      expectEqual('the result', await store.insert(one), 'inserted')
      expectEqual('the revision at the ref', (await getOne(store, one))?.revision, one.revision)
      for (const group of groups) {
        expectEqual(`the ids in group ${group}`, await membersOf(store, groupOf(group)), [one.id])
      }
    },
  ),
  conformanceCase(
    'insert never overwrites',
    'insert at a taken ref returns exists and changes nothing',
    async ({ open }) => {
      const store = await open()
      const stands = record({ groups: ['old', 'both'], data: '"first"' })
      await insertAll(store, [stands])
      const others = [
        stands,
        record({ ...refOf(stands), groups: ['both', 'new'], data: '"second"' }),
        record({ ...refOf(stands), groups: ['new'], position: 5 }),
        record({ ...refOf(stands), expiresAt: inMs(3_600_000), groups: ['new'] }),
      ]
      for (const other of others) {
        expectEqual('the result', await store.insert(other), 'exists')
        expectEqual('the result of a durable insert', await store.insert(other, { durable: true }), 'exists')
      }
      expectRecords('the stored record', await store.get([stands]), [stands])
      expectEqual('the ids in the group of the refused records', await membersOf(store, groupOf('new')), [])
      expectEqual('the ids in the group of the stored record', await membersOf(store, groupOf('old')), [stands.id])
      expectEqual('the ids in the group of both', await membersOf(store, groupOf('both')), [stands.id])
    },
  ),
  conformanceCase(
    'one of many parallel inserts wins',
    'exactly one of several parallel inserts at one ref returns inserted, and its record is stored',
    async ({ open, race }) => {
      const nodes = { one: await open(), two: await open() }
      await race(async (round) => {
        const { id } = record()
        const sides = ['even', 'odd'].map((side) => `${side}${round.number}`)
        const rivals = upTo(round.callers).map((n) =>
          record({ id, groups: [`all${round.number}`, sides[n % 2] ?? ''] }),
        )
        const results = await fromTwoNodes(round, nodes, (node, n) => node.insert(rivals[n] ?? record()))
        const winners = rivals.filter((_, n) => results[n] === 'inserted')
        expectEqual(`how many inserts of ${nameOf(record({ id }))} returned inserted`, winners.length, 1)
        const others = results.filter((one) => one === 'exists').length
        expectEqual(`how many inserts of ${nameOf(record({ id }))} returned exists`, others, round.callers - 1)
        expectRecords('the stored record', await nodes.two.get([refOf(record({ id }))]), winners)
        expectRecords(
          'its group',
          (await nodes.one.list(groupOf(`all${round.number}`), { limit: 60 })).records,
          winners,
        )
        const counts = await Promise.all(sides.map((group) => nodes.one.count(groupOf(group), 0)))
        const expected = sides.map((side) => (winners[0]?.groups.includes(side) ? 1 : 0))
        expectEqual(
          `the counts of ${sides.join(' and ')}, which only one of ${nameOf(record({ id }))} is in`,
          counts,
          expected,
        )
      })
    },
  ),
  conformanceCase(
    'insert after a removal',
    'a late or repeated insert finds the tombstone and changes nothing',
    async ({ open }) => {
      const store = await open()
      const removed = record({ groups: ['g'] })
      await insertAll(store, [removed])
      const stone = await replaceWith(store, removed, tombstone(removed))
      const other = record({ ...refOf(removed), groups: ['g'] })
      expectEqual('the result of the same insert again', await store.insert(removed), 'exists')
      expectEqual('the result of another insert', await store.insert(other), 'exists')
      expectRecords('the stored record', await store.get([removed]), [stone])
      expectEqual('the ids in the group it was removed from', await membersOf(store, groupOf('g')), [])
    },
  ),
  conformanceCase(
    'durable changes no result',
    'an insert returns and stores the same with and without durable',
    async ({ open }) => {
      const store = await open()
      for (const durable of [true, false]) {
        const expiring = record({ expiresAt: inMs(3_600_000), groups: [`g${durable}`] })
        const lasting = record({ groups: [`g${durable}`] })
        const ids = [expiring.id, lasting.id].toSorted()
        expectEqual('the result for a record that expires', await store.insert(expiring, { durable }), 'inserted')
        expectEqual('the result for a record that does not', await store.insert(lasting, { durable }), 'inserted')
        expectEqual('the result of the same insert again', await store.insert(expiring, { durable }), 'exists')
        expectRecords('the stored records', await store.get([expiring, lasting]), [expiring, lasting])
        expectEqual('the ids in the group', await membersOf(store, groupOf(`g${durable}`)), ids)
      }
    },
  ),
]
