import type { InsertResult, Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectThat, nameOf } from '../expectations.ts'
import { changed, groupOf, inMs, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { shuffled } from '../seeded-random.ts'
import { insertAll } from '../steps.ts'

const FILLED = 3

interface Call {
  readonly one: StoreRecord
  readonly max?: number
  readonly expected: InsertResult
}

/** Whether it is for another list than most. */
const isElsewhere = ({ one }: Call) => one.partition === 'p1'

const insertCall = (store: Store, { one, max }: Call) =>
  max === undefined ? store.insert(one) : store.insert(one, { limit: { group: one.groups[0] ?? '', max } })

/** Makes all calls in one tick, and expects of each its own result. */
async function expectOwnResults(store: Store, calls: readonly Call[]): Promise<void> {
  const results = await Promise.all(calls.map((call) => insertCall(store, call)))
  for (const [index, { one, max, expected }] of calls.entries()) {
    const limited = max === undefined ? '' : ` under a limit of ${max} for ${one.groups[0]}`
    expectEqual(
      `insert ${index + 1} of ${calls.length} in one tick, of ${nameOf(one)}${limited}`,
      results[index],
      expected,
    )
  }
}

export const turnWriteCases = [
  conformanceCase(
    'inserts of one tick',
    'each of several inserts in one tick is done or refused by what is stored at its own ref',
    async ({ open, random }) => {
      const store = await open()
      const taken = upTo(20).map((n) => record({ partition: `p${n % 2}`, groups: ['g'] }))
      await insertAll(store, taken)
      const repeats = taken.map((one, n) => (n % 2 === 0 ? one : record({ ...refOf(one), groups: ['late'] })))
      const calls: Call[] = [
        ...repeats.map((one) => ({ one, expected: 'exists' as const })),
        ...upTo(20).map((n) => ({
          one: record({ partition: `p${n % 2}`, groups: ['g'], ...(n % 3 === 0 && { expiresAt: inMs(3_600_000) }) }),
          expected: 'inserted' as const,
        })),
      ]
      const mixed = shuffled(calls, random)
      await expectOwnResults(store, mixed)
      const found = await store.get(mixed.map(({ one }) => refOf(one)))
      for (const [index, { one, expected }] of mixed.entries()) {
        const first = taken.find(({ id }) => id === one.id) ?? one
        const what = `the revision of ${nameOf(one)}, whose insert was to return ${expected}`
        expectEqual(what, found[index]?.revision, first.revision)
      }
      expectEqual('the count of thing/p0/late', await store.count(groupOf('late'), 0), 0)
    },
  ),
  conformanceCase(
    'one record twice in one tick',
    'of two inserts at one ref in one tick, one returns inserted and the other exists',
    async ({ open }) => {
      const store = await open()
      for (const [first, second] of [
        ['the same', undefined],
        ['another', { data: '"other"' }],
        ['one that expires', { expiresAt: inMs(3_600_000) }],
      ] as const) {
        const one = record({ groups: ['g'] })
        const other = second ? record({ ...refOf(one), ...second }) : one
        const results = await Promise.all([store.insert(one), store.insert(record()), store.insert(other)])
        const what = `the results of inserts of ${nameOf(one)}, of a record elsewhere, and of ${first} record at the ref`
        expectEqual(what, [results[1], [results[0], results[2]].toSorted()], ['inserted', ['exists', 'inserted']])
        const [found] = await store.get([refOf(one)])
        const winner = results[0] === 'inserted' ? one : other
        expectEqual(`the revision of ${nameOf(one)}`, found?.revision, winner.revision)
      }
    },
  ),
  conformanceCase(
    'limits of one tick',
    'each of several limited inserts in one tick is refused only by its own limit on its own group',
    async ({ open, random }) => {
      const store = await open()
      // What comes first, or last, may decide about all.
      const orders: readonly ((calls: readonly Call[]) => readonly Call[])[] = [
        (calls) => calls,
        (calls) => calls.toReversed(),
        (calls) => calls.toSorted((one, other) => Number(isElsewhere(other)) - Number(isElsewhere(one))),
        (calls) => shuffled(calls, random),
      ]
      for (const [n, inOrder] of orders.entries()) {
        const [filled, empty, none, free] = [`filled${n}`, `empty${n}`, `none${n}`, `free${n}`]
        const stored = upTo(FILLED).map(() => record({ groups: [filled] }))
        await insertAll(store, stored)
        const [first = record()] = stored
        const into = (group: string, fields: Partial<StoreRecord> = {}) => record({ groups: [group], ...fields })
        const calls: Call[] = [
          ...upTo(4).map(() => ({ one: into(filled), max: FILLED, expected: 'full' as const })),
          ...upTo(4).map(() => ({ one: into(filled), max: 100, expected: 'inserted' as const })),
          ...upTo(4).map(() => ({ one: into(empty), max: 4, expected: 'inserted' as const })),
          ...upTo(2).map(() => ({ one: into(none), max: 0, expected: 'full' as const })),
          ...upTo(3).map(() => ({
            one: into(filled, { partition: 'p1' }),
            max: FILLED,
            expected: 'inserted' as const,
          })),
          ...upTo(3).map(() => ({ one: into(filled, { kind: 'other' }), max: FILLED, expected: 'inserted' as const })),
          { one: first, max: FILLED, expected: 'exists' as const },
          { one: into(free), expected: 'inserted' as const },
        ]
        await expectOwnResults(store, inOrder(calls))
        const counts = await Promise.all([filled, empty, none].map((group) => store.count(groupOf(group), 0)))
        expectEqual(`the counts of the groups ${filled}, ${empty} and ${none}`, counts, [FILLED + 4, 4, 0])
      }
    },
  ),
  conformanceCase(
    'different limits on one group in one tick',
    'inserts in one tick with different limits on one group have the results of some order of them',
    async ({ open, random }) => {
      const store = await open()
      for (const round of upTo(10)) {
        const group = `g${round}`
        const low = upTo(4).map(() => ({ one: record({ groups: [group] }), max: 2 }))
        const high = upTo(4).map(() => ({ one: record({ groups: [group] }), max: 6 }))
        const calls = shuffled([...low, ...high], random)
        const results = await Promise.all(calls.map((call) => insertCall(store, { ...call, expected: 'inserted' })))
        const inserted = (max: number) =>
          calls.filter((call, n) => call.max === max && results[n] === 'inserted').length
        const what = `of 4 inserts into ${nameOf({ ...groupOf(group), id: group })} with a limit of`
        expectEqual(`how many ${what} 6 were inserted, when 4 with a limit of 2 ran beside them`, inserted(6), 4)
        expectThat(inserted(2) <= 2, `at most 2 ${what} 2 to be inserted`, inserted(2))
        expectEqual(`the count of ${group}`, await store.count(groupOf(group), 0), 4 + inserted(2))
      }
    },
  ),
  conformanceCase(
    'free places of one tick',
    'inserts in one tick fill every free place, whatever is refused beside them',
    async ({ open, random }) => {
      const store = await open()
      for (const round of upTo(10)) {
        const group = `g${round}`
        const stored = upTo(2).map(() => record({ groups: [group] }))
        await insertAll(store, stored)
        const [first = record()] = stored
        const twin = record({ groups: [group] })
        const rest = upTo(3).map(() => record({ groups: [group] }))
        // Five places are free: those of the twin and the rest, and one that stays free.
        const calls = shuffled(
          [...stored, ...rest, twin, twin, first].map((one) => ({ one, max: 7 })),
          random,
        )
        const results = await Promise.all(calls.map((call) => insertCall(store, { ...call, expected: 'inserted' })))
        const of = (...records: readonly StoreRecord[]) =>
          results.filter((_, n) => records.includes(calls[n]?.one ?? first)).toSorted()
        const named = nameOf({ ...groupOf(group), id: group })
        expectEqual(`the results of new records in ${named}`, of(...rest), ['inserted', 'inserted', 'inserted'])
        expectEqual(`the results of the same record twice in ${named}`, of(twin), ['exists', 'inserted'])
        expectEqual(`the results of stored records in ${named}`, of(...stored), ['exists', 'exists', 'exists'])
        expectEqual(`the count of ${named}`, await store.count(groupOf(group), 0), 6)
      }
    },
  ),
  conformanceCase(
    'replaces of one tick',
    'each of several replaces in one tick returns true or false by the revision that is stored at its own ref',
    async ({ open, random }) => {
      const store = await open()
      const current = upTo(20).map((n) => record({ partition: `p${n % 2}`, groups: ['g'] }))
      const outdated = upTo(20).map((n) => record({ partition: `p${n % 2}`, groups: ['g'] }))
      await insertAll(store, [...current, ...outdated])
      const calls = shuffled(
        [
          ...current.map((from, n) => ({ from, to: n % 4 === 0 ? tombstone(from) : changed(from), expected: true })),
          ...outdated.map((one) => ({ from: changed(one), to: changed(one, { groups: ['late'] }), expected: false })),
          ...upTo(5)
            .map(() => record())
            .map((one) => ({ from: one, to: changed(one), expected: false })),
        ],
        random,
      )
      const results = await Promise.all(calls.map(({ from, to }) => store.replace(from, to)))
      const found = await store.get(calls.map(({ from }) => refOf(from)))
      for (const [index, { from, to, expected }] of calls.entries()) {
        expectEqual(`replace ${index + 1} of ${calls.length} in one tick, of ${nameOf(from)}`, results[index], expected)
        const left = outdated.find(({ id }) => id === from.id)?.revision
        expectEqual(`the revision of ${nameOf(from)}`, found[index]?.revision, expected ? to.revision : left)
      }
      expectEqual('the count of thing/p0/late', await store.count(groupOf('late'), 0), 0)
    },
  ),
  conformanceCase(
    'reads and writes of one tick',
    'a read in the same tick as a write returns what was stored before or after it, and every call its own result',
    async ({ open }) => {
      const store = await open()
      for (const round of upTo(20)) {
        const from = record({ groups: ['g'] })
        await insertAll(store, [from])
        const to = changed(from)
        const added = record()
        const [before, replaced, inserted, late, after] = await Promise.all([
          store.get([refOf(from), refOf(added)]),
          store.replace(from, to),
          store.insert(added),
          store.replace(changed(from), changed(from)),
          store.get([refOf(added), refOf(from)]),
        ])
        expectEqual(
          `the results of writes beside reads, round ${round}`,
          [replaced, inserted, late],
          [true, 'inserted', false],
        )
        for (const found of [before, after.toReversed()]) {
          const revision = found[0]?.revision
          const known = revision === from.revision || revision === to.revision
          expectThat(known, `the old or the new revision of ${nameOf(from)}`, revision)
          expectThat(!found[1] || found[1].revision === added.revision, `${nameOf(added)} or nothing`, found[1])
        }
      }
    },
  ),
]
