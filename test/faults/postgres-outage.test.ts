import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { type PostgresStore, postgresStore } from '../../adapters/postgres/postgres-store.ts'
import { guardedStore } from '../../src/store/guarded-store.ts'
import type { Store } from '../../src/store/store.ts'
import { changed, groupOf, record, upTo } from '../../src/testing/sample-records.ts'
import { codeOf } from '../support/code-of.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { quietly } from '../support/servers/mongo-target.ts'
import { type Postgres, postgresBinaries, postgresMissing, startPostgres } from '../support/servers/postgres.ts'
import { DRIVERS } from '../support/servers/postgres-target.ts'
import { until } from '../support/servers/until.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'
import { revokeAndVerify } from './revoke-and-verify.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'
import { DEADLINE_MS, report, startWorkload } from './workload.ts'

const LATE_MS = 1000

describeWith('postgresStore under faults of one server', { found: postgresBinaries, missing: postgresMissing }, () => {
  const servers: Postgres[] = []
  const proxies: TcpProxy[] = []
  const stores: PostgresStore[] = []
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()))
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
    await Promise.all(servers.splice(0).map((server) => server.stop()))
  })
  const start = async (settings?: string) => {
    const server = await startPostgres(settings)
    servers.push(server)
    return server
  }
  const proxyOf = async (server: Postgres) => {
    const proxy = await startProxy(server)
    proxies.push(proxy)
    return { proxy, url: `postgres://postgres@127.0.0.1:${proxy.address.port}/postgres` }
  }
  const storeOn = (url: string, Driver = Client) => {
    const store = postgresStore({ client: () => new Driver(url) })
    stores.push(store)
    return store
  }
  const prepared = async (url: string) => {
    const store = storeOn(url)
    await quietly(() => store.prepare())
    return store
  }
  const guarded = (store: Store) =>
    guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => {} })

  it('faults: kill -9 of the server loses no acknowledged revocation, and the nodes connect again (REV-3)', async () => {
    const server = await start()
    const [one, two] = DRIVERS.map(({ Client: Driver }) => storeOn(server.url, Driver)) as [
      PostgresStore,
      PostgresStore,
    ]
    await quietly(() => one.prepare())
    const work = startWorkload([one, two])
    for (let round = 0; round < 3; round++) {
      await work.moreKills(50)
      await server.signal('SIGKILL')
      await server.restart()
    }
    await work.moreKills(50)
    const seen = { ...work.seen, ...(await work.stop()) }
    report('kill -9 of PostgreSQL', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })

  it('faults: kill -9 during registrations keeps the limit exact, with no app too many and no place lost (APP-6)', async () => {
    const server = await start()
    const store = await prepared(server.url)
    const insert = () => store.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max: 60 } })
    let answered = 0
    const calls = Promise.allSettled(upTo(50).map(() => insert().then(() => void answered++)))
    await until('some are in', () => answered > 10)
    await server.signal('SIGKILL')
    await calls
    await server.restart()
    const left = await until('it reads again', async () => (await store.count(groupOf('owner'), 0)) + 1)
    expect(left - 1).toBeLessThanOrEqual(60)
    const results: string[] = []
    // For a moment, calls are refused because the server was not there.
    for (const _ of upTo(80)) results.push(await until('it writes again', insert))
    expect(results.filter((result) => result === 'inserted')).toHaveLength(60 - (left - 1))
    expect(await store.count(groupOf('owner'), 0)).toBe(60)
  })

  it('faults: connections that are cut at any response lose nothing and hang nobody (REV-3, REV-7)', async () => {
    const server = await start()
    const { proxy, url } = await proxyOf(server)
    const [one, two] = [await prepared(url), await prepared(url)]
    const work = await revokeAndVerify(one, [one, two])
    await work.serves()
    let cut = 0
    proxy.cutAtReply(() => 4 + (cut++ % 23))
    await until('connections were cut', () => cut > 40)
    proxy.heal()
    await work.serves()
    await work.end('connections cut at any response')
  })

  it('faults: terminated backends, and a server that was stopped for a while, hang nobody (REV-3)', async () => {
    const server = await start()
    const [one, two] = [await prepared(server.url), await prepared(server.url)]
    const work = await revokeAndVerify(one, [one, two])
    for (let round = 0; round < 5; round++) {
      await work.serves()
      await server.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
    }
    await work.serves()
    const before = work.failures()
    await server.signal('SIGSTOP')
    await until('calls fail', () => work.failures() > before + 20)
    const closing = await prepared(server.url).catch(() => storeOn(server.url))
    const began = performance.now()
    await closing.close()
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS + LATE_MS)
    await server.signal('SIGCONT')
    await work.serves()
    await work.end('backends terminated, and the server stopped')
  })

  it('faults: a write that was refused before a server responded is not done later (REV-7)', async () => {
    const server = await start()
    await prepared(server.url)
    const { proxy, url } = await proxyOf(server)
    const release = proxy.hold('replies')
    const store = storeOn(url)
    const [one, two] = [record(), record()]
    const refused = await Promise.all([guarded(store).insert(one), guarded(store).replace(two, two)].map(codeOf))
    expect(refused).toEqual(['store_unavailable', 'store_unavailable'])
    release()
    await until('a write is done', () => store.insert(two))
    expect(await store.get([one])).toEqual([undefined])
  })

  it('faults: a response that is lost leaves a write done once or not at all, as an unknown outcome (REV-7)', async () => {
    const server = await start()
    const { proxy, url } = await proxyOf(server)
    const store = await prepared(url)
    const [stored, added] = [record(), record()]
    await store.insert(stored)
    expect(await store.replace(stored, stored)).toBe(true)
    proxy.hold('replies')
    const codes = Promise.all(
      [guarded(store).replace(stored, changed(stored)), guarded(store).insert(added)].map(codeOf),
    )
    expect(await codes).toEqual(['outcome_unknown', 'outcome_unknown'])
    proxy.heal()
    expect(await until('it writes again', () => store.insert(added))).toBe('exists')
    expect(await store.replace(stored, changed(stored))).toBe(false)
  })

  it('faults: calls to a server that does not exist, or has no connection left, end as store_unavailable', async () => {
    const full = await start('max_connections = 5\nsuperuser_reserved_connections = 0\nmax_wal_senders = 0\n')
    const first = await prepared(full.url)
    await first.close()
    const holders = upTo(5).map(() => new Client(full.url))
    await Promise.all(holders.map((holder) => holder.connect()))
    const one = record({ groups: ['g'] })
    for (const url of ['postgres://postgres@127.0.0.1:1/postgres', full.url]) {
      const store = guarded(storeOn(url))
      const calls = [
        () => store.insert(one),
        () => store.insert(one, { limit: { group: 'g', max: 1 } }),
        () => store.replace(one, one),
        () => store.get([one]),
        () => store.list(groupOf('g'), { limit: 1 }),
        () => store.count(groupOf('g'), 0),
      ]
      for (const call of calls) expect(await codeOf(call())).toBe('store_unavailable')
    }
    await Promise.all(holders.map((holder) => holder.end()))
    const store = storeOn(full.url)
    expect(await until('it works again', () => store.insert(one))).toBe('inserted')
  })
})
