import type { Store } from '../../store/store.ts'
import { type ConformanceCase, conformanceCase, needed, type Scene } from '../conformance-case.ts'
import { expectEqual, expectThat, nameOf } from '../expectations.ts'
import { hintsOf, replaceUntil } from '../hints.ts'
import { changed, record, upTo } from '../sample-records.ts'
import { getOne, insertAll, replaceWith } from '../steps.ts'

const ROUNDS = 20
const WATCHES = 10

interface Watched extends Scene {
  /** The node that is watched. */
  readonly watched: Store
  readonly watch: NonNullable<Store['watch']>
  readonly writer: Store
}

function watchCase(name: string, rule: string, play: (scene: Watched) => Promise<void>): ConformanceCase {
  return conformanceCase(name, rule, async (scene) => {
    const watched = await scene.open()
    const watch = needed(watched.watch, 'the store has no watch')
    await play({ ...scene, watched, watch, writer: await scene.open() })
  })
}

export const watchCases = [
  watchCase(
    'watch reports a replace',
    'a store that can be watched notifies every watcher of replaces on any node',
    async ({ watch, writer }) => {
      const one = record({ kind: 'kind.a', partition: 'p-1', groups: ['g'] })
      await insertAll(writer, [one])
      const first = hintsOf(one)
      const second = hintsOf(one)
      const stopFirst = await watch(first.changed)
      const stopSecond = await watch(second.changed)
      const stored = await replaceUntil(writer, one, first)
      await replaceUntil(writer, stored, second)
      await stopFirst()
      await stopSecond()
    },
  ),
  watchCase(
    'watch reports replaces of the own node',
    'a watcher is notified of replaces by the store that is watched too',
    async ({ watched, watch }) => {
      const one = record()
      await insertAll(watched, [one])
      const hints = hintsOf(one)
      const stop = await watch(hints.changed)
      await replaceUntil(watched, one, hints)
      await stop()
    },
  ),
  watchCase(
    'watch resolves when it listens',
    'a replace that begins after watch has resolved is reported, if its hint is not lost',
    async ({ watch, writer }) => {
      let stored = record()
      await insertAll(writer, [stored])
      let heard = 0
      for (const _ of upTo(WATCHES)) {
        const hints = hintsOf(stored)
        const stop = await watch(hints.changed)
        const hint = hints.next()
        stored = await replaceWith(writer, stored, changed(stored))
        if (await hint) heard++
        await stop()
      }
      const what = `hints for the first replace of ${nameOf(stored)} after at least half of ${WATCHES} new watches`
      expectThat(heard >= WATCHES / 2, what, heard)
    },
  ),
  watchCase(
    'a hint comes after its write',
    'a get that begins at a hint finds what was written',
    async ({ watched, watch, writer }) => {
      for (const node of [writer, watched]) {
        let stored = record()
        await insertAll(writer, [stored])
        let read: Promise<string | undefined> | undefined
        const hints = hintsOf(stored, () => {
          read ??= getOne(watched, stored).then((found) => found?.revision)
        })
        const stop = await watch(hints.changed)
        let [heard, early] = [0, 0]
        for (const _ of upTo(ROUNDS)) {
          const hint = hints.next()
          const before = stored
          read = undefined
          stored = await replaceWith(node, before, changed(before))
          if (!(await hint)) continue
          heard++
          if ((await read) === before.revision) early++
        }
        await stop()
        // One that came late, or twice, may belong to the write before.
        const what = `a get at a hint for ${nameOf(stored)} to find the new revision, in most of ${heard} rounds`
        expectThat(heard === 0 || early <= heard / 2, what, `the old one in ${early} rounds`)
      }
    },
  ),
  watchCase(
    'a stopped watch is silent',
    'a stopped watcher is not notified again, and the others still are',
    async ({ watch, writer }) => {
      const one = record()
      await insertAll(writer, [one])
      const stopped = hintsOf(one)
      const listening = hintsOf(one)
      const stop = await watch(stopped.changed)
      const stopListening = await watch(listening.changed)
      await stop()
      const before = stopped.received()
      let stored = await replaceUntil(writer, one, listening)
      stored = await replaceUntil(writer, stored, listening)
      expectEqual(`the number of hints for ${nameOf(one)} to the stopped watcher`, stopped.received() - before, 0)
      // The same callback twice is two watchers: stopping one does not stop the other.
      const stopTwin = await watch(listening.changed)
      await stopTwin()
      await replaceUntil(writer, stored, listening)
      await stopListening()
    },
  ),
  watchCase(
    'a watcher that throws',
    'a watcher that throws fails neither the write nor the other watchers',
    async ({ watched, watch, writer }) => {
      for (const node of [writer, watched]) {
        const one = record()
        await insertAll(writer, [one])
        const fail = () => {
          throw new Error('this watcher throws')
        }
        const hints = hintsOf(one)
        const stops = [await watch(fail), await watch(hints.changed), await watch(fail)]
        const stored = await replaceUntil(node, one, hints)
        await replaceUntil(node, stored, hints)
        for (const stop of stops) await stop()
      }
    },
  ),
  watchCase(
    'hints stay in their namespace',
    'a watcher is not notified of the records of another namespace',
    async ({ watch, writer, open, namespace }) => {
      const elsewhere = await open(`${namespace}x`)
      const watchElsewhere = needed(elsewhere.watch, 'the store has no watch')
      const one = record()
      await insertAll(writer, [one])
      const [here, there] = [hintsOf(one), hintsOf(one)]
      const stops = [await watch(here.changed), await watchElsewhere(there.changed)]
      let stored = one
      for (const _ of upTo(3)) stored = await replaceUntil(writer, stored, here)
      for (const stop of stops) await stop()
      expectEqual(`the number of hints for ${nameOf(one)} in another namespace`, there.received(), 0)
    },
  ),
]
