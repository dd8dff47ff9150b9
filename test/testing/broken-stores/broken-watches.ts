import type { RecordRef, Store } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, brokenNode } from './broken-store.ts'

type Changed = (ref: RecordRef) => void
type Watch = NonNullable<Store['watch']>

/** A node that is watched otherwise. */
const watching = (inner: Store, watch: (inner: Watch, changed: Changed) => ReturnType<Watch>): Store => ({
  ...inner,
  ...(inner.watch && { watch: (changed) => watch(inner.watch as Watch, changed) }),
})

// What watchers of all namespaces have in common.
const everywhere = new Set<Changed>()

export const brokenWatches: readonly BrokenStore[] = [
  brokenNode(
    'a watch that was stopped goes on',
    (inner) =>
      watching(inner, async (watch, changed) => {
        await watch(changed)
        return async () => {}
      }),
    ['a stopped watch is silent'],
  ),
  brokenDatabase(
    'stopping one watch stops all',
    (inner) => {
      const stops: (() => Promise<void>)[] = []
      return watching(inner, async (watch, changed) => {
        stops.push(await watch(changed))
        return async () => {
          for (const each of stops) await each()
        }
      })
    },
    ['a stopped watch is silent'],
  ),
  brokenNode('a watch hears nothing', (inner) => watching(inner, async () => async () => {}), [
    'close ends its watchers',
    'watch reports a replace',
    'watch reports replaces of the own node',
    'watch resolves when it listens',
    'a stopped watch is silent',
    'a watcher that throws',
    'hints stay in their namespace',
  ]),
  brokenNode(
    'a watch hears nothing of its own node',
    (inner) => {
      let writing = 0
      return {
        ...watching(inner, (watch, changed) => watch((ref) => void (writing === 0 && changed(ref)))),
        replace: async (from, to) => {
          writing++
          return inner.replace(from, to).finally(() => writing--)
        },
      }
    },
    ['close ends its watchers', 'watch reports replaces of the own node', 'a watcher that throws'],
  ),
  brokenNode(
    'watch resolves before it listens',
    (inner) =>
      watching(inner, async (watch, changed) => {
        let stop: (() => Promise<void>) | undefined
        setTimeout(async () => {
          stop = await watch(changed)
        }, 20)
        return async () => stop?.()
      }),
    ['close ends its watchers', 'watch resolves when it listens', 'a stopped watch is silent'],
  ),
  brokenDatabase(
    'a hint comes before its write',
    (inner) => {
      const watchers = new Set<Changed>()
      return {
        ...inner,
        replace: async (from, to) => {
          const [stored] = await inner.get([from])
          if (stored?.revision !== from.revision) return false
          for (const changed of watchers) {
            try {
              changed({ kind: to.kind, partition: to.partition, id: to.id })
            } catch {}
          }
          return inner.replace(from, to)
        },
        watch: async (changed) => {
          const watcher = (ref: RecordRef) => changed(ref)
          watchers.add(watcher)
          return async () => void watchers.delete(watcher)
        },
      }
    },
    ['a hint comes after its write'],
  ),
  brokenDatabase(
    'a watcher that throws fails the replace',
    (inner) => {
      const watchers = new Set<Changed>()
      return {
        ...inner,
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          if (done) for (const changed of watchers) changed(to)
          return done
        },
        watch: async (changed) => {
          const watcher = (ref: RecordRef) => changed(ref)
          watchers.add(watcher)
          return async () => void watchers.delete(watcher)
        },
      }
    },
    ['a watcher that throws'],
  ),
  brokenDatabase(
    'a watcher that throws ends the round of hints',
    (inner) => {
      const watchers = new Set<Changed>()
      return {
        ...inner,
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          try {
            if (done) for (const changed of watchers) changed(to)
          } catch {}
          return done
        },
        watch: async (changed) => {
          const watcher = (ref: RecordRef) => changed(ref)
          watchers.add(watcher)
          return async () => void watchers.delete(watcher)
        },
      }
    },
    ['a watcher that throws'],
  ),
  brokenNode(
    'hints reach the watchers of every namespace',
    (inner) => ({
      ...watching(inner, async (_, changed) => {
        const watcher = (ref: RecordRef) => changed(ref)
        everywhere.add(watcher)
        return async () => void everywhere.delete(watcher)
      }),
      replace: async (from, to) => {
        const done = await inner.replace(from, to)
        for (const changed of done ? everywhere : []) {
          try {
            changed(to)
          } catch {}
        }
        return done
      },
      close: async () => {
        await inner.close()
      },
    }),
    ['close ends its watchers', 'hints stay in their namespace'],
  ),
  brokenNode(
    'a hint has the ids of its record in the wrong order',
    (inner) =>
      watching(inner, (watch, changed) =>
        watch(({ kind, partition, id }) => changed({ kind: partition, partition: kind, id })),
      ),
    [
      'watch reports a replace',
      'watch reports replaces of the own node',
      'watch resolves when it listens',
      'a stopped watch is silent',
      'a watcher that throws',
      'hints stay in their namespace',
    ],
  ),
  brokenDatabase(
    'close leaves its watchers',
    (inner) => {
      const watchers = new Set<Changed>()
      return {
        ...inner,
        replace: async (from, to) => {
          const done = await inner.replace(from, to)
          for (const changed of done ? watchers : []) {
            try {
              changed(to)
            } catch {}
          }
          return done
        },
        watch: async (changed) => {
          const watcher = (ref: RecordRef) => changed(ref)
          watchers.add(watcher)
          let stopped = false
          // The target stops the watchers of a node that it closes.
          return async () => {
            if (new Error().stack?.includes('close')) return
            if (!stopped) watchers.delete(watcher)
            stopped = true
          }
        },
      }
    },
    ['close ends its watchers'],
  ),
]
