import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { changed, groupOf, record, refOf, SOME_TIME, tombstone } from '../sample-records.ts'
import { getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

export const nodeCases = [
  conformanceCase(
    'a write is seen on another node',
    'what an insert or a replace has answered is seen by every read begun later, on every node',
    async ({ open }) => {
      const writer = await open()
      const reader = await open()
      const first = record({ groups: ['g'] })
      expectEqual('what stands before', await getOne(reader, first), undefined)
      expectEqual('the group before', await membersOf(reader, groupOf('g')), [])
      await insertAll(writer, [first])
      expectRecords('what was inserted', await reader.get([refOf(first)]), [first])
      expectEqual('the group after the insert', await membersOf(reader, groupOf('g')), [first.id])
      expectEqual('the count after the insert', await reader.count(groupOf('g'), 0), 1)
      let stands = first
      for (let round = 1; round <= 20; round++) {
        const position = SOME_TIME + round
        stands = await replaceWith(writer, stands, changed(stands, { position, data: String(round) }))
        expectRecords('what was replaced', await reader.get([refOf(first)]), [stands])
      }
      expectRecords('the list after the replace', (await reader.list(groupOf('g'), { limit: 10 })).records, [stands])
      const stone = await replaceWith(writer, stands, tombstone(stands))
      expectRecords('what a removal left', await reader.get([refOf(first)]), [stone])
      expectEqual('the group after the removal', await membersOf(reader, groupOf('g')), [])
      expectEqual('the count after the removal', await reader.count(groupOf('g'), 0), 0)
      expectEqual('replace of what the other node removed', await reader.replace(stands, changed(stands)), false)
    },
  ),
  conformanceCase(
    'namespaces are apart',
    'two namespaces see nothing of each other, also where one name begins with the other',
    async ({ open, namespace }) => {
      const here = await open()
      const there = await open(`${namespace}x`)
      const one = record({ groups: ['g'] })
      const other = record({ ...refOf(one), groups: ['g'], data: '"there"' })
      const limit = { group: 'g', max: 1 }
      expectEqual('insert here', await here.insert(one, { limit }), 'inserted')
      expectEqual('what stands there', await getOne(there, one), undefined)
      expectEqual('the group there', await membersOf(there, groupOf('g')), [])
      expectEqual('the count there', await there.count(groupOf('g'), 0), 0)
      expectEqual('replace there', await there.replace(one, changed(one)), false)
      expectEqual('insert there', await there.insert(other, { limit }), 'inserted')
      await replaceWith(there, other, tombstone(other))
      expectRecords('what stands here', await here.get([one]), [one])
      expectEqual('the group here', await membersOf(here, groupOf('g')), [one.id])
    },
  ),
  conformanceCase(
    'close ends one node',
    'close may be called twice and leaves the other nodes of the database working',
    async ({ open }) => {
      const closing = await open()
      const working = await open()
      const one = record({ groups: ['g'] })
      await insertAll(closing, [one])
      await closing.close()
      await closing.close()
      expectRecords('what the closed node stored', await working.get([one]), [one])
      const two = await replaceWith(working, one, changed(one))
      await insertAll(working, [record({ groups: ['g'] })])
      const later = await open()
      expectRecords('what a node opened later finds', await later.get([one]), [two])
      expectEqual('the count on the node opened later', await later.count(groupOf('g'), 0), 2)
    },
  ),
]
