import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { isNotApplied, type Store } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, upTo } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startPair } from '../../support/servers/redis.ts'
import { until } from '../../support/servers/until.ts'

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error as Error,
  )

describeWith('redisStore on a master with a replica', redisServer, () => {
  let pair: Awaited<ReturnType<typeof startPair>>
  beforeAll(async () => {
    pair = await startPair()
  })
  afterAll(() => pair?.stop())

  describe.each(drivers)('$driver', ({ single }) => {
    const withStore = async (body: (store: Store) => Promise<void>, on: RedisServer = pair.master, replicas = 0) => {
      const durability = { replicas, timeoutMs: 300 }
      const store = redisStore({ client: single(on.address), ...(replicas > 0 && { durability }) })
      try {
        await body(store)
      } finally {
        await store.close()
      }
    }

    /** The connections of all clients but the test itself. */
    const connections = async () => {
      const { client } = pair.master
      const own = await client.client('ID')
      const ids = [...String(await client.call('CLIENT', 'LIST', 'TYPE', 'normal')).matchAll(/^id=(\d+)/gm)]
      return ids.map(([, id]) => Number(id)).filter((id) => id !== own)
    }
    const expectNone = async (before: readonly number[]) => {
      const now = await connections()
      expect(before.length).toBeGreaterThan(0)
      expect(before.filter((id) => now.includes(id))).toEqual([])
    }

    it('a master demoted without disconnecting is not trusted, and is used again once it is a master', async () => {
      await withStore(async (store) => {
        const app = record({ groups: ['owner'] })
        await store.insert(app)
        const before = await connections()
        // Its new master cannot be reached, so it continues with what it has.
        await pair.master.client.replicaof('127.0.0.1', 1)
        try {
          expect(await errorOf(store.get([app]))).toMatchObject({
            message: 'the Redis server is a slave, not a master',
          })
          for (const _ of upTo(5)) {
            expect(await errorOf(store.get([app]))).toBeInstanceOf(Error)
            expect(await errorOf(store.list(groupOf('owner'), { limit: 1 }))).toBeInstanceOf(Error)
            expect(await errorOf(store.count(groupOf('owner'), 0))).toBeInstanceOf(Error)
          }
        } finally {
          await pair.master.client.replicaof('NO', 'ONE')
        }
        await until('it serves again', async () => (await store.get([app]))[0] !== undefined)
        await expectNone(before)
      })
    })

    it('a write that reaches a replica is not applied, and the store looks for the master again', async () => {
      await withStore(async (store) => {
        const app = record()
        await store.insert(app)
        const before = await connections()
        await pair.master.client.replicaof('127.0.0.1', 1)
        try {
          expect(isNotApplied(await errorOf(store.replace(app, changed(app))))).toBe(true)
        } finally {
          await pair.master.client.replicaof('NO', 'ONE')
        }
        await until('it serves again', async () => await store.replace(app, changed(app)))
        await expectNone(before)
      })
      await withStore(async (store) => {
        expect(isNotApplied(await errorOf(store.insert(record())))).toBe(true)
        expect(isNotApplied(await errorOf(store.insert(record(), { durable: true })))).toBe(true)
      }, pair.replica)
    })

    it('a durable write that the replica did not confirm has an unknown outcome, and the repeat confirms it (REV-7)', async () => {
      await until('the replica is back', async () =>
        (await pair.master.client.info('replication')).includes('state=online'),
      )
      await withStore(
        async (store) => {
          const app = record({ groups: ['owner'] })
          expect(await store.insert(app)).toBe('inserted')
          pair.replica.signal('SIGSTOP')
          const killed = changed(app, { data: '"killed"' })
          try {
            const error = await errorOf(store.replace(app, killed))
            expect(error?.message).toBe('0 of 1 replicas confirmed the write')
            expect(isNotApplied(error)).toBe(false)
            expect(await store.insert(record({ expiresAt: inMs(60_000) }))).toBe('inserted')
            expect(isNotApplied(await errorOf(store.insert(record(), { durable: true })))).toBe(false)
          } finally {
            pair.replica.signal('SIGCONT')
          }
          expect(await store.get([app])).toEqual([killed])
          const again = changed(killed)
          await until('the replica answers', async () => await store.replace(killed, again).catch(() => false)).catch(
            () => {},
          )
          expect(await store.replace((await store.get([app]))[0] ?? app, changed(again))).toBe(true)
        },
        pair.master,
        1,
      )
    })

    it('the durable writes of one turn share one WAIT, and those that come meanwhile share the next', async () => {
      await withStore(
        async (store) => {
          const apps = upTo(20).map(() => record())
          await Promise.all(apps.map((app) => store.insert(app, { durable: true })))
          await pair.master.client.config('RESETSTAT')
          expect(await Promise.all(apps.map((app) => store.replace(app, changed(app))))).toEqual(apps.map(() => true))
          const stats = await pair.master.client.info('commandstats')
          // A server that was restarted or promoted does not know the script yet and gets it whole.
          expect(Number(/cmdstat_wait:calls=(\d+)/.exec(stats)?.[1])).toBeLessThanOrEqual(2)
          expect(stats).toMatch(/cmdstat_evalsha:calls=20,/)
        },
        pair.master,
        1,
      )
    })
  })
})
