import type { RedisCluster, RedisServer } from './redis.ts'
import { until } from './until.ts'

/** A slot on its way from one master to another. */
export interface SlotMove {
  readonly from: RedisServer
  readonly to: RedisServer
  /** Moves these keys; the rest stays. */
  take(...keys: readonly string[]): Promise<void>
  /** Moves the rest, and tells every node the new owner of the slot. */
  finish(): Promise<void>
}

/** Begins to move the slot of `key`. */
export async function beginMove(cluster: RedisCluster, key: string): Promise<SlotMove> {
  const from = await cluster.masterOf(key)
  const to = (await otherMasters(cluster, from))[0] as RedisServer
  const slot = await from.client.cluster('KEYSLOT', key)
  const [fromId, toId] = await Promise.all([from, to].map(async ({ client }) => String(await client.cluster('MYID'))))
  await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(fromId))
  await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(toId))
  const take = async (...keys: readonly string[]) => {
    if (keys.length > 0) await from.client.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys)
  }
  return {
    from,
    to,
    take,
    async finish() {
      for (;;) {
        const left = (await from.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 1000)) as string[]
        if (left.length === 0) break
        await take(...left)
      }
      // A message that a master sent before may arrive later and make a node forget what it was told.
      await until('the slot is its new master’s', async () => {
        for (const { client } of [to, from, ...(await otherMasters(cluster, to))])
          await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(toId))
        return (await cluster.masterOf(key)) === to
      })
    },
  }
}

async function otherMasters(cluster: RedisCluster, than: RedisServer): Promise<readonly RedisServer[]> {
  const roles = await Promise.all(
    cluster.servers.map(async (server) => ({ server, role: (await server.client.role())[0] })),
  )
  return roles.filter(({ server, role }) => role === 'master' && server !== than).map(({ server }) => server)
}
