import type { InsertOptions, RecordRef, Store, StoreRecord } from '../../store/store.ts'
import { type ConformanceCase, conformanceCase, needed, type Scene } from '../conformance-case.ts'
import { expectEqual, nameOf } from '../expectations.ts'
import { changed, groupOf, heavyRecord, inMs, record, refOf, tombstone, upTo } from '../sample-records.ts'
import { shuffled } from '../seeded-random.ts'
import { getOne, insertAll, othersGoOn, replaceWith } from '../steps.ts'

const RIVALS = 8

interface Nodes {
  readonly one: Store
  readonly two: Store
  readonly random: () => number
  readonly race: Scene['race']
}

/** A case for stores that offer `conditionalInserts`; the others pass it. */
function conditionalCase(name: string, rule: string, play: (nodes: Nodes) => Promise<void>): ConformanceCase {
  return conformanceCase(name, rule, async ({ open, random, race }) => {
    const nodes = { one: await open(), two: await open(), random, race }
    needed(nodes.one.conditionalInserts, 'the store has no conditionalInserts')
    await play(nodes)
  })
}

/** Inserts if `named` is stored as it is given here. */
const insertIf = (store: Store, one: StoreRecord, named: StoreRecord, options: InsertOptions = {}) =>
  store.insert(one, { ...options, onlyIf: { ref: refOf(named), revision: named.revision } })

/** The revisions stored at the refs: what else comes back is for other cases. */
const revisionsAt = (store: Store, refs: readonly RecordRef[]) =>
  Promise.all(refs.map(async (ref) => (await getOne(store, ref))?.revision))

const revisionsOf = (records: readonly StoreRecord[]) => records.map(({ revision }) => revision)

/** A record that is stored, and as it was before. */
async function replacedRecord(store: Store): Promise<{ readonly now: StoreRecord; readonly before: StoreRecord }> {
  const before = record()
  await insertAll(store, [before])
  return { now: await replaceWith(store, before, changed(before)), before }
}

