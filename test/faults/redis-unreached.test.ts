import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisClient, redisStore } from '../../adapters/redis/redis-store.ts'
import { guardedStore } from '../../src/store/guarded-store.ts'
import { isNotApplied, type Store } from '../../src/store/store.ts'
import { changed, record } from '../../src/testing/sample-records.ts'
import { codeOf } from '../support/code-of.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { drivers } from '../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../support/servers/redis.ts'
import { until } from '../support/servers/until.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'
import { startProxy } from './tcp-proxy.ts'

/** Core's default. */
const DEADLINE_MS = 1000
const guarded = (store: Store) =>
  guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => {} })

/** A port that accepts connections and never responds. */
async function blackHole() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  return {
    address: { host: '127.0.0.1', port },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

describeWith('faults: a Redis that was not reached since the start', redisServer, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  describe.each(drivers)('$driver', ({ single, cluster }) => {
    /** Every write through core while nothing is reached: its error code, and how long the longest took. */
    const writing = async (store: Store) => {
      const core = guarded(store)
      const app = record({ groups: ['owner'] })
      const began = performance.now()
      const codes = await Promise.all([
        codeOf(core.insert(app)),
        codeOf(core.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max: 5 } })),
        codeOf(core.insert(record(), { durable: true })),
        codeOf(core.replace(app, changed(app))),
      ])
      return { app, codes: [...new Set(codes)], ms: performance.now() - began }
    }

    it.each<readonly [string, (at: typeof single) => RedisClient]>([
      ['a refused port', (at) => at({ host: '127.0.0.1', port: 1 })],
      ['an unknown host', (at) => at({ host: 'unknown.invalid', port: 6379 })],
      ['a cluster on a refused port', () => cluster([{ host: '127.0.0.1', port: 1 }])],
      ['a sentinel on a refused port', (at) => at({ sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'x' })],
    ])('%s: the first writes are store_unavailable', async (_, clientAt) => {
      for (const durability of [undefined, { replicas: 1, timeoutMs: 200 }]) {
        const store = redisStore({ client: clientAt(single), durability })
        try {
          const { codes, ms } = await writing(store)
          expect(codes).toEqual(['store_unavailable'])
          expect(ms).toBeLessThan(DEADLINE_MS)
        } finally {
          await store.close()
        }
      }
    })

    it('a server that accepts connections and does not respond: the first writes are store_unavailable', async () => {
      const hole = await blackHole()
      const store = redisStore({ client: single(hole.address) })
      try {
        expect((await writing(store)).codes).toEqual(['store_unavailable'])
      } finally {
        await store.close()
        await hole.close()
      }
    })

    it('a write that was refused is not done later, when Redis comes', async () => {
      const proxy = await startProxy(server.address)
      const release = proxy.hold('replies')
      const store = redisStore({ client: single(proxy.address), namespace: 'late' })
      try {
        const { app, codes } = await writing(store)
        expect(codes).toEqual(['store_unavailable'])
        release()
        await until('the store is connected', async () => (await store.get([record()])).length === 1)
        expect(await store.get([app])).toEqual([undefined])
        expect(await server.client.keys('late:*')).toEqual([])
        expect(await guarded(store).insert(app)).toBe('inserted')
        await server.client.del(...(await server.client.keys('late:*')))
      } finally {
        await store.close()
        await proxy.close()
      }
    })

    it('a durable write that waits behind one that hangs is refused, and not done later', async () => {
      const proxy = await startProxy(server.address)
      const store = redisStore({
        client: single(proxy.address),
        namespace: 'lane',
        durability: { replicas: 1, timeoutMs: 50 },
      })
      try {
        // No replica follows: the write is done, and not confirmed.
        expect(await codeOf(guarded(store).insert(record()))).toBe('outcome_unknown')
        proxy.hold('replies')
        const hanging = codeOf(guarded(store).insert(record()))
        await until('it was sent', async () => (await server.client.keys('lane:*')).length === 2)
        const behind = record()
        const waiting = store.insert(behind).catch((error: unknown) => error)
        expect(await hanging).toBe('outcome_unknown')
        proxy.heal()
        expect(isNotApplied(await waiting)).toBe(true)
        await until('the store is connected', async () => (await store.get([record()])).length === 1)
        expect(await server.client.exists(`lane:{p0}:thing:${behind.id}`)).toBe(0)
        await server.client.del(...(await server.client.keys('lane:*')))
      } finally {
        await store.close()
        await proxy.close()
      }
    })
  })
})
