import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { MongoStoreOptions } from '../../adapters/mongodb/mongo-store.ts'
import type { PostgresStoreOptions } from '../../adapters/postgres/postgres-store.ts'
import type { RedisStoreOptions } from '../../adapters/redis/redis-store.ts'
import { KNOWN_OPTIONS } from '../../src/check-options.ts'

/** What says where the records are. The others are about connections and checks of one node. */
const OF_STORES: Readonly<
  Record<
    | Exclude<keyof RedisStoreOptions, 'client' | 'allowEviction'>
    | Exclude<keyof MongoStoreOptions, 'db'>
    | Exclude<keyof PostgresStoreOptions, 'client' | 'listener'>,
    true
  >
> = { namespace: true, durability: true, collection: true, table: true }

describe('docs/changing-options.md', () => {
  it('has a row for every option of createAppGrant, and names those of stores', () => {
    const page = readFileSync(new URL('../../docs/changing-options.md', import.meta.url), 'utf8')
    const first = [...page.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell]) => cell).join()
    for (const name of [...KNOWN_OPTIONS.names, ...Object.keys(OF_STORES)]) expect(first).toContain(`\`${name}\``)
  })
})
