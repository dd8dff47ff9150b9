import { afterEach } from 'vitest'
import type { Store } from '../../../src/index.ts'
import { testConcurrency, testEveryStore } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import { DRIVERS, describeWithPostgres, freshName, type PostgresTarget } from '../../support/servers/postgres-target.ts'
import type { OpenStore } from '../../support/session-fixture.ts'

describeWithPostgres(
  'apps, tokens and sessions on PostgreSQL',
  (target, { isNewest }) => {
    const open = emptyStores(target)
    if (!isNewest) return testConcurrency(open)
    testEveryStore(open)
    testWrongClocks(open)
    testHistories({ database: () => ({ postgres: target().url, table: freshName() }) })
  },
  DRIVERS,
)

/** Opens a store on an empty table, which is emptied and used again because connecting and making a table are slow. */
function emptyStores(target: () => PostgresTarget): OpenStore {
  const used: { readonly table: string; readonly store: Store }[] = []
  const empty: typeof used = []
  afterEach(async () => {
    const all = used.splice(0)
    if (all.length > 0) await target().sql(all.map(({ table }) => `DELETE FROM ${table}`).join(';'))
    empty.push(...all)
  })
  return async () => {
    const one = empty.pop() ?? (await newStore(target()))
    used.push(one)
    return one.store
  }
}

async function newStore(target: PostgresTarget) {
  const table = freshName()
  // The target closes it.
  return { table, store: { ...(await target.preparedStore(table)), close: async () => {} } }
}
