import { type BrokenStore, brokenDatabase, brokenNode } from './broken-store.ts'

export const brokenWatches: readonly BrokenStore[] = [
  brokenNode(
    'a watch that was stopped goes on',
    (inner) => ({
      ...inner,
      watch: async (changed) => {
        await inner.watch?.(changed)
        return async () => {}
      },
    }),
    ['a stopped watch is silent'],
  ),
  brokenDatabase(
    'stopping one watch stops all',
    (inner) => {
      const stops: (() => Promise<void>)[] = []
      return {
        ...inner,
        watch: async (changed) => {
          const stop = await inner.watch?.(changed)
          if (stop) stops.push(stop)
          return async () => {
            for (const each of stops) await each()
          }
        },
      }
    },
    ['a stopped watch is silent'],
  ),
  brokenNode('a watch hears nothing', (inner) => ({ ...inner, watch: async () => async () => {} }), [
    'watch reports a replace',
    'a stopped watch is silent',
  ]),
]
