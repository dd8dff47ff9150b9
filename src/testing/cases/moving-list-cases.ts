import type { Position, RecordPage, Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, expectThat } from '../expectations.ts'
import { changed, groupOf, inMs, longPast, record, SOME_TIME, tombstone, upTo } from '../sample-records.ts'
import { shuffled } from '../seeded-random.ts'
import { idsOf, insertAll, membersOf, othersGoOn, pageAfter, replaceWith, walk } from '../steps.ts'

const group = groupOf('g')
const PAGE = 7

export const movingListCases = [
  conformanceCase(
    'pages contain unchanged records once',
    'the pages of a list contain every unchanged record exactly once, whatever is added, removed or moved meanwhile',
    async ({ open, random }) => {
      const reader = await open()
      const writer = await open()
      const somewhere = () => SOME_TIME + Math.floor(random() * 20)
      const stay = upTo(40).map((n) => record({ id: `stay${n}`, groups: ['g'], position: somewhere() }))
      const go = upTo(100).map((n) => record({ id: `go${n}`, groups: ['g'], position: somewhere() }))
      await insertAll(writer, shuffled([...stay, ...go], random))
      const leaving = [...shuffled(go, random)]
      const change = async () => {
        const removed = leaving.splice(0, 2)
        const moved = leaving.splice(0, 1)
        await Promise.all([
          insertAll(writer, [record({ groups: ['g'], position: somewhere() })]),
          ...removed.map((one) => replaceWith(writer, one, tombstone(one))),
          ...moved.map((one) => replaceWith(writer, one, changed(one, { position: somewhere() }))),
        ])
      }
      /** Moves the record with which the next page ends, if it may move. */
      const moveLast = async (after: Parameters<typeof pageAfter>[0]) => {
        const last = (await writer.list(group, pageAfter(after, PAGE))).records.at(-1)
        if (last === undefined || last.id.startsWith('stay')) return async () => {}
        const at = leaving.findIndex(({ id }) => id === last.id)
        if (at >= 0) leaving.splice(at, 1)
        return () => replaceWith(writer, last, changed(last, { position: SOME_TIME + 30 }))
      }
      const pages = await walk(async (after) => {
        await change()
        // One before the page is read, and the next one meanwhile.
        await (await moveLast(after))()
        const move = await moveLast(after)
        const [page] = await Promise.all([reader.list(group, pageAfter(after, PAGE)), move(), change()])
        return page
      })
      const seen = idsOf(pages.flatMap(({ records }) => records)).filter((id) => id.startsWith('stay'))
      expectEqual('the ids of the unchanged records', seen.toSorted(), idsOf(stay).toSorted())
    },
  ),
  conformanceCase(
    'list leaves out moved records',
    'list returns a record only at the place that it has in the group when it is read',
    async ({ open, random }) => {
      const reader = await open()
      const writer = await open()
      const other = groupOf('h')
      await insertAll(
        writer,
        upTo(2 * PAGE).map((n) => record({ groups: ['h'], position: SOME_TIME + 1 + n })),
      )
      await walk(async (after) => {
        const page = await reader.list(other, pageAfter(after, PAGE))
        expectInPlace(page, after, other)
        // It comes before what was read, and moves nothing of it.
        await insertAll(writer, [record({ groups: ['h'], position: SOME_TIME })])
        return page
      })

      const records = upTo(40).map((n) => record({ groups: ['g'], position: SOME_TIME + 10 * n }))
      await insertAll(writer, records)
      let moving = true
      const move = async () => {
        for (const one of shuffled(records, random)) {
          const moved = await replaceWith(writer, one, changed(one, { position: one.position + 150 }))
          await replaceWith(writer, moved, changed(moved, random() < 0.5 ? { groups: [] } : { position: SOME_TIME }))
          await othersGoOn()
        }
      }
      const read = async () => {
        while (moving) {
          await walk(async (after) => {
            const page = await reader.list(group, pageAfter(after, PAGE))
            expectInPlace(page, after)
            return page
          })
          await othersGoOn()
        }
      }
      await Promise.all([move().finally(() => (moving = false)), read()])
    },
  ),
  conformanceCase(
    'a page with more is never empty',
    'a page with more contains a record, even if many members have expired or are being removed',
    async ({ open }) => {
      const store = await open()
      const fading = upTo(30).map((n) => record({ groups: ['g'], expiresAt: inMs(3_600_000 + n) }))
      // Their ids descend, so only their positions can put them in order.
      const lasting = upTo(5).map((n) => record({ id: `z${9 - n}`, groups: ['g'], expiresAt: inMs(7_200_000 + n) }))
      await insertAll(store, [...fading, ...lasting])
      await Promise.all(fading.map((one, n) => replaceWith(store, one, changed(one, { expiresAt: longPast() + n }))))
      const walked = await walk((after) => store.list(group, pageAfter(after, PAGE)))
      const seen = idsOf(walked.flatMap(({ records }) => records)).filter((id) => idsOf(lasting).includes(id))
      expectEqual('the ids of the records that have not expired', seen, idsOf(lasting))

      const removing = upTo(40).map((n) => record({ groups: ['h'], position: SOME_TIME + n }))
      await insertAll(store, removing)
      const left: StoreRecord[] = [...removing]
      await walk(async (after) => {
        const [page] = await Promise.all([store.list(groupOf('h'), pageAfter(after, 3)), removeSome(store, left)])
        return page
      })
      expectEqual('the ids of the records not removed', await membersOf(store, groupOf('h')), idsOf(left).toSorted())
    },
  ),
]

async function removeSome(store: Store, left: StoreRecord[]): Promise<void> {
  await Promise.all(left.splice(0, 6).map((one) => replaceWith(store, one, tombstone(one))))
}

/** Each record is in the group, after the one before it. */
function expectInPlace({ records }: RecordPage, after: Position | undefined, of = group): void {
  let before = after
  for (const { groups, position, id } of records) {
    expectThat(groups.includes(of.group), 'a record that is in the group', { id, groups })
    const behind = !before || position > before.position || (position === before.position && id > before.id)
    expectThat(behind, `a record after ${before?.position}, ${before?.id}`, { position, id })
    before = { position, id }
  }
}
