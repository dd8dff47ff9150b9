import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { type AppGrantOptions, createAppGrant, type Store } from '../../src/index.ts'
import { exampleApp, faultyStore, movableClock } from '../../src/testing/index.ts'
import { observedStore } from '../store/observed-store.ts'
import { accountTree } from './account-tree.ts'

/** The library over a store that records and fails as a test asks for, an account tree, and a clock that stands still. */
export function createWorld(inner: Store = memoryStore(), options: Partial<AppGrantOptions> = {}) {
  const observed = observedStore(inner)
  const store = faultyStore(observed)
  const clock = movableClock()
  const tree = accountTree()
  const grants = createAppGrant({ store, directory: tree, clock, ...options })
  return {
    observed,
    store,
    clock,
    tree,
    grants,
    /** A trusted app of `org` with two scopes, and its secret. */
    registerTrusted: (fields: Parameters<typeof exampleApp>[0] = {}) =>
      grants.apps.register(exampleApp({ owner: 'org', trusted: true, scopes: ['read', 'write'], ...fields })),
  }
}

export type World = ReturnType<typeof createWorld>
