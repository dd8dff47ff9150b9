import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { type RedisClient, redisStore } from '../../adapters/redis/redis-store.ts'
import { testDomain } from '../domain/user-suites.ts'
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
const fresh = (client: RedisClient) => redisStore({ client, namespace: newNamespace() })
const [newest] = drivers as [(typeof drivers)[number]]

describeWith('apps, tokens and sessions on one Redis server', anyRedis, () => {
  let server: SingleRedis
  let client: RedisClient
  beforeAll(async () => {
    server = await singleRedis()
    client = newest.single(server.address)
  })
  afterAll(() => server?.stop())
  testDomain(async () => fresh(client))
  testHistories({ database: () => ({ redis: server.address, namespace: newNamespace() }) })
})

describeWith('apps, tokens and sessions on a Redis cluster', redisServer, () => {
  let servers: RedisCluster
  let client: RedisClient
  beforeAll(async () => {
    servers = await startCluster()
    client = newest.cluster(servers.nodes)
  })
  afterAll(() => servers?.stop())
  testDomain(async () => fresh(client))
  testHistories({ database: () => ({ cluster: servers.nodes, namespace: newNamespace() }) })
})
