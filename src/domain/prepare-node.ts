import { docsPage } from '../base/docs-page.ts'
import type { JwkSet } from '../credentials/jwt/signed-format.ts'
import type { Collection } from '../records/collection.ts'
import { compareNodeOptions, readNodeOptions } from '../records/node-options.ts'
import type { Pages } from '../records/pages.ts'
import type { Accounts } from './accounts/accounts.ts'
import { compareEpochs } from './apps/compare-epochs.ts'

/** What a node checks at its start, and while it runs. */
export interface NodeChecks {
  /**
   * Compares the clock with the store's, the options that must be the same on all nodes with those of the node that was prepared
   * last, and whether the directory names epochs with some of the apps that exist. Each difference is a process warning,
   * `APPGRANT_OPTIONS`, which names it and contains no secret. Call it at each start, after `prepare()` of the store.
   *
   * @throws {@link AppGrantError} `clock_skew`, `store_unavailable`, `outcome_unknown`.
   */
  prepare(): Promise<void>
  /**
   * Resolves if this node can serve requests now: the store responds within `timeoutMs`, and the clocks agree. For the readiness probe
   * of a load balancer. It writes nothing, and takes two calls of the store.
   *
   * @throws {@link AppGrantError} `store_unavailable`, `clock_skew`, `clock_unavailable`.
   */
  ready(): Promise<void>
}

export function createNodeChecks(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly accounts: Accounts
  /** Compares the clock with the store's. */
  readonly compare: () => Promise<void>
  readonly issuer: string | undefined
  readonly tokenPrefix: string
  readonly resources: readonly string[] | undefined
  readonly jwks: (() => Promise<JwkSet>) | undefined
  readonly hasFeed: boolean
  readonly bindsKeys: boolean
  readonly maxStalenessMs: number
  readonly lifetimes: { readonly refreshGraceSeconds: number }
}): NodeChecks {
  const { collection, accounts, compare, issuer, tokenPrefix, resources, jwks, hasFeed, bindsKeys, ...rest } = parts
  const { maxStalenessMs, lifetimes } = rest

  return {
    async prepare() {
      await compare()
      const differences = await compareNodeOptions(collection, {
        issuer: JSON.stringify(issuer ?? null),
        tokenPrefix: JSON.stringify(tokenPrefix),
        resources: JSON.stringify(resources ?? null),
        signing: JSON.stringify(jwks ? (await jwks()).keys.map(({ kid }) => kid) : null),
        ...(hasFeed && { revocationFeed: JSON.stringify(hasFeed) }),
        ...(bindsKeys && { dpop: JSON.stringify(bindsKeys) }),
        maxStalenessMs: JSON.stringify(maxStalenessMs),
        'lifetimes.refreshGraceSeconds': JSON.stringify(lifetimes.refreshGraceSeconds),
        directory: JSON.stringify(accounts.hasDirectory),
      })
      const ofEpochs = await compareEpochs(parts)
      for (const difference of [...differences, ...(ofEpochs === undefined ? [] : [ofEpochs])])
        process.emitWarning(
          `options of createAppGrant differ between nodes: ${difference}. See ${docsPage('changing-options')}`,
          { type: 'AppGrantWarning', code: 'APPGRANT_OPTIONS' },
        )
    },
    async ready() {
      await compare()
      // A record that every platform has; if none was prepared, its absence is a response too.
      await readNodeOptions(collection)
    },
  }
}
