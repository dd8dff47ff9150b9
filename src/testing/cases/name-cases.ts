import type { RecordRef, Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, nameOf } from '../expectations.ts'
import { changed, groupOf, record, refOf } from '../sample-records.ts'
import { getOne, idsOf, insertAll, membersOf } from '../steps.ts'

const HOSTILE = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length'],
  ...['.', '..', '...', '-', '--', '_', '-1', '0', '00', '1e3', '1000', 'null', 'undefined', 'true', 'NaN'],
]
const ALIKE = [
  ...['a', 'aa', 'aaa', 'a.', 'a-', 'a_', 'A', 'aA', 'Aa', 'AA', 'a.a', 'a-a', 'a_a'],
  ...['10', '010', '10.0', '1e1', '10.', '0xa', '1E1'],
]
const SEPARATORS = ['', '.', '-', '_', '..', '--', '__']

const PAIRS = (['kind', 'partition', 'id'] as const).flatMap((first, _, parts) =>
  parts.filter((second) => second !== first).map((second) => [first, second] as const),
)

async function expectRevisions(store: Store, records: readonly StoreRecord[]): Promise<void> {
  const found = await store.get(records.map(refOf))
  for (const [index, one] of records.entries())
    expectEqual(`the revision of ${nameOf(one)}`, found[index]?.revision, one.revision)
}

export const nameCases = [
  conformanceCase(
    'hostile names',
    'no name of the alphabet has a special meaning, as kind, partition, id or group',
    async ({ open }) => {
      const store = await open()
      const records = HOSTILE.flatMap((name) => [
        record({ id: name, groups: [name] }),
        record({ kind: name, id: 'x' }),
        record({ partition: name, id: 'x' }),
        record({ kind: name, partition: name, id: name, groups: [name] }),
      ])
      const before = await store.get(records.map(refOf))
      expectEqual(
        'the records before the first insert',
        before.filter((one) => one !== undefined),
        [],
      )
      await insertAll(store, records)
      const found = await store.get(records.map(refOf))
      expectEqual(
        'the revisions',
        found.map((one) => one?.revision),
        records.map(({ revision }) => revision),
      )
      for (const name of HOSTILE) {
        expectEqual(`the ids in group ${name}`, await membersOf(store, groupOf(name)), [name])
        expectEqual(
          `the ids in group ${name} of kind ${name}`,
          await membersOf(store, { kind: name, partition: name, group: name }),
          [name],
        )
      }
    },
  ),
  conformanceCase(
    'names that look alike',
    'names are compared byte by byte: a is not A or aa, and 10 is not 010 or 1e1',
    async ({ open }) => {
      const store = await open()
      const records = ALIKE.flatMap((name) => [
        record({ id: name, groups: [name] }),
        record({ kind: name, id: 'x', groups: ['g'] }),
        record({ partition: name, id: 'x', groups: ['g'] }),
      ])
      await insertAll(store, records)
      await expectRevisions(store, records)
      for (const name of ALIKE) {
        expectEqual(`the ids of thing/p0/${name}`, await membersOf(store, groupOf(name)), [name])
        for (const of of [groupOf('g', { kind: name }), groupOf('g', { partition: name })]) {
          expectEqual(`the ids of ${of.kind}/${of.partition}/g`, await membersOf(store, of), ['x'])
          expectEqual(`the count of ${of.kind}/${of.partition}/g`, await store.count(of, 0), 1)
        }
      }
    },
  ),
  conformanceCase(
    'refs that look alike when joined',
    'records with different refs are separate, even if their joined parts look alike',
    async ({ open }) => {
      const store = await open()
      // In each order of the parts, two refs are the same text when two of their parts are joined by the separator.
      const refs: RecordRef[] = SEPARATORS.flatMap((between, n) =>
        PAIRS.flatMap(([first, second]) => {
          const ref = { kind: `k${n}`, partition: `p${n}`, id: `i${n}` }
          const [x, y, z] = [`${first[0]}x`, 'y', `${second[0]}z`]
          return [
            { ...ref, [first]: `${x}${between}${y}`, [second]: z },
            { ...ref, [first]: x, [second]: `${y}${between}${z}` },
          ]
        }),
      )
      const records = refs.map((ref) => record({ ...ref, groups: [ref.id] }))
      await insertAll(store, records)
      await expectRevisions(store, records)
      for (const { kind, partition, id } of refs) {
        const expected = idsOf(refs.filter((one) => one.kind === kind && one.partition === partition && one.id === id))
        expectEqual(
          `the ids of ${kind}/${partition}/${id}`,
          await membersOf(store, { kind, partition, group: id }),
          expected,
        )
      }
    },
  ),
  conformanceCase(
    'names of 200 characters',
    'names of 200 characters that differ only in the last one are different names',
    async ({ open }) => {
      const store = await open()
      const long = (last: string) => `${'x'.repeat(199)}${last}`
      const a = { kind: long('k'), partition: long('p'), id: long('a') }
      const others = [{ id: long('b') }, { kind: long('l') }, { partition: long('q') }]
      const records = [{}, ...others].map((other, n) =>
        record({ ...a, ...other, groups: ['c', 'd', 'e', 'f'].map((last) => long(`${n}${last}`).slice(1)) }),
      )
      await insertAll(store, records)
      await expectRevisions(store, records.toReversed())
      for (const { kind, partition, id, groups } of records)
        for (const group of groups) {
          const what = `the ids of the group of 200 characters that ends with ${group.slice(-2)}`
          expectEqual(what, await membersOf(store, { kind, partition, group }), [id])
        }
    },
  ),
  conformanceCase('revisions that look alike', 'revisions are compared byte by byte', async ({ open }) => {
    const store = await open()
    for (const [stored, alike] of [
      ['10', '1e1'],
      ['10', '010'],
      ['abc', 'ABC'],
      ['a.c', 'abc'],
      ['abc', 'ab'],
      ['0', '00'],
      ['a', 'a.'],
      ['0123456789abcdefg', '0123456789abcdefh'],
      ['0123456789abcdef', '0123456789abcdef0'],
      [`${'r'.repeat(63)}a`, `${'r'.repeat(63)}b`],
    ] as const) {
      const stands = record({ revision: stored })
      await insertAll(store, [stands])
      expectEqual(
        `the result of a replace of revision ${alike} when ${stored} is stored`,
        await store.replace({ ...stands, revision: alike }, changed(stands)),
        false,
      )
      expectEqual('the stored revision', (await getOne(store, stands))?.revision, stored)
    }
  }),
]
