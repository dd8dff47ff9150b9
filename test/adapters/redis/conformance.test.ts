import { afterAll, beforeAll, describe, it } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../../adapters/redis/redis-store.ts'
import { conformance } from '../../../src/testing/index.ts'
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

function passesTheKit(title: string, options: () => RedisStoreOptions) {
  describe(title, () => {
    const target = { open: async (namespace: string) => redisStore({ ...options(), namespace }) }
    for (const { name, rule, run } of conformance) it(`${name}: ${rule}`, () => run(target))
  })
}

describeWith('redisStore on one server', anyRedis, () => {
  let server: SingleRedis
  beforeAll(async () => {
    server = await singleRedis()
  })
  afterAll(() => server?.stop())
  for (const { driver, single } of drivers) passesTheKit(driver, () => ({ client: single(server.address) }))
})

describeWith('redisStore on a cluster', redisServer, () => {
  let servers: RedisCluster
  beforeAll(async () => {
    servers = await startCluster()
  })
  afterAll(() => servers?.stop())
  for (const { driver, cluster } of drivers) {
    passesTheKit(driver, () => ({ client: cluster(servers.nodes) }))
    passesTheKit(`${driver}, durable writes`, () => ({
      client: cluster(servers.nodes),
      durability: { replicas: 1, timeoutMs: 500 },
    }))
  }
})
