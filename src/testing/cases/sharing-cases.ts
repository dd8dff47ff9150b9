import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords } from '../expectations.ts'
import { changed, groupOf, record, refOf } from '../sample-records.ts'
import { getOne, insertAll, replaceWith } from '../steps.ts'

export const sharingCases = [
  conformanceCase('arguments are not changed', 'a store does not change its arguments', async ({ open }) => {
    const store = await open()
    const first = record({ groups: ['b', 'a'], data: '1' })
    const second = changed(first, { groups: ['c', 'b'], data: '2' })
    const options = { limit: { group: 'a', max: 5 } }
    const page = { after: { position: 0, id: 'a' }, limit: 5 }
    const refs = [refOf(first), refOf(record())]
    const passed = { first, second, options, page, refs }
    const before = structuredClone(passed)
    expectEqual('the result of the insert', await store.insert(first, options), 'inserted')
    await replaceWith(store, first, second)
    await store.get(refs)
    await store.list(groupOf('c'), page)
    expectEqual('the arguments', passed, before)
    for (const value of [first, first.groups, second, second.groups, refs]) {
      expectEqual('whether an argument was frozen', Object.isFrozen(value), false)
    }
  }),
  conformanceCase(
    'stored records are copies',
    'a change to an argument or a returned record does not change what is stored',
    async ({ open }) => {
      const store = await open()
      const kept = record({ groups: ['g'], data: '"kept"' })
      const inserted = { ...kept, groups: ['g'] }
      await insertAll(store, [inserted])
      spoil(inserted)
      expectRecords('the inserted record', await store.get([kept]), [kept])
      spoil(await getOne(store, kept))
      spoil((await store.list(groupOf('g'), { limit: 1 })).records[0])
      expectRecords('the record from the next get', await store.get([kept]), [kept])
      expectRecords('the record from the next list', (await store.list(groupOf('g'), { limit: 1 })).records, [kept])

      const next = changed(kept, { data: '"next"' })
      const replaced = { ...next, groups: ['g'] }
      await replaceWith(store, kept, replaced)
      spoil(replaced)
      expectRecords('the replaced record', await store.get([kept]), [next])
      expectEqual('the result for the overwritten revision', await store.replace(replaced, changed(kept)), false)
    },
  ),
  conformanceCase(
    'returned records do not change',
    'a returned record does not change when other records are stored later',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['g'], data: '1' })
      await insertAll(store, [first])
      const got = await store.get([first])
      const listed = (await store.list(groupOf('g'), { limit: 5 })).records
      await replaceWith(store, first, changed(first, { groups: ['h'], position: 3, data: '2' }))
      await insertAll(store, [record({ groups: ['g'] })])
      expectRecords('the record that get returned before the replace', got, [first])
      expectRecords('the record that list returned before the replace', listed, [first])
    },
  ),
]

// Overwrites the record. If it is frozen, nothing happens, which is as good.
function spoil(value: ReturnType<typeof record> | undefined): void {
  if (!value) return
  Reflect.set(value.groups, 0, 'spoilt')
  Reflect.set(value.groups, 1, 'more')
  for (const field of ['data', 'revision', 'id', 'partition', 'kind']) Reflect.set(value, field, 'spoilt')
  Reflect.set(value, 'position', 1)
}
