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
      // A server that took so long may have dropped them, and rightly.
      if (Date.now() >= end) return
      expectEqual(
        'whether they are found',
        found.map((one) => one !== undefined),
        [true, true],
      )
      expectEqual('the group', listed, [inserted.id, shortened.id].toSorted())
      expectEqual('the count', counted, 2)
      expectEqual('insert over one', again, 'exists')
    },
  ),
  conformanceCase(
    'replace changes the expiry',
    'a record takes the expiresAt of the replace: a longer one, a shorter one, or none',
    async ({ open }) => {
      const store = await open()
      let stands = record({ groups: ['g'], expiresAt: inMs(HOUR) })
      await insertAll(store, [stands])
      for (const expiresAt of [inMs(30 * 24 * HOUR), inMs(60_000)]) {
        stands = await replaceWith(store, stands, changed(stands, { expiresAt }))
        expectRecords('what stands', await store.get([stands]), [stands])
      }
      const lasting = record({ ...refOf(stands), groups: ['g'] })
      await replaceWith(store, stands, lasting)
      expectRecords('what stands without an expiry', await store.get([stands]), [lasting])
      const expiring = changed(lasting, { expiresAt: inMs(HOUR) })
      await replaceWith(store, lasting, expiring)
      expectRecords('what stands with one again', await store.get([stands]), [expiring])
      expectRecords('what the group shows', (await store.list(groupOf('g'), { limit: 10 })).records, [expiring])
    },
  ),
  conformanceCase(
    'an expired record is there or is not',
    'insert of a record that has expired stores it or lets it go, and every answer agrees with that',
    async ({ open }) => {
      const store = await open()
      const first = record({ groups: ['g'], expiresAt: longPast() })
      expectEqual('the first insert', await store.insert(first), 'inserted')
      const found = await getOne(store, first)
      expectThat(!found || found.revision === first.revision, 'the first record or nothing', found)

      const second = record({ ...refOf(first), groups: ['g'] })
      const answer = await store.insert(second)
      expectThat(answer === 'exists' || answer === 'inserted', 'exists or inserted', answer)
      const stands = await getOne(store, first)
      if (answer === 'inserted') expectRecords('what stands', [stands], [second])
      else expectThat(!stands || stands.revision === first.revision, 'the first record or nothing', stands)
      const { records } = await store.list(groupOf('g'), { limit: 10 })
      expectThat(
        records.every(({ revision }) => revision === (answer === 'inserted' ? second : first).revision),
        `the group to hold no other record than the ${answer === 'inserted' ? 'second' : 'first'}`,
        records,
      )
      expectThat(records.length <= 1, 'the group to hold the record once', records)
    },
  ),
  conformanceCase(
    'replace to an expired record',
    'a record replaced by one that has expired never shows its earlier state again',
    async ({ open }) => {
      const store = await open()
      const from = record({ groups: ['left', 'kept'] })
      await insertAll(store, [from])
      const to = await replaceWith(store, from, changed(from, { groups: ['kept'], expiresAt: longPast() }))
      const found = await getOne(store, from)
      expectThat(!found || found.revision === to.revision, 'the new record or nothing', found)
      expectEqual('the group it left', await membersOf(store, groupOf('left')), [])
      expectEqual('the count behind its new position', await store.count(groupOf('kept'), to.position), 0)
      expectEqual('the repeat', await store.replace(from, to), false)
    },
  ),
  conformanceCase(
    'an expired neighbour takes nothing along',
    'a record that has expired takes no other of its groups with it',
    async ({ open }) => {
      const store = await open()
      const lasting = record({ groups: ['g'], position: SOME_TIME })
      const live = record({ groups: ['g'], expiresAt: inMs(HOUR) })
      const fading = record({ groups: ['g'], expiresAt: inMs(2 * HOUR) })
      await insertAll(store, [lasting, live, fading, record({ groups: ['g'], expiresAt: longPast() })])
      await replaceWith(store, fading, changed(fading, { expiresAt: longPast() }))
      const found = await store.get([refOf(lasting), refOf(live)])
      expectEqual(
        'whether the others are found',
        found.map((one) => one !== undefined),
        [true, true],
      )
      const listed = await membersOf(store, groupOf('g'))
      for (const { id } of [lasting, live]) expectEqual('whether the group shows it', listed.includes(id), true)
      expectEqual('the count of what has not expired', await store.count(groupOf('g'), Date.now()), 1)
    },
  ),
]
