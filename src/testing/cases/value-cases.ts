import type { StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords, expectThat, nameOf } from '../expectations.ts'
import { changed, groupOf, inMs, record, refOf, SOME_TIME } from '../sample-records.ts'
import { getOne, idsOf, insertAll, replaceWith } from '../steps.ts'

const DAY = 86_400_000
const group = groupOf('g')

export const valueCases = [
  conformanceCase('position 0', 'position 0 is a position like any other', async ({ open }) => {
    const store = await open()
    const [a, b] = [record({ id: 'a', groups: ['g'], position: 0 }), record({ id: 'b', groups: ['g'], position: 1 })]
    await insertAll(store, [b, a])
    expectRecords('the records from get', await store.get([a, b]), [a, b])
    const ids = async (after?: { position: number; id: string }) =>
      idsOf((await store.list(group, after ? { after, limit: 5 } : { limit: 5 })).records)
    expectEqual('the ids of thing/p0/g', await ids(), ['a', 'b'])
    expectEqual('the ids of thing/p0/g after 0, -', await ids({ position: 0, id: '-' }), ['a', 'b'])
    expectEqual('the ids of thing/p0/g after 0, a', await ids({ position: 0, id: 'a' }), ['b'])
    expectEqual('the count of thing/p0/g after 0', await store.count(group, 0), 1)
    const limit = { group: 'g', max: 2 }
    expectEqual('the result under a limit of 2', await store.insert(record({ groups: ['g'] }), { limit }), 'full')
    const moved = await replaceWith(store, b, changed(b, { position: 0 }))
    expectRecords('the record moved to position 0', await store.get([b]), [moved])
    expectEqual('the count of thing/p0/g after 0, with both at 0', await store.count(group, 0), 0)
    await replaceWith(store, a, changed(a, { position: 7 }))
    expectEqual('the ids of thing/p0/g after a has left position 0', await ids(), ['b', 'a'])
  }),
  conformanceCase('expiresAt 0', 'expiresAt 0 is a time that has passed, not the absence of one', async ({ open }) => {
    const store = await open()
    const inserted = record({ groups: ['g'], expiresAt: 0 })
    expectEqual(`the result of the insert of ${nameOf(inserted)}`, await store.insert(inserted), 'inserted')
    const from = record({ groups: ['h'] })
    await insertAll(store, [from])
    const replaced = await replaceWith(store, from, changed(from, { expiresAt: 0 }))
    for (const one of [inserted, replaced]) {
      const found = await getOne(store, one)
      if (found) expectRecords('the record from get', [found], [one])
      const name = one.groups[0] ?? ''
      expectEqual(`the count of thing/p0/${name} after 0`, await store.count(groupOf(name), 0), 0)
      for (const listed of (await store.list(groupOf(name), { limit: 5 })).records)
        expectRecords('the record from list', [listed], [one])
    }
  }),
  conformanceCase(
    'far expiries',
    'a record that expires in weeks, years or centuries is found, listed and counted until then',
    async ({ open }) => {
      const store = await open()
      // Beyond 2^31 and 2^32 ms from now, a year, and what 31 and 32 bits of seconds hold.
      const times = [25 * DAY, 50 * DAY, 366 * DAY, 400 * DAY, 5000 * DAY].map(inMs)
      times.push(2 ** 31 * 1000 + 1, 2 ** 32 * 1000 + 1, 2 ** 33 * 1000 + 1, 253_402_300_799_999)
      times.sort((a, b) => a - b)
      const records = times.map((expiresAt) => record({ groups: ['g'], expiresAt }))
      await insertAll(store, records)
      const expectAll = async (stored: readonly StoreRecord[], how: string) => {
        expectRecords(`the ${how} record from get`, await store.get(stored), stored)
        expectRecords(`the ${how} record from list`, (await store.list(group, { limit: 20 })).records, stored)
        for (const [n, { expiresAt = 0 }] of stored.entries())
          expectEqual(
            `the count of thing/p0/g after ${expiresAt} - 1`,
            await store.count(group, expiresAt - 1),
            stored.length - n,
          )
        const again = await Promise.all(stored.map((one) => store.insert(record(refOf(one)))))
        expectThat(
          again.every((one) => one === 'exists'),
          `exists for inserts at the refs of the ${how} records`,
          again,
        )
      }
      await expectAll(records, 'inserted')
      const replaced = records.map((one, n) => changed(one, { expiresAt: (times[n] ?? 0) - 1 }))
      for (const [n, to] of replaced.entries()) await replaceWith(store, records[n] ?? to, to)
      await expectAll(replaced, 'replaced')
    },
  ),
  conformanceCase(
    'moves in four groups',
    'replace moves the record at its new position in each of four groups, and leaves and enters each of four',
    async ({ open }) => {
      const store = await open()
      const before = ['a', 'b', 'c', 'd']
      const after = ['e', 'c', 'f', 'g']
      const first = record({ id: 'm', groups: before })
      const neighbors = [...new Set([...before, ...after])].map((name) =>
        record({ id: `n-${name}`, groups: [name], position: SOME_TIME + 5 }),
      )
      await insertAll(store, [first, ...neighbors])
      const idsIn = async (name: string) => idsOf((await store.list(groupOf(name), { limit: 5 })).records)
      for (const name of before) expectEqual(`the ids of thing/p0/${name}`, await idsIn(name), ['m', `n-${name}`])
      const second = await replaceWith(store, first, changed(first, { position: SOME_TIME + 9 }))
      for (const name of before) {
        expectEqual(`the ids of thing/p0/${name} after the move`, await idsIn(name), [`n-${name}`, 'm'])
        const count = await store.count(groupOf(name), SOME_TIME + 5)
        expectEqual(`the count of thing/p0/${name} after the neighbor`, count, 1)
      }
      await replaceWith(store, second, changed(second, { groups: after, position: SOME_TIME }))
      for (const name of ['a', 'b', 'd'])
        expectEqual(`the ids of thing/p0/${name}, which it left`, await idsIn(name), [`n-${name}`])
      for (const name of after)
        expectEqual(`the ids of thing/p0/${name}, which it is in`, await idsIn(name), ['m', `n-${name}`])
    },
  ),
  conformanceCase(
    'a limit on any of its groups',
    'a limit applies to the group that it names, wherever that is among the groups of the record',
    async ({ open }) => {
      const store = await open()
      await insertAll(store, [
        ...['x', 'x', 'y', 'y', 'z', 'z'].map((name) => record({ groups: [name] })),
        record({ groups: ['one'] }),
      ])
      for (const at of [0, 1, 2, 3]) {
        const limited = (name: string, max: number) => {
          const groups = ['x', 'y', 'z']
          groups.splice(at, 0, name)
          return store.insert(record({ groups }), { limit: { group: name, max } })
        }
        const group = `owner${at}`
        expectEqual(
          `the first result under a limit of 2 for ${group}, group ${at + 1} of 4`,
          await limited(group, 2),
          'inserted',
        )
        expectEqual(`the second result under a limit of 2 for ${group}`, await limited(group, 2), 'inserted')
        expectEqual(`the third result under a limit of 2 for ${group}`, await limited(group, 2), 'full')
        expectEqual('the result under a limit of 1 for a group with one member', await limited('one', 1), 'full')
      }
    },
  ),
]
