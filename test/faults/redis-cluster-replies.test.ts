import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../adapters/redis/redis-store.ts'
import { isNotApplied } from '../../src/store/store.ts'
import { changed, record } from '../../src/testing/sample-records.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { drivers } from '../support/servers/ioredis.ts'
import { type RedisCluster, redisServer, startCluster } from '../support/servers/redis.ts'
import { until } from '../support/servers/until.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

const WAYS = drivers.flatMap((driver) => [
  { ...driver, title: driver.driver, durability: undefined },
  { ...driver, title: `${driver.driver}, durable writes`, durability: { replicas: 1, timeoutMs: 5000 } },
])

describeWith('faults: a cluster whose replies are lost', redisServer, () => {
  let cluster: RedisCluster
  let proxies: readonly TcpProxy[]
  beforeAll(async () => {
    cluster = await startCluster()
    proxies = await Promise.all(cluster.nodes.map((node) => startProxy(node)))
  })
  afterAll(async () => {
    await Promise.all((proxies ?? []).map((proxy) => proxy.close()))
    await cluster?.stop()
  })

  it.each(WAYS)('$title: a write whose reply is lost is not sent again', async ({ cluster: clientOf, durability }) => {
    const natMap = Object.fromEntries(
      cluster.nodes.map(({ host, port }, index) => [`${host}:${port}`, (proxies[index] as TcpProxy).address]),
    )
    const client = clientOf([(proxies[0] as TcpProxy).address], { natMap, retryDelayOnFailover: 20 })
    const store = redisStore({ client, durability })
    try {
      const first = record()
      const app = changed(first)
      await store.insert(first)
      // The server knows the script by now.
      await store.replace(first, app)
      const next = changed(app)
      const key = `ag:{p0}:thing:${app.id}`
      const master = await cluster.masterOf(key)
      const proxy = proxies[cluster.servers.indexOf(master)] as TcpProxy
      await master.client.config('RESETSTAT')
      proxy.hold('replies')
      const replaced = store.replace(app, next).catch((error: unknown) => error)
      await until('it was executed', async () => (await master.client.get(key))?.startsWith(next.revision) === true)
      proxy.heal()
      const error = await replaced
      expect(error).toBeInstanceOf(Error)
      expect(isNotApplied(error)).toBe(false)
      await until('it is read again', async () => (await store.get([app]))[0]?.revision === next.revision)
      expect(await master.client.info('commandstats')).toMatch(/cmdstat_evalsha:calls=1,/)
    } finally {
      for (const proxy of proxies) proxy.heal()
      await store.close()
    }
  })
})
