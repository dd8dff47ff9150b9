import { afterAll, beforeAll, describe } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../../adapters/redis/redis-store.ts'
import { startProxy, type TcpProxy } from '../../faults/tcp-proxy.ts'
import { passesTheKit } from '../../support/kit.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers, oldestDrivers } from '../../support/servers/ioredis.ts'
import {
  anyRedis,
  type RedisCluster,
  type RedisServer,
  redisServer,
  type SingleRedis,
  singleRedis,
  startCluster,
  startRedis,
} from '../../support/servers/redis.ts'
import { redisSweep } from '../../support/servers/redis-sweep.ts'

const NO_BREAK = 'the target has no break and restore'
const NO_PROCESS = 'the target has no process'
const NO_SWEEP = 'the target has no sweep'

const opening = (options: () => RedisStoreOptions) => async (namespace: string) =>
  redisStore({ ...options(), namespace })

describeWith('redisStore on one server', anyRedis, () => {
  let server: SingleRedis
  beforeAll(async () => {
    server = await singleRedis()
  })
  afterAll(() => server?.stop())
  for (const { driver, single } of [...drivers, ...oldestDrivers])
    describe(driver, () => {
      const target = { open: opening(() => ({ client: single(server.address) })) }
      passesTheKit(() => target, [NO_BREAK, NO_PROCESS, NO_SWEEP])
    })
})

describeWith('redisStore on one server that can be cut off', redisServer, () => {
  let server: RedisServer
  const proxies = new Map<string, TcpProxy>()
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    for (const proxy of proxies.values()) await proxy.close()
    await server?.stop()
  })
  const sweep = redisSweep(() => [server.client])
  const [newest] = drivers
  const target = () => ({
    open: async (namespace: string) => {
      const proxy = proxies.get(namespace) ?? (await startProxy(server.address))
      proxies.set(namespace, proxy)
      return redisStore({ client: newest?.single(proxy.address) as RedisStoreOptions['client'], namespace })
    },
    sweep,
    // Each connection ends at the first reply: its command is executed.
    break: async (namespace: string) => proxies.get(namespace)?.cutAtReply(() => 1),
    restore: async (namespace: string) => proxies.get(namespace)?.heal(),
    process: {
      module: new URL(`process-target.ts?port=${server.port}`, import.meta.url),
      execArgv: ['--import', 'tsx'],
    },
  })
  passesTheKit(target)
})

describeWith('redisStore on a cluster', redisServer, () => {
  let servers: RedisCluster
  beforeAll(async () => {
    servers = await startCluster()
  })
  afterAll(() => servers?.stop())
  const sweep = redisSweep(() => servers.servers.map(({ client }) => client))
  for (const { driver, cluster } of [...drivers, ...oldestDrivers])
    for (const durability of [undefined, { replicas: 1, timeoutMs: 500 }])
      describe(durability ? `${driver}, durable writes` : driver, () => {
        const open = opening(() => ({ client: cluster(servers.nodes), ...(durability && { durability }) }))
        passesTheKit(() => ({ open, sweep }), [NO_BREAK, NO_PROCESS])
      })
})
