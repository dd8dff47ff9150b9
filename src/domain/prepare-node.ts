import type { JwkSet } from '../credentials/jwt/signed-format.ts'
import type { Collection } from '../records/collection.ts'
import { compareNodeOptions } from '../records/node-options.ts'
import type { Pages } from '../records/pages.ts'
import type { Accounts } from './accounts/accounts.ts'
import { compareEpochs } from './apps/compare-epochs.ts'

/** Compares clock and options of this node with those of the others, and warns of each difference. */
export function createPrepareNode(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly accounts: Accounts
  /** Compares the clock with the store's. */
  readonly compare: () => Promise<void>
  readonly issuer: string | undefined
  readonly tokenPrefix: string
  readonly resources: readonly string[] | undefined
  readonly jwks: (() => Promise<JwkSet>) | undefined
  readonly lifetimes: { readonly refreshGraceSeconds: number }
}): () => Promise<void> {
  const { collection, accounts, compare, issuer, tokenPrefix, resources, jwks, lifetimes } = parts

  return async () => {
    await compare()
    const differences = await compareNodeOptions(collection, {
      issuer: JSON.stringify(issuer ?? null),
      tokenPrefix: JSON.stringify(tokenPrefix),
      resources: JSON.stringify(resources ?? null),
      signing: JSON.stringify(jwks ? (await jwks()).keys.map(({ kid }) => kid) : null),
      'lifetimes.refreshGraceSeconds': JSON.stringify(lifetimes.refreshGraceSeconds),
      directory: JSON.stringify(accounts.hasDirectory),
    })
    const ofEpochs = await compareEpochs(parts)
    for (const difference of [...differences, ...(ofEpochs === undefined ? [] : [ofEpochs])])
      process.emitWarning(
        `options of createAppGrant differ between nodes: ${difference}. See docs/changing-options.md`,
        { type: 'AppGrantWarning', code: 'APPGRANT_OPTIONS' },
      )
  }
}
