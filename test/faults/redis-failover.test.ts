import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { type RedisClient, redisStore } from '../../adapters/redis/redis-store.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { drivers } from '../support/servers/ioredis.ts'
import {
  type RedisCluster,
  type RedisServer,
  redisServer,
  type SentinelGroup,
  startCluster,
  startSentinelGroup,
  waitUntilWhole,
} from '../support/servers/redis.ts'
import { beginMove } from '../support/servers/redis-slot-move.ts'
import { until } from '../support/servers/until.ts'
import { revokeAndVerify, type Workload } from './revoke-and-verify.ts'

const WAYS = drivers.flatMap((driver) => [
  { ...driver, title: driver.driver, durability: undefined },
  { ...driver, title: `${driver.driver}, durable writes`, durability: { replicas: 1, timeoutMs: 200 } },
])

/** Traffic around a fault, by three nodes, after which it must serve again. */
async function through(
  fault: string,
  {
    client,
    durability,
    mayLose = false,
  }: {
    readonly client: () => RedisClient
    readonly durability: (typeof WAYS)[number]['durability']
    readonly mayLose?: boolean
  },
  body: (load: Workload) => Promise<void>,
) {
  const open = () => redisStore({ client: client(), durability })
  const [writer, ...readers] = [open(), open(), open()] as const
  try {
    const load = await revokeAndVerify(writer, [writer, ...readers])
    try {
      await load.serves()
      await body(load)
      await load.serves()
    } finally {
      await load.end(fault, { mayLose })
    }
  } finally {
    await Promise.all([writer, ...readers].map((store) => store.close()))
  }
}

const GIVEN_UP_MS = 6000

describeWith('faults: redisStore on a cluster', redisServer, () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster({ nodeTimeoutMs: 1500 })
  })
  afterAll(() => cluster?.stop())
  afterEach(() => waitUntilWhole(cluster))

  describe.each(WAYS)('$title', ({ title, durability, ...driver }) => {
    const how = { client: () => driver.cluster(cluster.nodes), durability }

    it('the cluster serves through a slot move under traffic, and no revoked record is accepted (REV-3)', async () => {
      await through(`${title}: a slot moved`, how, async (load) => {
        const move = await beginMove(cluster, 'ag:{p0}:x')
        await load.serves()
        await move.finish()
        await load.serves()
      })
    })

    it('the cluster serves through a planned failover, and no revoked record is accepted (REV-3)', async () => {
      await through(`${title}: a planned failover`, how, async () => {
        const master = await cluster.masterOf('ag:{p0}:x')
        const replica = await cluster.replicaOf(master)
        // Masters do not vote soon after another failover, and Redis gives one up that got no votes within 5 seconds.
        let askedAt = Number.NEGATIVE_INFINITY
        await until('the replica is the master', async () => {
          if (performance.now() - askedAt > GIVEN_UP_MS) {
            askedAt = performance.now()
            await replica.client.call('CLUSTER', 'FAILOVER')
          }
          return (await cluster.masterOf('ag:{p0}:x')) === replica
        })
      })
    })

    it('the cluster serves again after a master was killed, and no revoked record is accepted (REV-3)', async () => {
      await through(`${title}: a master killed`, how, async (load) => {
        const master = await cluster.masterOf('ag:{p0}:x')
        const replica = await cluster.replicaOf(master)
        await master.kill()
        await until('the replica is the master', async () => (await replica.client.role())[0] === 'master')
        // The new master cannot confirm durable writes without a replica.
        if (!durability) await load.serves()
        await master.restart()
      })
    })
  })
})

describeWith('faults: redisStore on a group watched by Sentinel', redisServer, () => {
  // A group for each test: sentinels take their time to learn the state of a master.
  const withGroup = async (body: (group: SentinelGroup) => Promise<void>) => {
    const group = await startSentinelGroup()
    try {
      await body(group)
    } finally {
      await group.stop()
    }
  }
  const anotherThan = (master: RedisServer, group: SentinelGroup) =>
    until('there is another master', async () => (await group.master()) !== master)

  // Without durable writes one major is enough, because a test takes as long as a sentinel takes to look again.
  describe.concurrent.each(WAYS.filter(({ driver, durability }) => durability || driver === 'ioredis 6'))(
    '$title',
    ({ title, durability, ...driver }) => {
      const howIn = (group: SentinelGroup) => ({
        client: () => driver.single({ sentinels: group.sentinels, name: group.name }),
        durability,
      })

      it('a Sentinel group serves through a planned failover, and loses at most writes that are not durable', async () => {
        await withGroup(async (group) => {
          // Sentinel lets the old master acknowledge writes that the new one never gets; only durable writes are kept.
          const mayLose = durability === undefined
          await through(`${title}: Sentinel, a planned failover`, { ...howIn(group), mayLose }, async () => {
            const master = await group.master()
            await group.failover()
            await anotherThan(master, group)
            await until('the old master has become a replica', async () => (await master.client.role())[0] === 'slave')
          })
        })
      })

      it('a Sentinel group serves again after a master was killed, and no revoked record is accepted (REV-3)', async () => {
        await withGroup(async (group) => {
          await through(`${title}: Sentinel, a master killed`, howIn(group), async (load) => {
            const master = await group.master()
            await master.kill()
            await anotherThan(master, group)
            if (!durability) await load.serves()
            await master.restart()
          })
        })
      })
    },
  )
})
