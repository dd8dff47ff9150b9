import { conformanceCase } from '../conformance-case.ts'
import { expectEqual } from '../expectations.ts'
import { changed, groupOf, inMs, LAST_ID, record, SOME_TIME, tombstone, upTo } from '../sample-records.ts'
import { insertAll, replaceWith } from '../steps.ts'

const group = groupOf('g')

export const countCases = [
  conformanceCase(
    'count starts after the position',
    'count returns the number of members at a greater position than the one passed',
    async ({ open }) => {
      const store = await open()
      const positions = [0, 1, 10, 10, 10, 11, SOME_TIME, SOME_TIME + 1]
      await insertAll(
        store,
        positions.map((position) => record({ groups: ['g'], position })),
      )
      for (const [after, expected] of [
        [0, 7],
        [1, 6],
        [2, 6],
        [9, 6],
        [10, 3],
        [11, 2],
        [SOME_TIME - 1, 2],
        [SOME_TIME, 1],
        [SOME_TIME + 1, 0],
        [SOME_TIME + 2, 0],
      ] as const) {
        expectEqual(`the count after ${after}`, await store.count(group, after), expected)
      }
    },
  ),
  conformanceCase(
    'count agrees with list',
    'count equals the number of records that list returns after every id at that position',
    async ({ open, random }) => {
      const store = await open()
      const base = inMs(3_600_000)
      const records = upTo(60).map((n) => record({ groups: ['g', 'h'], expiresAt: base + (n >> 2) }))
      await insertAll(store, records)
      for (const one of records) {
        const drawn = random()
        if (drawn < 0.3) await replaceWith(store, one, tombstone(one))
        else if (drawn < 0.5) await replaceWith(store, one, changed(one, { expiresAt: base + 7 }))
      }
      for (let step = -1; step <= 16; step++) {
        const after = base + step
        const page = await store.list(group, { after: { position: after, id: LAST_ID }, limit: 1000 })
        expectEqual(`the count after step ${step}`, await store.count(group, after), page.records.length)
      }
    },
  ),
  conformanceCase(
    'count keeps groups apart',
    'count includes only the members of its group, with the same kind and partition',
    async ({ open }) => {
      const store = await open()
      await insertAll(store, [
        ...['g', 'g', 'G', 'g1', 'g.', 'gg'].map((name) => record({ groups: [name] })),
        record({ groups: ['g', 'gg'] }),
        record({ kind: 'other', groups: ['g'] }),
        record({ partition: 'p1', groups: ['g'] }),
      ])
      for (const [of, expected] of [
        [group, 3],
        [groupOf('gg'), 2],
        [groupOf('G'), 1],
        [groupOf('g1'), 1],
        [groupOf('g.'), 1],
        [groupOf('g', { kind: 'other' }), 1],
        [groupOf('g', { partition: 'p1' }), 1],
        [groupOf('none'), 0],
        [groupOf('g', { kind: 'none' }), 0],
      ] as const) {
        expectEqual(`group ${of.group} of ${of.kind} in ${of.partition}`, await store.count(of, 0), expected)
      }
    },
  ),
]
