import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, nameOf } from '../expectations.ts'
import { changed, groupOf, record, refOf, SOME_TIME, upTo } from '../sample-records.ts'
import { shuffled } from '../seeded-random.ts'
import { idsOf, insertAll, pageAfter, replaceWith, walk } from '../steps.ts'

const MANY = 1100
const MOST = 1000
const PAGE_BYTES = 65_536
const PAGE_RECORDS = 24

const group = groupOf('g')
const members = () => upTo(MANY).map((n) => record({ id: `m${n}`, groups: ['g'], position: SOME_TIME + (n >> 2) }))

export const sizeCases = [
  conformanceCase('get of 1000 refs', 'one get reads 1000 refs, in their order', async ({ open, random }) => {
    const store = await open()
    const records = upTo(MOST).map((n) => record({ partition: `p${n % 3}`, id: `r${n}` }))
    const stored = records.filter((_, n) => n % 10 !== 3)
    await insertAll(store, stored)
    const revisions = new Map(stored.map((one) => [one.id, one.revision]))
    const asked = shuffled(records, random)
    for (const refs of [asked, [...asked.slice(0, 500), ...asked.slice(0, 500).toReversed()]]) {
      const found = await store.get(refs.map(refOf))
      expectEqual(
        `the revisions of 1000 refs, the first ${nameOf(refs[0] ?? record())}`,
        found.map((one) => one?.revision),
        refs.map(({ id }) => revisions.get(id)),
      )
    }
  }),
  conformanceCase(
    'pages of 1000 records',
    'a page has as many records as were requested, up to 1000, and the next one the rest',
    async ({ open }) => {
      const store = await open()
      const all = members()
      await insertAll(store, all)
      const order = all.toSorted((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1))
      for (const limit of [MOST, 600]) {
        const pages = await walk((after) => store.list(group, pageAfter(after, limit)))
        const sizes = pages.map(({ records }) => records.length)
        expectEqual(`the sizes of pages of ${limit} of thing/p0/g`, sizes, [limit, MANY - limit])
        expectEqual('the ids of thing/p0/g', idsOf(pages.flatMap(({ records }) => records)), idsOf(order))
      }
    },
  ),
  conformanceCase('a count beyond 1000', 'count counts more than 1000 members', async ({ open }) => {
    const store = await open()
    await insertAll(store, members())
    for (const [after, expected] of [
      [0, MANY],
      [SOME_TIME, MANY - 4],
      [SOME_TIME + 19, MANY - 80],
      [SOME_TIME + 249, 100],
    ] as const)
      expectEqual(`the count of thing/p0/g after ${after}`, await store.count(group, after), expected)
  }),
  conformanceCase('a limit beyond 1000', 'a limit of more than 1000 members is exact', async ({ open }) => {
    const store = await open()
    await insertAll(store, members())
    const insert = (max: number) => store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max } })
    expectEqual(`the result under a limit of ${MANY} members of thing/p0/g`, await insert(MANY), 'full')
    expectEqual(`the result under a limit of ${MANY + 1}`, await insert(MANY + 1), 'inserted')
    expectEqual(`the result under a limit of ${MANY + 1} again`, await insert(MANY + 1), 'full')
  }),
  conformanceCase(
    'a limit beyond 100',
    'limited inserts one after another fill more than 100 places, and no more than the limit',
    async ({ open }) => {
      const store = await open()
      const max = 120
      for (const start of upTo(max / 10 + 1)) {
        const some = upTo(10).map(() => store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max } }))
        const expected = upTo(10).map(() => (start < max / 10 ? 'inserted' : 'full'))
        const what = `the results of inserts into thing/p0/g, with ${start * 10} of ${max} places taken`
        expectEqual(what, await Promise.all(some), expected)
      }
      expectEqual('the count of thing/p0/g', await store.count(group, 0), max)
    },
  ),
  conformanceCase(
    'data of 256 kB',
    'data of 256 kB is stored in full by insert and by replace, and returned by get and by list',
    async ({ open }) => {
      const store = await open()
      const large = JSON.stringify('x'.repeat(262_000))
      const wide = JSON.stringify('\u010d'.repeat(130_000))
      const one = record({ groups: ['g'], data: large })
      await insertAll(store, [one])
      let stored = one
      for (const data of [large, wide, '{}', large]) {
        if (stored.data !== data) stored = await replaceWith(store, stored, changed(stored, { data }))
        const [found] = await store.get([refOf(one)])
        expectEqual(`the data of ${nameOf(one)} from get`, found?.data, data)
        const { records } = await store.list(group, { limit: 2 })
        expectEqual(`the data of ${nameOf(one)} from list`, records[0]?.data, data)
      }
    },
  ),
  conformanceCase(
    'a page of large records',
    'a page has as many records as were requested, even if they are large together',
    async ({ open }) => {
      const store = await open()
      const data = JSON.stringify('y'.repeat(PAGE_BYTES - 2))
      const all = upTo(PAGE_RECORDS).map((n) => record({ id: `l${100 + n}`, groups: ['g'], data }))
      for (const one of all) await insertAll(store, [one])
      const page = await store.list(group, { limit: PAGE_RECORDS })
      expectEqual(
        'the ids of thing/p0/g',
        { ids: idsOf(page.records), more: page.more },
        { ids: idsOf(all), more: false },
      )
      const found = await store.get(all.map(refOf))
      expectEqual('the ids from get', idsOf(found.flatMap((one) => one ?? [])), idsOf(all))
      const whole = [...page.records, ...found].every((one) => one?.data === data)
      expectEqual('whether all data is whole', whole, true)
    },
  ),
]
