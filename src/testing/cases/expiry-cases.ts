import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectRecords, expectThat } from '../expectations.ts'
import { changed, groupOf, inMs, longPast, record, refOf, SOME_TIME } from '../sample-records.ts'
import { getOne, insertAll, membersOf, replaceWith } from '../steps.ts'

const HOUR = 3_600_000

export const expiryCases = [
  conformanceCase(
    'a record stays until it expires',
    'a record is found, listed and counted until its expiresAt has passed',
    async ({ open }) => {
      const store = await open()
      const end = inMs(5_000)
      const inserted = record({ groups: ['g'], expiresAt: end })
      const shortened = record({ groups: ['g'], expiresAt: inMs(400 * 24 * HOUR) })
      await insertAll(store, [inserted, shortened])
      await replaceWith(store, shortened, changed(shortened, { expiresAt: end }))
      const found = await store.get([refOf(inserted), refOf(shortened)])
      const listed = await membersOf(store, groupOf('g'))
      const counted = await store.count(groupOf('g'), end - 1)
      const again = await store.insert(record(refOf(inserted)))
      // A server that took this long may have dropped them.
      if (Date.now() >= end) return
      expectEqual(
        'whether the records are found',
        found.map((one) => one !== undefined),
        [true, true],
      )
      expectEqual('the ids in the group', listed, [inserted.id, shortened.id].toSorted())
      expectEqual('the count', counted, 2)
      expectEqual('the result of an insert at the same ref', again, 'exists')
    },
  ),
  conformanceCase(
    'replace changes the expiry',
    'replace sets a later expiresAt, an earlier one, or none',
    async ({ open }) => {
      const store = await open()
      let stands = record({ groups: ['g'], expiresAt: inMs(HOUR) })
      await insertAll(store, [stands])
      for (const expiresAt of [inMs(30 * 24 * HOUR), inMs(60_000)]) {
        stands = await replaceWith(store, stands, changed(stands, { expiresAt }))
        expectRecords('the stored record', await store.get([stands]), [stands])
      }
      const lasting = record({ ...refOf(stands), groups: ['g'] })
      await replaceWith(store, stands, lasting)
      expectRecords('the stored record without an expiry', await store.get([stands]), [lasting])
      const expiring = changed(lasting, { expiresAt: inMs(HOUR) })
      await replaceWith(store, lasting, expiring)
      expectRecords('the stored record with an expiry again', await store.get([stands]), [expiring])
      expectRecords('the listed record', (await store.list(groupOf('g'), { limit: 10 })).records, [expiring])
    },
  ),
  conformanceCase(
    'insert of an expired record',
    'insert of a record that has expired either stores or drops it, and every later result agrees with that',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['g'], expiresAt: longPast() })
      expectEqual('the result of the first insert', await store.insert(first), 'inserted')
      const found = await getOne(store, first)
      expectThat(!found || found.revision === first.revision, 'the first record or nothing', found)

      const second = record({ ...refOf(first), groups: ['g'] })
      const result = await store.insert(second)
      expectThat(result === 'exists' || result === 'inserted', 'exists or inserted', result)
      const stands = await getOne(store, first)
      if (result === 'inserted') expectRecords('the stored record', [stands], [second])
      else expectThat(!stands || stands.revision === first.revision, 'the first record or nothing', stands)
      const { records } = await store.list(groupOf('g'), { limit: 10 })
      expectThat(
        records.every(({ revision }) => revision === (result === 'inserted' ? second : first).revision),
        `no record in the group other than the ${result === 'inserted' ? 'second' : 'first'}`,
        records,
      )
      expectThat(records.length <= 1, 'the record at most once in the group', records)
    },
  ),
  conformanceCase(
    'replace to an expired record',
    'a record replaced by an expired one is never returned in its earlier state',
    async ({ open }) => {
      const store = await open()
      const from = record({ groups: ['left', 'kept'] })
      await insertAll(store, [from])
      const to = await replaceWith(store, from, changed(from, { groups: ['kept'], expiresAt: longPast() }))
      const found = await getOne(store, from)
      expectThat(!found || found.revision === to.revision, 'the new record or nothing', found)
      expectEqual('the ids in the group it left', await membersOf(store, groupOf('left')), [])
      expectEqual('the count after its new position', await store.count(groupOf('kept'), to.position), 0)
      expectEqual('the result of the same replace again', await store.replace(from, to), false)
    },
  ),
  conformanceCase(
    'expiry affects no other record',
    'a record that has expired does not remove other members from its groups',
    async ({ open }) => {
      const store = await open()
      const lasting = record({ groups: ['g'], position: SOME_TIME })
      const live = record({ groups: ['g'], expiresAt: inMs(HOUR) })
      const fading = record({ groups: ['g'], expiresAt: inMs(2 * HOUR) })
      await insertAll(store, [lasting, live, fading, record({ groups: ['g'], expiresAt: longPast() })])
      await replaceWith(store, fading, changed(fading, { expiresAt: longPast() }))
      const found = await store.get([refOf(lasting), refOf(live)])
      expectEqual(
        'whether the other records are found',
        found.map((one) => one !== undefined),
        [true, true],
      )
      const listed = await membersOf(store, groupOf('g'))
      for (const { id } of [lasting, live]) expectEqual('whether the group lists it', listed.includes(id), true)
      expectEqual('the count of records that have not expired', await store.count(groupOf('g'), Date.now()), 1)
    },
  ),
]
