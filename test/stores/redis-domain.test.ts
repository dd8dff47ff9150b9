import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { type RedisClient, redisStore } from '../../adapters/redis/redis-store.ts'
import { testDomain, testLayout, testRivals } from '../domain/user-suites.ts'
import { describeWith } from '../servers/describe-with.ts'
import { drivers } from '../servers/ioredis.ts'
import {
  anyRedis,
  type RedisCluster,
  redisServer,
  type SingleRedis,
  singleRedis,
  startCluster,
} from '../servers/redis.ts'
import { testHistories } from './histories/histories.ts'

const newNamespace = () => `d${randomUUID().replaceAll('-', '').slice(0, 16)}`
const fresh = (client: RedisClient | undefined) =>
  redisStore({ client: client as RedisClient, namespace: newNamespace() })
const [newest, older] = drivers as [(typeof drivers)[number], (typeof drivers)[number]]

describeWith('apps, tokens and sessions on one Redis server', anyRedis, () => {
  let server: SingleRedis
  const clients: RedisClient[] = []
  beforeAll(async () => {
    server = await singleRedis()
    clients.push(newest.single(server.address), older.single(server.address))
  })
  afterAll(() => server?.stop())
  testDomain(async () => fresh(clients[0]))
  describe(older.driver, () => testRivals(async () => fresh(clients[1])))
  testHistories({ database: () => ({ redis: server.address, namespace: newNamespace() }) })
})

describeWith('apps, tokens and sessions on a Redis cluster', redisServer, () => {
  let servers: RedisCluster
  const clients: RedisClient[] = []
  beforeAll(async () => {
    servers = await startCluster()
    clients.push(newest.cluster(servers.nodes), older.cluster(servers.nodes))
  })
  afterAll(() => servers?.stop())
  testLayout(async () => fresh(clients[0]))
  describe(older.driver, () => testRivals(async () => fresh(clients[1])))
  testHistories({ database: () => ({ cluster: servers.nodes, namespace: newNamespace() }) })
})
