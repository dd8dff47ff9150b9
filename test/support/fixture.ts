import { memoryStore } from '../../adapters/memory/memory-store.ts'
import {
  type AppGrantOptions,
  createAppGrant,
  type NewApp,
  type NewAppWithSecret,
  type Store,
} from '../../src/index.ts'
import { exampleApp, faultyStore, manualClock } from '../../src/testing/index.ts'
import { accountTree } from './account-tree.ts'
import { observedStore } from './observed-store.ts'
import { SCOPES } from './scopes.ts'

/** The library over a store that records and fails as a test asks for, an account tree, and a clock that stands still. */
export function createFixture(inner: Store = memoryStore(), options: Partial<AppGrantOptions> = {}) {
  const observed = observedStore(inner)
  const store = faultyStore(observed)
  const clock = manualClock()
  const tree = accountTree()
  const node = (changed: Partial<AppGrantOptions> = {}) =>
    createAppGrant({ store, directory: tree, clock, scopes: SCOPES, ...options, ...changed })
  const appgrant = node()
  return {
    observed,
    store,
    clock,
    tree,
    appgrant,
    /** Another node on the same store, with other options. */
    node,
    /** A trusted app of `org` with two scopes, and its secret. */
    registerTrusted: (fields: Partial<NewAppWithSecret> = {}) =>
      appgrant.apps.register(exampleApp({ owner: 'org', trusted: true, scopes: ['read', 'write'], ...fields })),
    /** The same with keys. */
    registerKeyed: (fields: Partial<NewApp>) =>
      appgrant.apps.register(exampleApp({ owner: 'org', trusted: true, scopes: ['read', 'write'], ...fields })),
  }
}

export type Fixture = ReturnType<typeof createFixture>
