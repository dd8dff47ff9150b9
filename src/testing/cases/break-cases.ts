import { isNotApplied, type Store, type StoreRecord } from '../../store/store.ts'
import { type ConformanceCase, conformanceCase, needed } from '../conformance-case.ts'
import { expectEqual, expectThat, nameOf } from '../expectations.ts'
import { outcomeOf, untilItWorks } from '../patience.ts'
import { changed, groupOf, record, refOf, upTo } from '../sample-records.ts'
import { getOne, insertAll } from '../steps.ts'

const RECOVERY_MS = 30_000
const WRITES = 10

interface Breakable {
  readonly store: Store
  readonly open: () => Promise<Store>
  readonly breakOff: () => Promise<void>
  readonly restore: () => Promise<void>
}

function breakCase(name: string, rule: string, play: (scene: Breakable) => Promise<void>): ConformanceCase {
  return conformanceCase(name, rule, async ({ open, target, namespace }) => {
    needed(target.break && target.restore, 'the target has no break and restore')
    const restore = async () => target.restore?.(namespace)
    try {
      await play({ store: await open(), open, breakOff: async () => target.break?.(namespace), restore })
    } finally {
      await restore()
    }
  })
}

/** The error of a call that must not resolve. One that is still waiting for its server has no result either. */
async function expectNoResult(what: string, call: Promise<unknown>): Promise<unknown> {
  const outcome = await outcomeOf(call)
  expectThat(outcome.status !== 'fulfilled', `${what} to reject while the database is unreachable`, outcome)
  expectThat(outcome.status === 'rejected', `${what} to reject in time while the database is unreachable`, 'no result')
  return outcome.status === 'rejected' ? (outcome.reason as Error).cause : undefined
}

/** Throws if a write that was said not to be applied is stored. */
function expectTrueError(one: StoreRecord, error: unknown, found: StoreRecord | undefined): void {
  if (!isNotApplied(error)) return
  const what = `whether ${nameOf(one)} is stored, whose write was rejected as not applied`
  expectEqual(what, found?.revision === one.revision, false)
}

export const breakCases = [
  breakCase(
    'calls while the database is unreachable',
    'while the database cannot be reached, every method rejects: none returns absent, false, exists or an empty list',
    async ({ store, breakOff, restore }) => {
      const stored = record({ groups: ['g'] })
      const other = record()
      await insertAll(store, [stored, other])
      const [added, limited, to] = [record(), record({ groups: ['g'] }), changed(stored)]
      const { watch, time } = store
      await breakOff()
      const [inserted, seated, replaced] = await Promise.all([
        expectNoResult(`insert of ${nameOf(added)}`, store.insert(added)),
        expectNoResult(
          `a limited insert of ${nameOf(limited)}`,
          store.insert(limited, { limit: { group: 'g', max: 9 } }),
        ),
        expectNoResult(`replace of ${nameOf(stored)}`, store.replace(stored, to)),
        expectNoResult(`insert at ${nameOf(other)}`, store.insert(record(refOf(other)))),
        expectNoResult(
          `insert into a full group`,
          store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max: 1 } }),
        ),
        expectNoResult(
          `replace of another revision of ${nameOf(other)}`,
          store.replace(changed(other), changed(other)),
        ),
        expectNoResult(`get of ${nameOf(stored)}`, store.get([refOf(stored)])),
        expectNoResult('get of an absent record', store.get([refOf(record())])),
        expectNoResult('list of thing/p0/g', store.list(groupOf('g'), { limit: 5 })),
        expectNoResult('list of an empty group', store.list(groupOf('none'), { limit: 5 })),
        expectNoResult('count of thing/p0/g', store.count(groupOf('g'), 0)),
        ...(time ? [expectNoResult('time', time())] : []),
      ])
      // It may resolve: then it listens once the database is back.
      if (watch) await outcomeOf(watch(() => {}))
      await restore()
      const refs = [added, limited, stored].map(refOf)
      const found = await untilItWorks('get to work again', RECOVERY_MS, () => store.get(refs))
      expectTrueError(added, inserted, found[0])
      expectTrueError(limited, seated, found[1])
      expectTrueError(to, replaced, found[2])
      await untilItWorks('insert to work again', RECOVERY_MS, () => store.insert(record()))
    },
  ),
  breakCase(
    'writes at a break',
    'a write that is under way when the connection is lost is done once or not at all, and is not said to be refused',
    async ({ store, breakOff, restore }) => {
      const stored = upTo(WRITES).map(() => record({ groups: ['g'] }))
      await insertAll(store, stored)
      const added = upTo(WRITES).map(() => record({ groups: ['h'] }))
      const to = stored.map((one) => changed(one, { groups: ['h'] }))
      const all = [...added, ...to]
      const writing = [
        ...added.map((one) => outcomeOf(store.insert(one))),
        ...to.map((one, n) => outcomeOf(store.replace(stored[n] ?? one, one))),
      ]
      await breakOff()
      const outcomes = await Promise.all(writing)
      await restore()
      const found = await untilItWorks('get to work again', RECOVERY_MS, () => store.get(all.map(refOf)))
      for (const [n, one] of all.entries()) {
        const outcome = outcomes[n]
        const isDone = found[n]?.revision === one.revision
        const what = `the write of ${nameOf(one)} at the break`
        expectThat(outcome?.status !== 'pending', `${what} to settle`, 'no result')
        if (outcome?.status === 'rejected') {
          expectTrueError(one, (outcome.reason as Error).cause, found[n])
          continue
        }
        const value = outcome?.status === 'fulfilled' ? outcome.value : undefined
        expectThat(value === 'inserted' || value === true, `${what} to be done or to reject`, value)
        expectEqual(`whether ${nameOf(one)} is stored, whose write was confirmed`, isDone, true)
      }
      const done = all.filter((one, n) => found[n]?.revision === one.revision).length
      const count = await untilItWorks('count to work again', RECOVERY_MS, () => store.count(groupOf('h'), 0))
      expectEqual('the count of thing/p0/h, of those that were written', count, done)
    },
  ),
  breakCase(
    'close while the database is unreachable',
    'close settles even if the database cannot be reached, and other stores work when it is back',
    async ({ store, open, breakOff, restore }) => {
      const stored = record()
      await insertAll(store, [stored])
      const closing = await open()
      await closing.get([refOf(stored)])
      await breakOff()
      const outcome = await outcomeOf(closing.close())
      expectThat(outcome.status !== 'pending', 'close to settle while the database is unreachable', 'no result')
      await restore()
      const found = await untilItWorks('get to work again', RECOVERY_MS, () => getOne(store, stored))
      expectEqual(`the revision of ${nameOf(stored)}`, found?.revision, stored.revision)
    },
  ),
]
