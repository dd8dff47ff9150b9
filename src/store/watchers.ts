import type { RecordRef } from './store.ts'

/** The watchers of one store, each stopped separately. */
export interface Watchers {
  /** How many there are. */
  readonly size: number
  /** Returns the function that stops this one. The same function may be added twice. */
  add(changed: (ref: RecordRef) => void): () => Promise<void>
  /** Calls every watcher. What one throws is ignored: it must fail neither the others nor the write. */
  notify(ref: RecordRef): void
  /** Stops all of them. */
  clear(): void
}

/**
 * The watchers of a store whose hints arrive in one place, such as a subscription or the writes of this process.
 *
 * @example
 * ```ts
 * const watchers = createWatchers()
 * subscription.on('message', (text) => watchers.notify(parseRef(text)))
 * const watch = async (changed: (ref: RecordRef) => void) => watchers.add(changed)
 * ```
 */
export function createWatchers(): Watchers {
  const watching = new Set<(ref: RecordRef) => void>()
  return {
    get size() {
      return watching.size
    },
    add(changed) {
      // Wrapped, so that the same function can be added twice.
      const watcher = (ref: RecordRef) => changed(ref)
      watching.add(watcher)
      return async () => void watching.delete(watcher)
    },
    notify(ref) {
      for (const changed of watching) {
        try {
          changed(ref)
        } catch {
          // A hint may be lost.
        }
      }
    },
    clear: () => watching.clear(),
  }
}
