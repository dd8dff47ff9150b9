import { createLoad, type Load } from '../../src/base/load.ts'

/** A load for stores that are tested without a library around them. */
export function unwatchedLoad(): Load {
  return createLoad({ timeoutMs: 1000, refused: () => {} })
}
