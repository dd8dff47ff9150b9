import type { Store } from '../../src/store/store.ts'
import { observedStore } from './observed-store.ts'

/** An observed store that stays open: closing an instance then only does what it had left to do. */
export function unclosedStore(inner: Store) {
  return observedStore({ ...inner, close: async () => {} })
}
