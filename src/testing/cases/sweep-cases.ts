import { SLACK_MS, type Store, type StoreRecord } from '../../store/store.ts'
import { type ConformanceCase, conformanceCase, needed } from '../conformance-case.ts'
import { expectEqual, expectThat, nameOf } from '../expectations.ts'
import { changed, groupOf, inMs, record, refOf, SOME_TIME, tombstone } from '../sample-records.ts'
import { getOne, idsOf, insertAll, membersOf, replaceWith } from '../steps.ts'

const HOUR = 3_600_000
const CENTURY = 100 * 365 * 24 * HOUR
/** Around whole seconds, minutes and hours. */
const STEPS = [0, 1, 499, 500, 999, 1000, 1001, 1500, 1999, 2000, 2001, 59_999, 60_000, 60_001, HOUR]

interface Swept {
  readonly store: Store
  readonly other: Store
  /** Drops what is dropped by that time. */
  readonly sweep: (now: number) => Promise<void>
  /** A time that the clock does not reach while the case runs. */
  readonly base: number
}

function sweepCase(name: string, rule: string, play: (swept: Swept) => Promise<void>): ConformanceCase {
  return conformanceCase(name, rule, async ({ open, target, namespace }) => {
    needed(target.sweep, 'the target has no sweep')
    const sweep = async (now: number) => target.sweep?.(namespace, now)
    await play({ store: await open(), other: await open(), sweep, base: inMs(24 * HOUR) })
  })
}

const revisionOf = async (store: Store, one: StoreRecord) => (await getOne(store, one))?.revision

/** Throws unless the record is found, listed in its groups and counted in them. */
async function expectThere(store: Store, one: StoreRecord, when: string): Promise<void> {
  expectEqual(`the revision of ${nameOf(one)} ${when}`, await revisionOf(store, one), one.revision)
  for (const group of one.groups) {
    const ids = await membersOf(store, groupOf(group))
    expectThat(ids.includes(one.id), `${nameOf(one)} among the ids of thing/p0/${group} ${when}`, ids)
    const count = await store.count(groupOf(group), one.position - 1)
    expectThat(count > 0, `${nameOf(one)} in the count of thing/p0/${group} ${when}`, count)
  }
  expectEqual(`the result of an insert at ${nameOf(one)} ${when}`, await store.insert(record(refOf(one))), 'exists')
}

