import { partitionOfKey } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { Kind } from './collection.ts'

/**
 * An assertion that an app has authenticated with, so that it cannot be used again. The only record whose absence permits
 * something: it is inserted durably and outlives the assertion.
 */
export interface UsedAssertion {
  readonly app: string
  /** The `jti` of RFC 7519. */
  readonly id: string
  readonly expiresAt: number
}

export const usedAssertionKind: Kind<UsedAssertion> = {
  name: 'u',
  place: ({ app, id, expiresAt }) => ({
    partition: partitionOfKey(app),
    id: nameOf(32, app, id),
    groups: [],
    position: expiresAt,
    expiresAt,
  }),
  pack: ({ app, id }) => JSON.stringify({ app, id }),
  unpack: (record) => ({ ...JSON.parse(record.data), expiresAt: record.position }),
}
