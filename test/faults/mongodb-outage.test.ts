import { MongoClient } from 'mongodb'
import { afterEach, expect, it } from 'vitest'
import { mongoStore } from '../../adapters/mongodb/mongo-store.ts'
import { guardedStore } from '../../src/store/guarded-store.ts'
import type { Store } from '../../src/store/store.ts'
import { record } from '../adapters/mongodb/records.ts'
import { codeOf } from '../support/code-of.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { DRIVERS, freshName, preparedStore, storeOn } from '../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../support/servers/mongod.ts'
import { until } from '../support/servers/until.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'
import { startProxy } from './tcp-proxy.ts'
import { DEADLINE_MS, report, startWorkload } from './workload.ts'

const LATE_MS = 500

describeWith('mongoStore under faults of one server', { found: mongodBinary, missing: mongodMissing }, () => {
  const servers: Mongod[] = []
  const clients: MongoClient[] = []
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
    await Promise.all(servers.splice(0).map((server) => server.stop()))
  })
  const start = async () => {
    const server = await startMongod()
    servers.push(server)
    return server
  }
  const connect = (Client: typeof MongoClient, url: string, options = {}) => {
    const client = new Client(url, options)
    clients.push(client)
    return client
  }

  it('faults: kill -9 of a standalone server loses no acknowledged revocation, because it is in the journal (REV-3)', async () => {
    const server = await start()
    const name = freshName()
    const [one, two] = DRIVERS.map(({ Client }) => connect(Client, server.url)) as [MongoClient, MongoClient]
    const work = startWorkload([await preparedStore(one, name), await preparedStore(two, name)])
    for (let round = 0; round < 3; round++) {
      await work.moreKills(50)
      await server.signal('SIGKILL')
      await server.restart()
    }
    await work.moreKills(50)
    const seen = { ...work.seen, ...(await work.stop()) }
    report('kill -9 of a standalone server', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })

  it('faults: kill -9 during registrations keeps the limit exact, with no app too many and no place lost (APP-6)', async () => {
    const server = await start()
    const store = await preparedStore(connect(MongoClient, server.url, { serverSelectionTimeoutMS: 1000 }))
    const group = { kind: 'thing', partition: 'p0', group: 'owner' }
    const insert = () => store.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max: 60 } })
    let answered = 0
    const calls = Promise.allSettled(Array.from({ length: 100 }, () => insert().then(() => void answered++)))
    await until('some are in', async () => answered > 10)
    await server.signal('SIGKILL')
    await calls
    await server.restart()
    const left = await until('it reads again', () => store.count(group, 0).catch(() => undefined))
    expect(left).toBeLessThanOrEqual(60)
    const answers = await Promise.all(Array.from({ length: 80 }, insert))
    expect(answers.filter((answer) => answer === 'inserted')).toHaveLength(60 - left)
    expect(await store.count(group, 0)).toBe(60)
  })

  it('faults: a stopped TTL monitor changes nothing but the space used', async () => {
    const server = await start()
    const store = await preparedStore(connect(MongoClient, server.url))
    await server.command({ setParameter: 1, ttlMonitorEnabled: false })
    const work = startWorkload([store, store])
    const old = record({ groups: ['g'], expiresAt: Date.now() - 3_600_000 })
    expect(await store.insert(old)).toBe('inserted')
    await work.moreKills(50)
    expect(await store.insert(old)).toBe('exists')
    expect(await store.count({ kind: 'thing', partition: 'p0', group: 'g' }, Date.now())).toBe(0)
    expect(await store.get([old])).toEqual([old])
    const seen = { ...work.seen, ...(await work.stop()) }
    report('the TTL monitor stopped', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
  })

  it.each(DRIVERS)(
    'faults: a call to a server that does not exist ends within the deadline, $driver',
    async ({ Client }) => {
      const url = 'mongodb://127.0.0.1:1/'
      const one = record({ groups: ['g'] })
      const limit = { group: 'g', max: 1 }
      const group = { kind: 'thing', partition: 'p0', group: 'g' }
      // With the driver's default of 30 s the store or the deadline ends the call; with less the driver reports what it knows.
      for (const options of [{}, { serverSelectionTimeoutMS: 200 }]) {
        const calls = [
          (store: Store) => store.insert(one),
          (store: Store) => store.insert(one, { limit }),
          (store: Store) => store.replace(one, one),
          (store: Store) => store.get([one]),
          (store: Store) => store.list(group, { limit: 1 }),
          (store: Store) => store.count(group, 0),
        ]
        let longestCallMs = 0
        for (const call of calls) {
          // A driver that once failed to connect by itself never tries again: each call has a client of its own.
          const store = mongoStore({ db: connect(Client, url, options).db() })
          const begun = performance.now()
          const answer = call(guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => {} }))
          await expect(answer).rejects.toMatchObject({ code: 'store_unavailable' })
          longestCallMs = Math.max(longestCallMs, performance.now() - begun)
        }
        const ms = Math.round(longestCallMs)
        process.stdout.write(
          `a server that is not there: longest call ${ms} ms, accepted after an acknowledged kill 0\n`,
        )
        expect(longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
      }
    },
  )

  it.each(DRIVERS)(
    'faults: a write that was refused before a server was reached is not done later, $driver',
    async ({ Client }) => {
      const server = await start()
      const proxy = await startProxy({ host: '127.0.0.1', port: Number(server.host.split(':')[1]) })
      try {
        const release = proxy.hold('replies')
        const client = connect(Client, `mongodb://${proxy.address.host}:${proxy.address.port}/?directConnection=true`)
        const store = storeOn(client)
        const core = guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => {} })
        const [one, two] = [record(), record()]
        const refused = await Promise.all([core.insert(one), core.replace(two, two)].map(codeOf))
        expect(refused).toEqual(['store_unavailable', 'store_unavailable'])
        release()
        await until('a write is done', () => store.insert(two))
        expect(await store.get([one])).toEqual([undefined])
      } finally {
        await proxy.close()
      }
    },
  )
})
