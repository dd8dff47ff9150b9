import type { Store, StoreRecord } from '../../store/store.ts'
import { conformanceCase, needed } from '../conformance-case.ts'
import { expectEqual, expectThat, nameOf } from '../expectations.ts'
import { expectSettled } from '../patience.ts'
import { changed, groupOf, record, refOf, SOME_TIME, upTo } from '../sample-records.ts'
import { getOne, idsOf, insertAll, replaceWith } from '../steps.ts'

const REPLACES = 5

/** A call after `close`, and what it may return if it does not reject. */
interface LateCall {
  readonly name: string
  readonly call: () => Promise<unknown>
  readonly truth: unknown
  /** What is stored if it returned the truth. */
  readonly written?: StoreRecord
}

/** One call of each method, on a database with `stored` in group g. */
function lateCalls(store: Store, stored: StoreRecord): readonly LateCall[] {
  const at = nameOf(stored)
  const absent = record()
  const to = changed(stored)
  return [
    { name: `get of ${at}`, call: async () => (await getOne(store, stored))?.revision, truth: stored.revision },
    {
      name: 'list of thing/p0/g',
      call: async () => idsOf((await store.list(groupOf('g'), { limit: 5 })).records),
      truth: [stored.id],
    },
    { name: 'count of thing/p0/g', call: () => store.count(groupOf('g'), 0), truth: 1 },
    { name: `insert at ${at}`, call: () => store.insert(record(refOf(stored))), truth: 'exists' },
    { name: `insert of ${nameOf(absent)}`, call: () => store.insert(absent), truth: 'inserted', written: absent },
    { name: `replace of ${at} at another revision`, call: () => store.replace(to, changed(stored)), truth: false },
    { name: `replace of ${at}`, call: () => store.replace(stored, to), truth: true, written: to },
  ]
}

/** Throws unless each call rejected, or returned the truth: what it wrote is found on a node that is open. */
async function expectNoLies(calls: readonly LateCall[], working: Store): Promise<void> {
  for (const { name, call, truth, written } of calls) {
    const outcome = await expectSettled(`${name} after close`, call())
    if (outcome.status !== 'fulfilled') continue
    expectEqual(`the result of ${name} after close, which may also reject`, outcome.value, truth)
    if (!written) continue
    const found = await getOne(working, written)
    expectEqual(
      `the revision of ${nameOf(written)}, which a closed store said it wrote`,
      found?.revision,
      written.revision,
    )
  }
}

export const closeCases = [
  conformanceCase(
    'calls after close',
    'a call after close rejects or returns the truth, and does not hang',
    async ({ open }) => {
      const closing = await open()
      const working = await open()
      const stored = record({ groups: ['g'] })
      await insertAll(closing, [stored])
      await closing.close()
      await expectNoLies(lateCalls(closing, stored), working)
    },
  ),
  conformanceCase(
    'calls before the first use after close',
    'a store that is closed before its first use closes, and later calls reject or return the truth',
    async ({ open }) => {
      const working = await open()
      const stored = record({ groups: ['g'] })
      await insertAll(working, [stored])
      const unused = await open()
      await expectSettled('close before the first use', unused.close())
      await expectNoLies(lateCalls(unused, stored), working)
    },
  ),
  conformanceCase(
    'calls under way at close',
    'every call that is under way when close begins settles, and what it returned is true',
    async ({ open }) => {
      const working = await open()
      for (const round of upTo(5)) {
        const closing = await open()
        const stored = upTo(10).map(() => record({ groups: [`g${round}`] }))
        await insertAll(closing, stored)
        const added = upTo(10).map(() => record())
        const to = stored.map((one) => changed(one, { position: SOME_TIME + 1 }))
        const settled = <Result>(calls: readonly Promise<Result>[]) =>
          Promise.all(calls.map((call) => expectSettled('a call under way at close', call)))
        const [reads, inserts, replaces, lists, counts] = await Promise.all([
          settled(stored.map((one) => getOne(closing, one))),
          settled(added.map((one) => closing.insert(one))),
          settled(stored.map((one, n) => closing.replace(one, to[n] ?? one))),
          settled([closing.list(groupOf(`g${round}`), { limit: 20 })]),
          settled([closing.count(groupOf(`g${round}`), 0)]),
          expectSettled('close with calls under way', closing.close()),
        ])
        const written = [...inserts, ...replaces]
        const found = await working.get([...added, ...to].map(refOf))
        for (const [n, one] of [...added, ...to].entries()) {
          const outcome = written[n]
          if (outcome?.status !== 'fulfilled') continue
          const done = outcome.value === 'inserted' || outcome.value === true
          expectThat(done, `the write of ${nameOf(one)} to be done`, outcome.value)
          expectEqual(`the revision of ${nameOf(one)}, whose write was confirmed`, found[n]?.revision, one.revision)
        }
        for (const [n, outcome] of reads.entries())
          if (outcome.status === 'fulfilled')
            expectEqual('the id from a get at close', outcome.value?.id, stored[n]?.id)
        const size = `the number of records of thing/p0/g${round} at close`
        for (const outcome of lists)
          if (outcome.status === 'fulfilled')
            expectEqual(`${size}, by list`, outcome.value.records.length, stored.length)
        for (const outcome of counts)
          if (outcome.status === 'fulfilled') expectEqual(`${size}, by count`, outcome.value, stored.length)
      }
    },
  ),
  conformanceCase('two closes at once', 'close may be called twice at once', async ({ open }) => {
    const closing = await open()
    await insertAll(closing, [record()])
    const outcomes = await Promise.all(upTo(2).map(() => expectSettled('close', closing.close())))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }),
  conformanceCase(
    'close ends its watchers',
    'after close, no watcher of that store is called, and the function that stops one settles',
    async ({ open }) => {
      const closing = await open()
      const working = await open()
      const watch = needed(closing.watch, 'the store has no watch')
      let hints = 0
      const stop = await watch(() => hints++)
      let stored = record()
      await insertAll(working, [stored])
      await expectSettled('close with a watcher', closing.close())
      const before = hints
      // A watcher of another node shows when hints of these replaces have come.
      let heard = () => {}
      const witness = new Promise<void>((resolve) => {
        heard = resolve
      })
      const stopWitness = await working.watch?.(() => heard())
      for (const _ of upTo(REPLACES)) stored = await replaceWith(working, stored, changed(stored))
      await expectSettled('a hint on another node', witness)
      expectEqual('the number of hints after close', hints - before, 0)
      await expectSettled('the function that stops a watcher, after close', stop())
      await stopWitness?.()
    },
  ),
]
