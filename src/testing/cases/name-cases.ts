import type { RecordRef } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual } from '../expectations.ts'
import { changed, groupOf, record, refOf } from '../sample-records.ts'
import { getOne, insertAll, membersOf } from '../steps.ts'

const HOSTILE = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length'],
  ...['.', '..', '...', '-', '--', '_', '-1', '0', '00', '1e3', '1000', 'null', 'undefined', 'true', 'NaN'],
]
const ALIKE = [
  ...['a', 'aa', 'aaa', 'a.', 'a-', 'a_', 'A', 'aA', 'Aa', 'AA', 'a.a', 'a-a', 'a_a'],
  ...['10', '010', '10.0', '1e1', '10.', '0xa', '1E1'],
]
const SEPARATORS = ['', '.', '-', '_', '..', '--', '__']

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
      const records = ALIKE.map((name) => record({ id: name, groups: [name] }))
      await insertAll(store, records)
      const found = await store.get(records.map(refOf))
      expectEqual(
        'the revisions',
        found.map((one) => one?.revision),
        records.map(({ revision }) => revision),
      )
      for (const name of ALIKE) expectEqual(`the ids in group ${name}`, await membersOf(store, groupOf(name)), [name])
    },
  ),
  conformanceCase(
    'refs that look alike when joined',
    'records with different refs are separate, even if their joined parts look alike',
    async ({ open }) => {
      const store = await open()
      const refs: RecordRef[] = SEPARATORS.flatMap((between, n) => [
        { kind: `k${n}`, partition: `y${between}z`, id: 'w' },
        { kind: `k${n}${between}y`, partition: 'z', id: 'w' },
        { kind: `k${n}`, partition: 'y', id: `z${between}w` },
      ])
      const records = refs.map((ref) => record({ ...ref, groups: [ref.id] }))
      await insertAll(store, records)
      const found = await store.get(refs)
      expectEqual(
        'the revisions',
        found.map((one) => one?.revision),
        records.map(({ revision }) => revision),
      )
      for (const { kind, partition, id } of refs) {
        expectEqual(`the ids in group ${id}`, await membersOf(store, { kind, partition, group: id }), [id])
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
      const b = { ...a, id: long('b') }
      await insertAll(store, [record({ ...a, groups: [long('g')] }), record({ ...b, groups: [long('h')] })])
      expectEqual(
        'the ids',
        (await store.get([b, a])).map((one) => one?.id),
        [b.id, a.id],
      )
      expectEqual('the ids in the first group', await membersOf(store, { ...a, group: long('g') }), [a.id])
      expectEqual('the ids in the second group', await membersOf(store, { ...a, group: long('h') }), [b.id])
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
