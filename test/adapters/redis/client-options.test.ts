import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisClient, redisStore } from '../../../adapters/redis/redis-store.ts'
import { changed, groupOf, inMs, record } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import {
  type RedisCluster,
  type RedisServer,
  redisServer,
  startCluster,
  startRedis,
} from '../../support/servers/redis.ts'
import { until } from '../../support/servers/until.ts'

const INHERITED = {
  keyPrefix: { keyPrefix: 'host:' },
  'unlimited retries': { maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true, enableOfflineQueue: true },
  'no retries': { retryStrategy: null, reconnectOnError: () => 2 },
  'auto-pipelining': { enableAutoPipelining: true },
  'a command timeout of 1 ms': { commandTimeout: 1 },
  'numbers as strings, no ready check': { stringNumbers: true, enableReadyCheck: false },
}
const INHERITED_BY_CLUSTERS = {
  "scaleReads: 'slave'": { scaleReads: 'slave' },
  'scaleReads: all, and a delay on failover': { scaleReads: 'all', retryDelayOnFailover: 50 },
  'a key prefix of the cluster': { keyPrefix: 'host:' },
  'no retries of the cluster': { clusterRetryStrategy: null, enableOfflineQueue: true },
  ...Object.fromEntries(Object.entries(INHERITED).map(([title, redisOptions]) => [title, { redisOptions }])),
  'auto-pipelining of the cluster': { enableAutoPipelining: true },
}

/** Everything a store does, once. */
async function useStore(client: RedisClient, namespace: string) {
  const store = redisStore({ client, namespace })
  try {
    const token = record({ groups: ['g'], expiresAt: inMs(60_000) })
    expect(await Promise.all([store.insert(token), store.insert(record({ groups: ['g'] }))])).toEqual([
      'inserted',
      'inserted',
    ])
    const next = changed(token)
    expect(await store.replace(token, next)).toBe(true)
    expect(await Promise.all([store.get([token]), store.get([record()])])).toEqual([[next], [undefined]])
    expect((await store.list(groupOf('g'), { limit: 10 })).records).toHaveLength(2)
    expect(await store.count(groupOf('g'), 0)).toBe(2)
  } finally {
    await store.close()
  }
}

const callsOf = async ({ client }: RedisServer, command: string) =>
  Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info('commandstats'))?.[1] ?? 0)

let used = 0
const fresh = () => `options${used++}`

describeWith('redisStore on one server, with any client options', redisServer, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  describe.each(drivers)('$driver', ({ single }) => {
    it.each(Object.entries(INHERITED))('redisStore works with a client that has %s', async (_, options) => {
      const namespace = fresh()
      await useStore(single({ ...server.address, ...options }), namespace)
      const keys = await server.client.keys(`*${namespace}*`)
      expect(keys.filter((key) => !key.startsWith(`${namespace}:{p0}:`))).toEqual([])
      expect(keys).toHaveLength(3)
    })

    it('redisStore keeps the database that the client selected', async () => {
      const namespace = fresh()
      await useStore(single({ ...server.address, db: 3 }), namespace)
      expect(await server.client.keys(`${namespace}*`)).toEqual([])
    })

    it('redisStore connects at first use and not before', async () => {
      const before = await callsOf(server, 'info')
      const store = redisStore({ client: single(server.address) })
      await store.close()
      const unused = single(server.address) as { status?: string }
      expect(unused.status).toBe('wait')
      expect(await callsOf(server, 'info')).toBe(before + 1)
    })
  })
})

describeWith('redisStore on a cluster, with any client options', redisServer, () => {
  let servers: RedisCluster
  beforeAll(async () => {
    servers = await startCluster()
    // A node announces a replica to clients only once it knows that it follows.
    await until('all nodes name their replicas', async () => {
      const slots = await Promise.all(servers.servers.map(({ client }) => client.cluster('SLOTS')))
      return slots.flat().every((range) => range.length === 4)
    })
  })
  afterAll(() => servers?.stop())

  describe.each(drivers)('$driver', ({ cluster }) => {
    it.each(Object.entries(INHERITED_BY_CLUSTERS))(
      'redisStore works with a cluster client that has %s',
      async (_, options) => {
        const namespace = fresh()
        await useStore(cluster(servers.nodes.slice(0, 1), options), namespace)
        const keys = (
          await Promise.all(servers.servers.slice(0, 3).map(({ client }) => client.keys(`*${namespace}*`)))
        ).flat()
        expect(keys.filter((key) => !key.startsWith(`${namespace}:{p0}:`))).toEqual([])
        expect(keys).toHaveLength(3)
        const replicas = servers.servers.slice(3)
        for (const command of ['mget', 'get', 'zcount']) {
          const calls = await Promise.all(replicas.map((replica) => callsOf(replica, command)))
          expect(calls, `${command} on replicas`).toEqual([0, 0, 0])
        }
      },
    )
  })
})
