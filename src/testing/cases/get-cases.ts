import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords, expectThat, nameOf } from '../expectations.ts'
import { changed, inMs, LAST_ID, record, refOf, upTo } from '../sample-records.ts'
import { getOne, insertAll, othersGoOn, replaceWith } from '../steps.ts'

export const getCases = [
  conformanceCase(
    'get keeps the order of the refs',
    'get returns one result for each ref, in the order of the refs, and again for a repeated ref',
    async ({ open }) => {
      const store = await open()
      const a = record({ id: 'a' })
      const b = record({ id: 'b' })
      const c = record({ id: 'c', partition: 'p1' })
      await insertAll(store, [a, b, c])
      for (const asked of [
        [c, b, a],
        [b, c, b, a, b],
      ]) {
        const found = await store.get(asked.map(refOf))
        expectEqual(
          'the ids',
          found.map((one) => one?.id),
          asked.map(({ id }) => id),
        )
      }
    },
  ),
  conformanceCase(
    'get returns undefined for absent records',
    'get returns undefined in the place of each ref that has no record',
    async ({ open }) => {
      const store = await open()
      const there = record()
      await insertAll(store, [there])
      const absent = refOf(record())
      const found = await store.get([absent, refOf(there), absent, { ...absent, partition: 'p9' }])
      expectEqual(
        'whether a record was found',
        found.map((one) => one !== undefined),
        [false, true, false, false],
      )
    },
  ),
  conformanceCase('get of no refs', 'get of no refs returns an empty list', async ({ open }) => {
    const store = await open()
    expectEqual('the result', [...(await store.get([]))], [])
  }),
  conformanceCase(
    'get compares the whole ref',
    'a record is found only under its own kind and partition',
    async ({ open }) => {
      const store = await open()
      const there = record({ kind: 'k1', partition: 'p1', id: 'same' })
      await insertAll(store, [there])
      const others = [
        { ...refOf(there), partition: 'p2' },
        { ...refOf(there), kind: 'k2' },
        { kind: 'p1', partition: 'k1', id: 'same' },
      ]
      expectEqual('the records at other refs', [...(await store.get(others))], [undefined, undefined, undefined])
      const results = await Promise.all(others.map((ref) => store.insert(record(ref))))
      expectEqual('the results of inserts at other refs', results, ['inserted', 'inserted', 'inserted'])
      expectEqual('the revision of the first', (await getOne(store, there))?.revision, there.revision)
    },
  ),
  conformanceCase('get of 300 refs', 'one get reads 300 refs in several partitions', async ({ open }) => {
    const store = await open()
    const records = upTo(300).map((n) => record({ partition: `p${n % 7}`, id: `r${n}`, data: `{"n":${n}}` }))
    const stored = records.filter((_, n) => n % 3 !== 0)
    await insertAll(store, stored)
    const found = await store.get(records.map(refOf))
    expectEqual(
      'the data',
      found.map((one) => one?.data),
      records.map(({ data }, n) => (n % 3 === 0 ? undefined : data)),
    )
  }),
  conformanceCase(
    'every field is returned',
    'a record is returned with the fields it was stored with and no others',
    async ({ open }) => {
      const store = await open()
      const groups = ['g1', 'A.b-c_d', '0', LAST_ID]
      const records = upTo(5).flatMap((n) => [
        record({ groups: groups.slice(0, n), data: `{"groups":${n}}` }),
        record({ groups: groups.slice(0, n), data: `{"groups":${n}}`, expiresAt: inMs(86_400_000 + n) }),
      ])
      records.push(record({ position: 0 }), record({ position: YEAR_9999 }), record({ expiresAt: YEAR_9999 }))
      await insertAll(store, records)
      expectRecords('the inserted records', await store.get(records.map(refOf)), records)

      const replaced = records.map((one) => changed(one, { data: '{"replaced":true}' }))
      await Promise.all(records.map((one, n) => replaceWith(store, one, replaced[n] ?? one)))
      expectRecords('the replaced records', await store.get(records.map(refOf)), replaced)
    },
  ),
  conformanceCase(
    'get reads one partition at one instant',
    'a single get never returns a later write of a partition without an earlier one',
    async ({ open, race }) => {
      const writer = await open()
      const reader = await open()
      let first = record({ id: 'first', data: '0' })
      let second = record({ id: 'second', data: '0' })
      await insertAll(writer, [first, second])
      let writing = true
      const write = () =>
        race(async ({ number }) => {
          first = await replaceWith(writer, first, changed(first, { data: String(number) }))
          second = await replaceWith(writer, second, changed(second, { data: String(number) }))
          await othersGoOn()
        })
      const read = async () => {
        for (let turn = 0; writing; turn++) {
          const found = await reader.get(turn % 2 === 0 ? [refOf(first), refOf(second)] : [refOf(second), refOf(first)])
          for (const ref of [first, second])
            expectThat(
              found.some((one) => one?.id === ref.id),
              `a record at ${nameOf(ref)}`,
              found,
            )
          const rounds = { first: numberIn(found, 'first'), second: numberIn(found, 'second') }
          expectThat(rounds.second <= rounds.first, 'the second record never ahead of the first', rounds)
          expectThat(rounds.first <= rounds.second + 1, 'the first record at most one write ahead', rounds)
          await othersGoOn()
        }
      }
      await Promise.all([write().finally(() => (writing = false)), read()])
    },
  ),
]

// Some languages drop digits when they print a number of this size as text.
const YEAR_9999 = 253_402_300_799_999

function numberIn(found: readonly ({ readonly id: string; readonly data: string } | undefined)[], id: string): number {
  return Number(found.find((one) => one?.id === id)?.data)
}
