import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { groupOf, inMs, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { fromTwoNodes, getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

const CALLERS = 50

export const insertCases = [
  conformanceCase(
    'insert stores',
    'a record that was inserted stands at its ref and in each of its groups',
    async ({ open }) => {
      const store = await open()
      const groups = ['g1', 'g2', 'g3', 'g4']
      const one = record({ groups })
      expectEqual('the answer', await store.insert(one), 'inserted')
      expectEqual('the revision at the ref', (await getOne(store, one))?.revision, one.revision)
      for (const group of groups) expectEqual(`group ${group}`, await membersOf(store, groupOf(group)), [one.id])
    },
  ),
  conformanceCase(
    'insert never overwrites',
    'insert where anything stands answers exists and changes nothing',
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
        expectEqual('the answer', await store.insert(other), 'exists')
        expectEqual('the durable answer', await store.insert(other, { durable: true }), 'exists')
      }
      expectRecords('what stands', await store.get([stands]), [stands])
      expectEqual('the group of the second only', await membersOf(store, groupOf('new')), [])
      expectEqual('the group of the first only', await membersOf(store, groupOf('old')), [stands.id])
      expectEqual('the group of both', await membersOf(store, groupOf('both')), [stands.id])
    },
  ),
  conformanceCase(
    'one of 50 parallel inserts wins',
    'of parallel inserts at one ref exactly one answers inserted, and that one stands',
    async ({ open }) => {
      const nodes = { one: await open(), two: await open() }
      const rivals = upTo(CALLERS).map((n) => record({ id: 'same', groups: [`g${n}`] }))
      const answers = await fromTwoNodes(CALLERS, nodes, (node, n) => node.insert(rivals[n] ?? record()))
      const winners = rivals.filter((_, n) => answers[n] === 'inserted')
      expectEqual('how many answered inserted', winners.length, 1)
      expectEqual('how many answered exists', answers.filter((answer) => answer === 'exists').length, CALLERS - 1)
      expectRecords('what stands', await nodes.two.get([{ ...refOf(record()), id: 'same' }]), winners)
      const counts = await Promise.all(upTo(CALLERS).map((n) => nodes.one.count(groupOf(`g${n}`), 0)))
      expectEqual(
        'the members of each group',
        counts,
        rivals.map((rival) => (winners.includes(rival) ? 1 : 0)),
      )
    },
  ),
  conformanceCase(
    'insert after a removal',
    'an insert that comes late or twice finds the tombstone and changes nothing',
    async ({ open }) => {
      const store = await open()
      const removed = record({ groups: ['g'] })
      await insertAll(store, [removed])
      const stone = await replaceWith(store, removed, tombstone(removed))
      expectEqual('the repeated insert', await store.insert(removed), 'exists')
      expectEqual('another insert', await store.insert(record({ ...refOf(removed), groups: ['g'] })), 'exists')
      expectRecords('what stands', await store.get([removed]), [stone])
      expectEqual('the group it was removed from', await membersOf(store, groupOf('g')), [])
    },
  ),
  conformanceCase(
    'durable changes no answer',
    'an insert answers and stores the same with durable and without',
    async ({ open }) => {
      const store = await open()
      for (const durable of [true, false]) {
        const expiring = record({ expiresAt: inMs(3_600_000), groups: [`g${durable}`] })
        const lasting = record({ groups: [`g${durable}`] })
        expectEqual('insert of one that expires', await store.insert(expiring, { durable }), 'inserted')
        expectEqual('insert of one that does not', await store.insert(lasting, { durable }), 'inserted')
        expectEqual('the second insert', await store.insert(expiring, { durable }), 'exists')
        expectRecords('what stands', await store.get([expiring, lasting]), [expiring, lasting])
        expectEqual('the group', await membersOf(store, groupOf(`g${durable}`)), [expiring.id, lasting.id].toSorted())
      }
    },
  ),
]