export const conditionalInsertCases = [
  conditionalCase(
    'insert under a condition',
    'an insert whose condition holds stores as any other, and leaves the named record as it is',
    async ({ one: store }) => {
      const named = record({ kind: 'other', groups: ['named'] })
      await insertAll(store, [named])
      for (const options of [{}, { durable: true }, { durable: false }]) {
        const lasting = record({ groups: ['g'] })
        const expiring = record({ expiresAt: inMs(3_600_000), groups: ['h', 'g'] })
        for (const one of [lasting, expiring]) {
          expectEqual('the answer', await insertIf(store, one, named, options), 'inserted')
          expectEqual('the answer to the second', await insertIf(store, one, named, options), 'exists')
        }
        const both = [lasting, expiring]
        expectEqual('what is stored', await revisionsAt(store, both), revisionsOf(both))
      }
      expectEqual('the members of the group', await store.count(groupOf('g'), 0), 6)
      expectEqual('the named record', await revisionsAt(store, [named]), [named.revision])
      expectEqual('the members of its group', await store.count(groupOf('named', { kind: 'other' }), 0), 1)
    },
  ),
  conditionalCase(
    'a stale insert stores nothing',
    'an insert under a revision that is no longer stored answers stale and changes nothing',
    async ({ one: store }) => {
      const { now, before } = await replacedRecord(store)
      for (const one of [record({ groups: ['g'] }), record({ expiresAt: inMs(3_600_000), groups: ['g'] })]) {
        expectEqual('the answer', await insertIf(store, one, before), 'stale')
        expectEqual('the durable answer', await insertIf(store, one, before, { durable: true }), 'stale')
        expectEqual('what is stored', await revisionsAt(store, [one, now]), [undefined, now.revision])
        expectEqual('the members of the group', await store.count(groupOf('g'), 0), 0)
      }
      const one = record({ groups: ['g'] })
      expectEqual('the answer under the stored revision', await insertIf(store, one, now), 'inserted')
      const stone = await replaceWith(store, now, tombstone(now))
      expectEqual('the answer after a removal', await insertIf(store, record(), now), 'stale')
      expectEqual('what the removal left', await revisionsAt(store, [now]), [stone.revision])
    },
  ),
  conditionalCase(
    'a condition on an absent record',
    'an insert under a condition on a record that is absent, or of another kind or id, answers stale',
    async ({ one: store }) => {
      const named = record()
      const lookalikes = [record({ ...named, kind: 'other' }), record({ ...named, id: `${named.id}x` })]
      await insertAll(store, lookalikes)
      const one = record({ groups: ['g'] })
      expectEqual('the answer', await insertIf(store, one, named), 'stale')
      expectEqual('what is stored', await revisionsAt(store, [one, named]), [undefined, undefined])
      await insertAll(store, [named])
      expectEqual('the answer with the record', await insertIf(store, one, named), 'inserted')
    },
  ),
  conditionalCase(
    'conditions on revisions that look alike',
    'a condition compares the whole revision byte by byte',
    async ({ one: store }) => {
      const long = `${'0'.repeat(16)}a`
      const named = record({ revision: 'aBc-1' })
      const other = record({ revision: long })
      await insertAll(store, [named, other])
      for (const revision of [`${'0'.repeat(16)}b`, '0'.repeat(16), '0', `${long}0`])
        expectEqual(`the answer under ${revision}`, await insertIf(store, record(), { ...other, revision }), 'stale')
      expectEqual(`the answer under ${long}`, await insertIf(store, record(), other), 'inserted')
      for (const revision of ['aBc-', 'a', 'aBc-12', 'aBc-1.', 'abc-1', 'ABC-1', 'Bc-1', 'aBc_1', 'aBc.1'])
        expectEqual(`the answer under ${revision}`, await insertIf(store, record(), { ...named, revision }), 'stale')
      expectEqual('the answer under the same', await insertIf(store, record(), named), 'inserted')
    },
  ),
  conditionalCase(
    'stale before exists before full',
    'an insert that several things refuse answers stale before exists before full',
    async ({ one: store }) => {
      const { now, before } = await replacedRecord(store)
      const first = record({ groups: ['owner'] })
      const other = record({ groups: ['owner'] })
      const limit = { group: 'owner', max: 1 }
      expectEqual('with a free place', await insertIf(store, first, now, { limit }), 'inserted')
      for (const one of [first, other]) {
        expectEqual('stale with a limit', await insertIf(store, one, before, { limit }), 'stale')
        expectEqual('stale without a limit', await insertIf(store, one, before), 'stale')
      }
      expectEqual('where a record is stored', await insertIf(store, first, now, { limit }), 'exists')
      expectEqual('in the full group', await insertIf(store, other, now, { limit }), 'full')
      expectEqual('the members of the group', await store.count(groupOf('owner'), 0), 1)
      expectEqual('what is stored', await revisionsAt(store, [first, other]), [first.revision, undefined])
    },
  ),
  conditionalCase(
    'conditions of one turn',
    'of inserts made at once each is done or refused by its own condition',
    async ({ one: store, random }) => {
      const [a, b, absent] = [await replacedRecord(store), await replacedRecord(store), record()]
      const conditions = [undefined, a.now, a.before, b.now, b.before, { ...b.now, revision: a.now.revision }, absent]
      const holds = (named: StoreRecord | undefined) => !named || named === a.now || named === b.now
      const calls = conditions.flatMap((named) => upTo(8).map(() => ({ named, one: record({ groups: ['g'] }) })))
      // The same record is refused under one condition and done under another, whichever comes first.
      const [early, late] = [record({ groups: ['g'] }), record({ groups: ['g'] })]
      const all = [
        { named: a.now, one: early },
        { named: a.before, one: late },
        ...shuffled(calls, random),
        { named: a.before, one: early },
        { named: a.now, one: late },
      ]
      const results = await Promise.all(
        all.map(({ named, one }) => (named ? insertIf(store, one, named) : store.insert(one))),
      )
      expectEqual(
        'the answers',
        results,
        all.map(({ named }) => (holds(named) ? 'inserted' : 'stale')),
      )
      const done = all.filter(({ named }) => holds(named)).map(({ one }) => one)
      const refused = calls.filter(({ named }) => !holds(named)).map(({ one }) => one)
      expectEqual('the members of the group', await store.count(groupOf('g'), 0), done.length)
      expectEqual('what is stored', await revisionsAt(store, done), revisionsOf(done))
      expectEqual('what is not', (await revisionsAt(store, refused)).filter(Boolean), [])
    },
  ),
  conditionalCase(
    'a condition after a replace on another node',
    'a replace that was answered is seen by every condition of a later insert, on every node',
    async ({ one, two }) => {
      let stored = record()
      await insertAll(one, [stored])
      expectEqual('the answer', await insertIf(two, record(), stored), 'inserted')
      for (let round = 0; round < 20; round++) {
        const before = stored
        stored = await replaceWith(one, before, changed(before))
        expectEqual('the answer under the replaced revision', await insertIf(two, record(), before), 'stale')
        expectEqual('the answer under the new revision', await insertIf(two, record(), stored), 'inserted')
      }
    },
  ),
  conditionalCase(
    'conditions in a race with a replace',
    'an insert under a condition is done before the named record is replaced, or not at all',
    async ({ one, two, random, race }) => {
      await race(async () => {
        const from = record()
        await insertAll(one, [from])
        const to = changed(from)
        const rivals = upTo(RIVALS).map((n) => (n % 2 === 0 ? heavyRecord() : record()))
        const turnOfReplace = Math.floor(random() * RIVALS)
        const inserts: Promise<string>[] = []
        const looks: Promise<{ readonly isReplaced: boolean; readonly decided: readonly string[] }>[] = []
        const look = async (store: Store) => {
          const found = new Map((await store.get([from, ...rivals])).map((one) => [one?.id, one?.revision]))
          const decided = rivals.map(({ id }) => (found.has(id) ? 'inserted' : 'stale'))
          return { isReplaced: found.get(from.id) === to.revision, decided }
        }
        let replaced: Promise<unknown> | undefined
        for (const [turn, rival] of rivals.entries()) {
          inserts.push(insertIf(turn % 2 === 0 ? one : two, rival, from))
          if (turn === turnOfReplace) replaced = replaceWith(two, from, to)
          looks.push(look(one))
          await othersGoOn()
        }
        let isSettled = false
        void Promise.allSettled([...inserts, replaced]).then(() => {
          isSettled = true
        })
        while (!isSettled) {
          const looking = look(one)
          looks.push(looking)
          await looking
          await othersGoOn()
        }
        const results = await Promise.all(inserts)
        await replaced
        // What is read together with the new revision was decided by then, whatever answer was still under way.
        for (const { isReplaced, decided } of [...(await Promise.all(looks)), await look(two)])
          if (isReplaced)
            expectEqual(
              `the results of inserts if ${nameOf(from)} is unchanged, by what was stored with it`,
              results,
              decided,
            )
      })
    },
  ),
]
