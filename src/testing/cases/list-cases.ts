import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { groupOf, inMs, LAST_ID, record, SOME_TIME, upTo } from '../sample-records.ts'
import { shuffled } from '../seeded-random.ts'
import { idsOf, insertAll, pageAfter, walk } from '../steps.ts'

const group = groupOf('g')

export const listCases = [
  conformanceCase('list ascends by position', 'list sorts by position as a number', async ({ open, random }) => {
    const store = await open()
    const positions = [0, 1, 9, 10, 99, 100, 2 ** 31, 2 ** 32, SOME_TIME, SOME_TIME + 1, 253_402_300_799_998]
    const records = positions.map((position, n) => record({ id: `${'zyxwvutsrqp'[n]}`, groups: ['g'], position }))
    await insertAll(store, shuffled(records, random))
    const page = await store.list(group, { limit: 100 })
    expectEqual(
      'the positions',
      page.records.map(({ position }) => position),
      positions,
    )
  }),
  conformanceCase(
    'list orders ids by bytes',
    'list sorts the records at one position by id in byte order',
    async ({ open, random }) => {
      const store = await open()
      const ids = [
        '-',
        '--',
        '.',
        '0',
        '00',
        '1',
        '10',
        '2',
        'A',
        'AA',
        'Aa',
        'B',
        'Z',
        '_',
        '__',
        'a',
        'aA',
        'a_',
        'aa',
        'b',
        'z',
      ]
      const earlier = record({ id: 'zz', groups: ['g'], position: SOME_TIME - 1 })
      const later = record({ id: '-0', groups: ['g'], position: SOME_TIME + 1 })
      await insertAll(store, shuffled([...ids.map((id) => record({ id, groups: ['g'] })), earlier, later], random))
      const page = await store.list(group, { limit: 100 })
      expectEqual('the ids', idsOf(page.records), ['zz', ...ids, '-0'])
    },
  ),
  conformanceCase(
    'list pages through one position',
    'the pages of 250 members at one position contain each of them once, in byte order',
    async ({ open, random }) => {
      const store = await open()
      const ids = upTo(250).map((n) => `m${n}`)
      await insertAll(
        store,
        shuffled(ids, random).map((id) => record({ id, groups: ['g'] })),
      )
      const pages = await walk((after) => store.list(group, pageAfter(after, 60)))
      expectEqual(
        'the sizes of the pages',
        pages.map(({ records }) => records.length),
        [60, 60, 60, 60, 10],
      )
      expectEqual('the ids', idsOf(pages.flatMap(({ records }) => records)), ids.toSorted())
    },
  ),
  conformanceCase(
    'list starts after a place',
    'list returns only records strictly after the place, even if no record is at that place',
    async ({ open }) => {
      const store = await open()
      const place = (position: number, id: string) => ({ position: SOME_TIME + position, id })
      const places = [place(1, 'b'), place(1, 'd'), place(3, 'a'), place(3, 'c')]
      await insertAll(
        store,
        places.map((one) => record({ ...one, groups: ['g'] })),
      )
      for (const [after, expected] of [
        [{ position: 0, id: 'z' }, ['b', 'd', 'a', 'c']],
        [place(1, 'a'), ['b', 'd', 'a', 'c']],
        [place(1, 'b'), ['d', 'a', 'c']],
        [place(1, 'c'), ['d', 'a', 'c']],
        [place(1, 'ba'), ['d', 'a', 'c']],
        [place(1, LAST_ID), ['a', 'c']],
        [place(2, 'z'), ['a', 'c']],
        [place(3, 'a'), ['c']],
        [place(3, 'c'), []],
        [place(9, '-'), []],
      ] as const) {
        const page = await store.list(group, { after, limit: 10 })
        expectEqual(`the ids after ${after.position}, ${after.id}`, idsOf(page.records), expected)
      }
    },
  ),
  conformanceCase(
    'list keeps the page size',
    'a page is as long as the limit if there are enough records, and has more if and only if others follow',
    async ({ open }) => {
      const store = await open()
      await insertAll(
        store,
        upTo(12).map((n) => record({ groups: ['g'], position: SOME_TIME + (n >> 1) })),
      )
      for (const limit of [1, 4, 5, 11, 12, 13, 1000]) {
        const pages = await walk((after) => store.list(group, pageAfter(after, limit)))
        const sizes = pages.map(({ records }) => records.length)
        const full = upTo(Math.floor(12 / limit)).map(() => limit)
        expectEqual(`the sizes of pages of ${limit}`, sizes, 12 % limit === 0 ? full : [...full, 12 % limit])
      }
    },
  ),
  conformanceCase(
    'list of an empty group',
    'list of a group without members returns an empty page without more',
    async ({ open }) => {
      const store = await open()
      await insertAll(store, [record({ groups: ['other'] }), record({ id: 'g' })])
      for (const after of [undefined, { position: SOME_TIME, id: 'a' }]) {
        const { records, more } = await store.list(group, pageAfter(after, 10))
        expectEqual('the page', { records: [...records], more }, { records: [], more: false })
      }
    },
  ),
  conformanceCase(
    'list returns whole records',
    'list returns the same records as get, with every field',
    async ({ open }) => {
      const store = await open()
      const records = [
        record({ groups: ['g', 'h'], position: SOME_TIME, data: '{"n":1}' }),
        record({ groups: ['a', 'g', 'b', 'c'], position: SOME_TIME + 1, data: 'null' }),
        record({ groups: ['g'], expiresAt: inMs(3_600_000) }),
      ]
      await insertAll(store, records)
      expectRecords('the records from list', (await store.list(group, { limit: 10 })).records, records)
      expectRecords('the records from get', await store.get(records), records)
    },
  ),
  conformanceCase(
    'list keeps groups apart',
    'list returns only the members of its group, with the same kind and partition',
    async ({ open }) => {
      const store = await open()
      const groups = ['g', 'G', 'g1', 'g.', 'gg', 'p0', 'thing']
      await insertAll(store, [
        ...groups.map((name) => record({ id: `in-${name}`, groups: [name] })),
        record({ id: 'in-two', groups: ['g', 'gg'] }),
        record({ id: 'other-kind', kind: 'other', groups: ['g'] }),
        record({ id: 'other-partition', partition: 'p1', groups: ['g'] }),
        record({ id: 'g' }),
      ])
      const idsIn = async (of: typeof group) => idsOf((await store.list(of, { limit: 100 })).records)
      expectEqual('the ids in group g', await idsIn(group), ['in-g', 'in-two'])
      expectEqual('the ids in group gg', await idsIn(groupOf('gg')), ['in-gg', 'in-two'])
      for (const name of ['G', 'g1', 'g.', 'p0', 'thing']) {
        expectEqual(`the ids in group ${name}`, await idsIn(groupOf(name)), [`in-${name}`])
      }
      const [otherKind, elsewhere] = [groupOf('g', { kind: 'other' }), groupOf('g', { partition: 'p1' })]
      expectEqual('the ids in group g of the other kind', await idsIn(otherKind), ['other-kind'])
      expectEqual('the ids in group g of the other partition', await idsIn(elsewhere), ['other-partition'])
    },
  ),
]
