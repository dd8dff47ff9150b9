import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords, expectThat } from '../expectations.ts'
import { changed, inMs, LAST_ID, record, refOf, upTo } from '../sample-records.ts'
import { getOne, insertAll, othersGoOn, replaceWith } from '../steps.ts'

const ROUNDS = 60

export const getCases = [
  conformanceCase(
    'get answers in the order asked',
    'get answers every ref in the order asked, and a ref asked twice twice',
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
    'get answers undefined for what is absent',
    'get answers undefined where nothing stands, in the place of that ref',
    async ({ open }) => {
      const store = await open()
      const there = record()
      await insertAll(store, [there])
      const absent = refOf(record())
      const found = await store.get([absent, refOf(there), absent, { ...absent, partition: 'p9' }])
      expectEqual(
        'what was found',
        found.map((one) => one !== undefined),
        [false, true, false, false],
      )
    },
  ),
  conformanceCase('get of no refs', 'get of no refs answers an empty list', async ({ open }) => {
    const store = await open()
    expectEqual('the answer', [...(await store.get([]))], [])
  }),
  conformanceCase(
    'get goes by the whole ref',
    'a record is found under its own kind and partition only',
    async ({ open }) => {
      const store = await open()
      const there = record({ kind: 'k1', partition: 'p1', id: 'same' })
      await insertAll(store, [there])
      const others = [
        { ...refOf(there), partition: 'p2' },
        { ...refOf(there), kind: 'k2' },
        { kind: 'p1', partition: 'k1', id: 'same' },
      ]
      expectEqual('what stands elsewhere', [...(await store.get(others))], [undefined, undefined, undefined])
      const answers = await Promise.all(others.map((ref) => store.insert(record(ref))))
      expectEqual('insert of the same id elsewhere', answers, ['inserted', 'inserted', 'inserted'])
      expectEqual('the revision of the first', (await getOne(store, there))?.revision, there.revision)
    },
  ),
  conformanceCase('get of 300 refs', 'one get answers 300 refs of several partitions', async ({ open }) => {
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
    'every field comes back',
    'a record comes back with the fields it was stored with and no others',
    async ({ open }) => {
      const store = await open()
      const groups = ['g1', 'A.b-c_d', '0', LAST_ID]
      const records = upTo(5).flatMap((n) => [
        record({ groups: groups.slice(0, n), data: `{"groups":${n}}` }),
        record({ groups: groups.slice(0, n), data: `{"groups":${n}}`, expiresAt: inMs(86_400_000 + n) }),
      ])
      records.push(record({ position: 0 }), record({ position: YEAR_9999 }), record({ expiresAt: YEAR_9999 }))
      await insertAll(store, records)
      expectRecords('what was inserted', await store.get(records.map(refOf)), records)

      const replaced = records.map((one) => changed(one, { data: '{"replaced":true}' }))
      await Promise.all(records.map((one, n) => replaceWith(store, one, replaced[n] ?? one)))
      expectRecords('what was replaced', await store.get(records.map(refOf)), replaced)
    },
  ),
  conformanceCase(
    'get reads one partition at one instant',
    'one get never shows a later write of a partition without the earlier one',
    async ({ open }) => {
      const writer = await open()
      const reader = await open()
      let first = record({ id: 'first', data: '0' })
      let second = record({ id: 'second', data: '0' })
      await insertAll(writer, [first, second])
      let writing = true
      const write = async () => {
        for (let round = 1; round <= ROUNDS; round++) {
          first = await replaceWith(writer, first, changed(first, { data: String(round) }))
          second = await replaceWith(writer, second, changed(second, { data: String(round) }))
          await othersGoOn()
        }
      }
      const read = async () => {
        for (let turn = 0; writing; turn++) {
          const found = await reader.get(turn % 2 === 0 ? [refOf(first), refOf(second)] : [refOf(second), refOf(first)])
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

// More digits than a number printed as text keeps in some languages.
const YEAR_9999 = 253_402_300_799_999

function numberIn(found: readonly ({ readonly id: string; readonly data: string } | undefined)[], id: string): number {
  return Number(found.find((one) => one?.id === id)?.data)
}
