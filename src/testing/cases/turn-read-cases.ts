import type { GroupRef, RecordRef, Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, nameOf } from '../expectations.ts'
import { changed, groupOf, record, refOf, SOME_TIME, upTo } from '../sample-records.ts'
import { shuffled } from '../seeded-random.ts'
import { idsOf, insertAll, othersGoOn, replaceWith } from '../steps.ts'

const CALLS = 60
const MANY_CALLS = 700
const MOST_UNDER_WAY = 6

type Found = readonly (StoreRecord | undefined)[]

const revisionsIn = (found: Found) => found.map((one) => one?.revision)

/** That many records, in three partitions and two kinds. */
function scattered(count: number): readonly StoreRecord[] {
  return upTo(count).map((n) =>
    record({ id: `r${n}`, partition: `p${n % 3}`, ...(n % 5 === 0 && { kind: 'other' }), data: `{"n":${n}}` }),
  )
}

/** Makes all gets in one tick, and expects of each its own records in its own order. */
async function expectOwnRecords(
  store: Store,
  calls: readonly (readonly RecordRef[])[],
  stored: readonly StoreRecord[],
) {
  const revisions = new Map(stored.map((one) => [nameOf(one), one.revision]))
  const found = await Promise.all(calls.map((refs) => store.get(refs)))
  for (const [index, refs] of calls.entries())
    expectEqual(
      `the revisions from get ${index + 1} of ${calls.length} in one tick, of ${refs.slice(0, 4).map(nameOf).join(', ')}`,
      revisionsIn(found[index] ?? []),
      refs.map((ref) => revisions.get(nameOf(ref))),
    )
}

