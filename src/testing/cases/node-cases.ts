import { conformanceCase, needed } from '../conformance-case.ts'
import { expectEqual, expectRecords, expectThat } from '../expectations.ts'
import { changed, groupOf, record, refOf, SOME_TIME, tombstone } from '../sample-records.ts'
import { getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

const DAY = 86_400_000
const MOST_READS = 3000

export const nodeCases = [
  conformanceCase(
    'a write is seen on another node',
    'every read that begins after an insert or replace has returned sees the write, on every node',
    async ({ open }) => {
      const writer = await open()
      const reader = await open()
      const first = record({ groups: ['g'] })
      expectEqual('the record before the insert', await getOne(reader, first), undefined)
      expectEqual('the ids in the group before the insert', await membersOf(reader, groupOf('g')), [])
      await insertAll(writer, [first])
      expectRecords('the inserted record', await reader.get([refOf(first)]), [first])
      expectEqual('the ids in the group after the insert', await membersOf(reader, groupOf('g')), [first.id])
      expectEqual('the count after the insert', await reader.count(groupOf('g'), 0), 1)
      let stands = first
      for (let round = 1; round <= 20; round++) {
        const position = SOME_TIME + round
        stands = await replaceWith(writer, stands, changed(stands, { position, data: String(round) }))
        expectRecords('the replaced record', await reader.get([refOf(first)]), [stands])
      }
      expectRecords('the list after the replace', (await reader.list(groupOf('g'), { limit: 10 })).records, [stands])
      const stone = await replaceWith(writer, stands, tombstone(stands))
      expectRecords('the record after the removal', await reader.get([refOf(first)]), [stone])
      expectEqual('the ids in the group after the removal', await membersOf(reader, groupOf('g')), [])
      expectEqual('the count after the removal', await reader.count(groupOf('g'), 0), 0)
      const late = await reader.replace(stands, changed(stands))
      expectEqual('the result of a replace of the record that the other node removed', late, false)
    },
  ),
  conformanceCase(
    'namespaces are separate',
    'two namespaces share nothing, even if one name begins with the other',
    async ({ open, namespace }) => {
      const here = await open()
      const there = await open(`${namespace}x`)
      const one = record({ groups: ['g'] })
      const other = record({ ...refOf(one), groups: ['g'], data: '"there"' })
      const limit = { group: 'g', max: 1 }
      expectEqual('the result of insert in the first', await here.insert(one, { limit }), 'inserted')
      expectEqual('the record in the second', await getOne(there, one), undefined)
      expectEqual('the ids in the group in the second', await membersOf(there, groupOf('g')), [])
      expectEqual('the count in the second', await there.count(groupOf('g'), 0), 0)
      expectEqual('the result of replace in the second', await there.replace(one, changed(one)), false)
      expectEqual('the result of insert in the second', await there.insert(other, { limit }), 'inserted')
      await replaceWith(there, other, tombstone(other))
      expectRecords('the record in the first', await here.get([one]), [one])
      expectEqual('the ids in the group in the first', await membersOf(here, groupOf('g')), [one.id])
    },
  ),
  conformanceCase(
    'time in milliseconds',
    'the clock of a store with time is in ms since 1970, and does not stand still',
    async ({ open }) => {
      const store = await open()
      const time = needed(store.time, 'the store has no time')
      const [before, first] = [Date.now(), await time()]
      // Clocks may differ, but not by as much as seconds or microseconds would.
      expectThat(Math.abs(first - before) < DAY, `a time within a day of ${before}`, first)
      let last = first
      for (let reads = 0; last === first && reads < MOST_READS; reads++) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        last = await time()
      }
      expectThat(last > first, `a time later than ${first}`, last)
    },
  ),
  conformanceCase(
    'close ends one node',
    'close may be called twice, and the other nodes on the database keep working',
    async ({ open }) => {
      const closing = await open()
      const working = await open()
      const one = record({ groups: ['g'] })
      await insertAll(closing, [one])
      await closing.close()
      await closing.close()
      expectRecords('the record that the closed node stored', await working.get([one]), [one])
      const two = await replaceWith(working, one, changed(one))
      await insertAll(working, [record({ groups: ['g'] })])
      const later = await open()
      expectRecords('the record on a node opened later', await later.get([one]), [two])
      expectEqual('the count on the node opened later', await later.count(groupOf('g'), 0), 2)
    },
  ),
]
