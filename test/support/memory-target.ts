import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { ConformanceTarget } from '../../src/testing/index.ts'

/** Wraps a store in another one. */
export type Wrap = (inner: Store) => Store

/**
 * A memory store is a database and its only node at once. Here each namespace is one of them, and its nodes are objects in
 * front of it, the last of which closes it.
 */
export function memoryTarget({
  database = same,
  node = same,
}: {
  database?: Wrap
  node?: Wrap
} = {}): ConformanceTarget {
  const databases = new Map<string, { readonly store: Store; open: number }>()
  return {
    async open(namespace) {
      const shared = databases.get(namespace) ?? { store: database(memoryStore()), open: 0 }
      databases.set(namespace, shared)
      shared.open++
      let closed = false
      const close = async () => {
        if (!closed) shared.open--
        closed = true
        if (shared.open === 0) await shared.store.close()
      }
      return node({ ...shared.store, close })
    },
  }
}

function same(store: Store): Store {
  return store
}