export const turnReadCases = [
  conformanceCase(
    'gets of one tick',
    'each of several gets in one tick returns the records of its own refs, in its own order',
    async ({ open, random }) => {
      const store = await open()
      const alike = [record({ id: 'r1', partition: 'p2' }), record({ id: 'r1', kind: 'other', partition: 'p1' })]
      const stored = [...scattered(40), ...alike]
      await insertAll(store, stored)
      const absent = upTo(10).map((n) => refOf(record({ id: `a${n}`, partition: `p${n % 3}` })))
      const any = [...stored.map(refOf), ...absent]
      const one = () => any[Math.floor(random() * any.length)] ?? refOf(record())
      const [first = one(), second = one()] = any
      for (const calls of [
        any.map((ref) => [ref]),
        [[first], [second], [first, second], [second, first], [first, first, second], [], [second]],
        [...absent.map((ref) => [ref]), [first]],
        upTo(CALLS).map(() => upTo(Math.floor(random() * 5)).map(one)),
      ])
        await expectOwnRecords(store, shuffled(calls, random), stored)
    },
  ),
  conformanceCase(
    'hundreds of gets of one tick',
    'as many gets in one tick as an application has requests each return their own record',
    async ({ open, random }) => {
      const store = await open()
      const stored = scattered(150)
      await insertAll(store, stored)
      const absent = upTo(20).map(() => record())
      const calls = upTo(MANY_CALLS).map((n) => {
        const from = n % 7 === 0 ? absent : stored
        return [refOf(from[Math.floor(random() * from.length)] ?? record())]
      })
      await expectOwnRecords(store, calls, stored)
    },
  ),
  conformanceCase(
    'results of one tick are separate',
    'a change to what one get or list returned does not change what another one of the same tick returned',
    async ({ open }) => {
      const store = await open()
      const kept = record({ groups: ['g'], data: '"kept"' })
      await insertAll(store, [kept])
      const gets = await Promise.all(upTo(3).map(() => store.get([refOf(kept)])))
      spoil(gets[0] ?? [])
      for (const found of gets.slice(1)) expectEqual(`the result of get of ${nameOf(kept)}`, dataIn(found), ['"kept"'])
      const pages = await Promise.all(upTo(3).map(() => store.list(groupOf('g'), { limit: 5 })))
      spoil(pages[0]?.records ?? [])
      for (const { records } of pages.slice(1)) expectEqual('the records of group g', dataIn(records), ['"kept"'])
    },
  ),
  conformanceCase(
    'lists and counts of one tick',
    'each of several lists and counts in one tick returns the members of its own group, place and page size',
    async ({ open, random }) => {
      const store = await open()
      const groups: readonly GroupRef[] = ['g', 'h', 'i', 'none'].flatMap((group) => [
        groupOf(group),
        groupOf(group, { partition: 'p1' }),
        groupOf(group, { kind: 'other' }),
      ])
      const members = groups.flatMap(({ kind, partition, group }, g) =>
        upTo(group === 'none' ? 0 : 4 + (g % 4)).map((n) =>
          record({ kind, partition, id: `${group}${g}-${n}`, groups: [group], position: SOME_TIME + n }),
        ),
      )
      await insertAll(store, shuffled(members, random))
      // The same pages of all groups, with those that are exactly full.
      const questions = groups.flatMap((group) =>
        [0, 1, 2].flatMap((n) => [2, 4, 5, 6].map((limit) => ({ group, limit, after: SOME_TIME - 1 + n }))),
      )
      const asked = shuffled(questions, random)
      const answers = await Promise.all(
        asked.map(async ({ group, limit, after }) => {
          const [page, count] = await Promise.all([
            store.list(group, { after: { position: after, id: 'zzz' }, limit }),
            store.count(group, after),
          ])
          return { ids: idsOf(page.records), more: page.more, count }
        }),
      )
      for (const [index, { group, limit, after }] of asked.entries()) {
        const inGroup = members.filter(
          (one) => one.kind === group.kind && one.partition === group.partition && one.groups.includes(group.group),
        )
        const later = inGroup.filter(({ position }) => position > after)
        const expected = { ids: idsOf(later.slice(0, limit)), more: later.length > limit, count: later.length }
        const named = nameOf({ ...group, id: group.group })
        expectEqual(`the page of ${limit} and the count of ${named} after ${after}`, answers[index], expected)
      }
    },
  ),
  conformanceCase(
    'a read joins no earlier one',
    'a get, list or count that begins after a write has returned sees it, even while earlier reads are under way',
    async ({ open, race }) => {
      const nodes = [await open(), await open()] as const
      let stored = record({ groups: ['g'] })
      await insertAll(nodes[0], [stored])
      let members = 1
      let underWay = 0
      const ended: Promise<unknown>[] = []
      const read = (node: Store) => {
        if (underWay >= MOST_UNDER_WAY) return
        underWay++
        const reads = [node.get([refOf(stored)]), node.list(groupOf('g'), { limit: 1000 }), node.count(groupOf('g'), 0)]
        ended.push(Promise.allSettled(reads).finally(() => underWay--))
      }
      await race(async ({ number: round }) => {
        const [reader, writer] = round % 2 === 0 ? nodes : [nodes[1], nodes[0]]
        const to = changed(stored, { position: SOME_TIME + round })
        const added = record({ groups: ['g'], position: SOME_TIME + round })
        read(reader)
        const writing = Promise.all([replaceWith(writer, stored, to), insertAll(writer, [added])])
        let written = false
        const done = writing.finally(() => {
          written = true
        })
        // A read begins in every tick of the writes, so that one is always under way when they end.
        for (let ticks = 0; !written && ticks < 1000; ticks++) {
          read(reader)
          await othersGoOn()
        }
        await done
        stored = to
        members++
        const [found, page, count] = await Promise.all([
          reader.get([refOf(stored)]),
          reader.list(groupOf('g'), { limit: 1000 }),
          reader.count(groupOf('g'), 0),
        ])
        expectEqual(`the revision of ${nameOf(stored)} after the replace`, revisionsIn(found), [to.revision])
        const newest = [to, added].map(({ id }) => id).toSorted()
        expectEqual('the last two ids of thing/p0/g', idsOf(page.records.slice(-2)), newest)
        expectEqual('the count of thing/p0/g', count, members)
      })
      await Promise.all(ended)
    },
  ),
]

const dataIn = (found: Found) => found.map((one) => one?.data)

/** Overwrites a list of records and what is in it. If they are frozen, nothing happens, which is as good. */
function spoil(found: Found): void {
  const [first] = found
  if (first) Reflect.set(first, 'data', '"spoilt"')
  Reflect.set(found, 0, undefined)
}
