import { Client } from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type PostgresStore, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { SLACK_MS } from '../../../src/store.ts'
import { startProxy, type TcpProxy } from '../../faults/tcp-proxy.ts'
import { passesTheKit } from '../../support/kit.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { quietly } from '../../support/servers/mongo-target.ts'
import { type Postgres, postgresBinaries, postgresMissing, startPostgres } from '../../support/servers/postgres.ts'
import { DRIVERS, describeWithPostgres } from '../../support/servers/postgres-target.ts'

/** Deletes what the sweeps beside the writes would have deleted by that time. */
const sweeping = (sql: (text: string) => Promise<unknown>) => async (namespace: string, now: number) =>
  void (await sql(`DELETE FROM "${namespace}" WHERE expires_at <= ${now - SLACK_MS}`))

describeWithPostgres(
  'postgresStore passes the conformance kit',
  (target) => {
    const open = (namespace: string) => target().preparedStore(namespace)
    const sweep = sweeping((text) => target().sql(text))
    passesTheKit(() => ({ open, sweep }), ['the target has no break and restore', 'the target has no process'])
  },
  DRIVERS,
)

const server = { found: postgresBinaries, missing: postgresMissing }

describeWith('postgresStore on a server that can be cut off', server, () => {
  let postgres: Postgres
  const proxies = new Map<string, TcpProxy>()
  const stores: PostgresStore[] = []
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(async () => {
    for (const store of stores) await store.close()
    for (const proxy of proxies.values()) await proxy.close()
    await postgres?.stop()
  })
  const open = async (namespace: string) => {
    const proxy = proxies.get(namespace) ?? (await startProxy(postgres))
    proxies.set(namespace, proxy)
    const url = new URL(postgres.url)
    url.port = String(proxy.address.port)
    const store = postgresStore({ client: () => new Client(url.href), table: namespace })
    stores.push(store)
    await quietly(() => store.prepare())
    return store
  }
  passesTheKit(() => ({
    open,
    sweep: sweeping((text) => postgres.sql(text)),
    // Each connection ends at the first reply: its command is executed.
    break: async (namespace: string) => proxies.get(namespace)?.cutAtReply(() => 1),
    restore: async (namespace: string) => proxies.get(namespace)?.heal(),
    process: {
      module: new URL(`process-target.ts?server=${encodeURIComponent(postgres.url)}`, import.meta.url),
      execArgv: ['--import', 'tsx'],
    },
  }))
})