export const sweepCases = [
  sweepCase(
    'a sweep drops nothing early',
    'no record is dropped before its expiresAt, not even a millisecond before',
    async ({ store, sweep, base }) => {
      const records = STEPS.map((ms) => record({ groups: ['g'], expiresAt: base + ms }))
      await insertAll(store, records)
      for (const now of [
        base - 1,
        base,
        base + 500,
        base + 999,
        base + 1000,
        base + 1999,
        base + 59_999,
        base + HOUR - 1,
      ]) {
        await sweep(now)
        const live = records.filter(({ position }) => position > now)
        const when = `${now - base} ms after the base`
        const found = await store.get(live.map(refOf))
        for (const [index, one] of live.entries())
          expectEqual(
            `the revision of ${nameOf(one)}, which expires ${one.position - now} ms later`,
            found[index]?.revision,
            one.revision,
          )
        const page = await store.list(groupOf('g'), { after: { position: now, id: 'z'.repeat(200) }, limit: 100 })
        expectEqual(`the ids of thing/p0/g that have not expired ${when}`, idsOf(page.records), idsOf(live))
        expectEqual(`the count of thing/p0/g after ${now}, ${when}`, await store.count(groupOf('g'), now), live.length)
        const again = await Promise.all(live.map((one) => store.insert(record(refOf(one)))))
        expectEqual(
          `the results of inserts at their refs ${when}`,
          again,
          live.map(() => 'exists'),
        )
      }
    },
  ),
  sweepCase(
    'a changed expiry is swept as changed',
    'a record whose expiry was extended or removed is dropped by the new one, in its lists too',
    async ({ store, other, sweep, base }) => {
      const soon = { groups: ['g'], expiresAt: base }
      const [extended, lasting] = [record(soon), record({ ...soon, groups: ['h'] })]
      const late = record({ groups: ['i'] })
      await insertAll(store, [extended, lasting, late])
      const later = await replaceWith(other, extended, changed(extended, { expiresAt: base + HOUR }))
      const forever = await replaceWith(other, lasting, record({ ...refOf(lasting), groups: ['h'] }))
      const limited = await replaceWith(store, late, changed(late, { expiresAt: base + HOUR }))
      await sweep(base + HOUR - 1)
      for (const node of [store, other]) {
        await expectThere(node, later, 'when its first expiry has passed')
        await expectThere(node, limited, 'before the expiry that it was given')
      }
      await sweep(base + CENTURY)
      await expectThere(store, forever, 'a century after the expiry that was removed')
    },
  ),
  sweepCase(
    'a list outlives its newest record',
    'a list keeps its longest-lived records, whichever entered last',
    async ({ store, sweep, base }) => {
      const long = record({ groups: ['g', 'h'], expiresAt: base + HOUR })
      const lasting = record({ groups: ['h'], position: SOME_TIME })
      const first = record({ groups: ['i'], expiresAt: base })
      const shortened = record({ groups: ['g', 'h', 'i', 'j'], expiresAt: base + HOUR })
      await insertAll(store, [lasting, first, long])
      const alone = record({ groups: ['j'] })
      await insertAll(store, [alone])
      await insertAll(store, [record({ groups: ['g', 'h'], expiresAt: base }), shortened])
      const after = record({ groups: ['i'], expiresAt: base + HOUR })
      await insertAll(store, [after])
      await replaceWith(store, shortened, changed(shortened, { expiresAt: base }))
      await sweep(base + SLACK_MS + 1)
      for (const one of [long, after, lasting, alone])
        await expectThere(store, one, 'when the other members have expired')
      await sweep(base + CENTURY)
      for (const one of [lasting, alone]) await expectThere(store, one, 'a century later')
    },
  ),
  sweepCase(
    'a tombstone stays until it expires',
    'the record that a removal leaves is not dropped early: until then inserts and late replaces find it',
    async ({ store, other, sweep, base }) => {
      for (const groups of [[], ['g']]) {
        const removed = record({ groups })
        await insertAll(store, [removed])
        const stone = await replaceWith(store, removed, { ...tombstone(removed), expiresAt: base, position: base })
        await sweep(base - 1)
        for (const node of [store, other]) {
          expectEqual(
            `the revision of ${nameOf(stone)} before it expires`,
            await revisionOf(node, stone),
            stone.revision,
          )
          expectEqual(`the result of a late insert at ${nameOf(stone)}`, await node.insert(removed), 'exists')
          const late = await node.replace(removed, changed(removed))
          expectEqual(`the result of a late replace of ${nameOf(stone)}`, late, false)
        }
      }
      expectEqual('the ids of thing/p0/g, which it has left', await membersOf(store, groupOf('g')), [])
    },
  ),
  sweepCase(
    'get, list, count and limit agree after a sweep',
    'a record that has been dropped is in no list, not counted, holds no ref, and cannot be replaced',
    async ({ store, sweep, base }) => {
      const gone = [0, 1, 2].map((n) => record({ groups: ['g', `g${n}`], expiresAt: base + n }))
      const live = record({ groups: ['g'], expiresAt: base + CENTURY })
      const lasting = [0, 1].map(() => record({ groups: ['g', 'owner'] }))
      await insertAll(store, [...gone, live, ...lasting])
      const now = base + HOUR
      await sweep(now)
      const found = await store.get(gone.map(refOf))
      const kept = gone.filter((_, n) => found[n] !== undefined)
      const expected = [...kept, live, ...lasting].map(({ id }) => id).toSorted()
      expectEqual('the ids of thing/p0/g, those that get finds', await membersOf(store, groupOf('g')), expected)
      expectEqual('the count of thing/p0/g after now', await store.count(groupOf('g'), now), 1)
      const insert = (max: number) => store.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max } })
      expectEqual('the result under a limit of 2 for thing/p0/owner', await insert(2), 'full')
      expectEqual('the result under a limit of 3 for thing/p0/owner', await insert(3), 'inserted')
      for (const [index, one] of gone.entries()) {
        const isGone = found[index] === undefined
        const when = isGone ? 'that get no longer finds' : 'that get still finds'
        if (isGone) {
          const replaced = await store.replace(one, changed(one))
          expectEqual(`the result of a replace of ${nameOf(one)}, ${when}`, replaced, false)
        }
        const next = record({ ...refOf(one), groups: [`g${index}`, 'next'] })
        const result = await store.insert(next)
        expectEqual(`the result of an insert at ${nameOf(one)}, ${when}`, result, isGone ? 'inserted' : 'exists')
        const stored = isGone ? next : one
        expectEqual(`the revision of ${nameOf(one)} after it`, await revisionOf(store, one), stored.revision)
        const { records } = await store.list(groupOf(`g${index}`), { limit: 5 })
        const revisions = records.map(({ revision }) => revision)
        expectEqual(`the revisions in thing/p0/g${index} after it`, revisions, [stored.revision])
      }
    },
  ),
  sweepCase(
    'a removed record holds no place after a sweep',
    'the place of a removed record is free once, before and after its tombstone has been dropped',
    async ({ store, other, sweep, base }) => {
      const members = [0, 1, 2].map(() => record({ groups: ['owner'] }))
      await insertAll(store, members)
      const [first = record(), second = record()] = members
      const insert = (node: Store) => node.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max: 3 } })
      await replaceWith(store, first, { ...tombstone(first), expiresAt: base, position: base })
      expectEqual('the result with one of 3 places of thing/p0/owner free', await insert(other), 'inserted')
      await replaceWith(store, second, { ...tombstone(second), expiresAt: base, position: base })
      await sweep(base + HOUR)
      expectEqual('the ids of thing/p0/owner after the sweep', (await membersOf(store, groupOf('owner'))).length, 2)
      expectEqual('the result with one place free after the sweep', await insert(other), 'inserted')
      expectEqual('the result with no place free after the sweep', await insert(store), 'full')
    },
  ),
]
