import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { ConformanceTarget } from '../../src/testing/index.ts'
import { sweptAt } from './swept-at.ts'

/** Wraps a store in another one. `now` is the time of the last sweep, or else the system time. */
export type Wrap = (inner: Store, now: () => number) => Store

interface Database {
  readonly memory: Store
  readonly store: Store
  open: number
  sweptAt: number
  isBroken: boolean
}

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
  const databases = new Map<string, Database>()
  const databaseOf = (namespace: string): Database => {
    const known = databases.get(namespace)
    if (known) return known
    const memory = memoryStore()
    const made: Database = { memory, store: database(memory, () => nowOf(made)), open: 0, sweptAt: 0, isBroken: false }
    databases.set(namespace, made)
    return made
  }
  return {
    async open(namespace) {
      const shared = databaseOf(namespace)
      shared.open++
      return node(nodeOf(shared), () => nowOf(shared))
    },
    async sweep(namespace, now) {
      const shared = databaseOf(namespace)
      shared.sweptAt = now
      await sweptAt(now, shared.memory, true)
    },
    async break(namespace) {
      databaseOf(namespace).isBroken = true
    },
    async restore(namespace) {
      databaseOf(namespace).isBroken = false
    },
  }
}

function nodeOf(shared: Database): Store {
  const { store } = shared
  const stops = new Set<() => Promise<void>>()
  let closed = false
  const reached = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    if (shared.isBroken) throw new Error('the connection is lost')
    return call()
  }
  const watch = async (changed: Parameters<NonNullable<Store['watch']>>[0]) => {
    const stop = (await store.watch?.(changed)) ?? (async () => {})
    stops.add(stop)
    return stop
  }
  return {
    ...store,
    get: (refs) => reached(() => store.get(refs)),
    insert: (record, options) => reached(() => store.insert(record, options)),
    replace: (from, to) => reached(() => store.replace(from, to)),
    list: (group, page) => reached(() => store.list(group, page)),
    count: (group, after) => reached(() => store.count(group, after)),
    ...(store.watch && { watch }),
    async close() {
      if (!closed) shared.open--
      closed = true
      for (const stop of stops) await stop()
      if (shared.open === 0) await store.close()
    },
  }
}

const nowOf = ({ sweptAt }: Database) => Math.max(Date.now(), sweptAt)

function same(store: Store): Store {
  return store
}
