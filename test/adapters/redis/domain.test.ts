import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { type RedisClient, redisStore } from '../../../adapters/redis/redis-store.ts'
import { testEveryDriver, testEveryStore, testEveryTopology } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import {
  anyRedis,
  type RedisCluster,
  redisServer,
  type SingleRedis,
  singleRedis,
  startCluster,
} from '../../support/servers/redis.ts'

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
  testEveryStore(async () => fresh(clients[0]))
  testWrongClocks(async () => fresh(clients[0]))
  describe(older.driver, () => testEveryDriver(async () => fresh(clients[1])))
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
  testEveryTopology(async () => fresh(clients[0]))
  testWrongClocks(async () => fresh(clients[0]))
  describe(older.driver, () => testEveryDriver(async () => fresh(clients[1])))
  testHistories({ database: () => ({ cluster: servers.nodes, namespace: newNamespace() }) })
})
