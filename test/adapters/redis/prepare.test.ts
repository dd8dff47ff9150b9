import { describe, expect, it, vi } from 'vitest'
import type { Client } from '../../../adapters/redis/client.ts'
import type { Connection } from '../../../adapters/redis/connection.ts'
import { checkServers, type Expectations } from '../../../adapters/redis/prepare.ts'

const FINE = {
  redis_version: '6.2.0',
  role: 'master',
  cluster_enabled: '0',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
  connected_slaves: '0',
}

/** What `prepare()` says of a server that reports these facts. */
async function prepared(
  facts: Record<string, string>,
  {
    expected = {},
    client = {},
    clockMs = 0,
  }: { readonly expected?: Partial<Expectations>; readonly client?: object; readonly clockMs?: number } = {},
) {
  const lines = Object.entries({ ...FINE, ...facts }).map(([name, value]) => `${name}:${value}`)
  const server = {
    isCluster: false,
    options: { host: 'h', port: 1 },
    info: async () => ['# Server', ...lines, ''].join('\r\n'),
    time: async () => {
      const now = Date.now() + clockMs
      return [String(Math.floor(now / 1000)), String((now % 1000) * 1000)]
    },
    ...client,
  } as unknown as Client
  const connection = { isCluster: server.isCluster, ready: async () => server } as Connection
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    await checkServers(connection, { durability: undefined, allowEviction: false, ...expected })
    return emitted.mock.calls.map(([, options]) => (options as { code: string }).code)
  } finally {
    emitted.mockRestore()
  }
}

describe('redisStore().prepare()', () => {
  it('prepare() is silent if the server is set up as it should be', async () => {
    expect(await prepared({})).toEqual([])
    expect(await prepared({ redis_version: '7.0.15' })).toEqual([])
    expect(await prepared({ redis_version: '10.0.0' })).toEqual([])
  })

  it.each(['5.0.14', '6.0.16', '2.8.0', ''])('prepare() refuses Redis version "%s"', async (redis_version) => {
    await expect(prepared({ redis_version })).rejects.toThrow('too old, expected at least 6.2')
  })

  it('prepare() refuses a replica, and a cluster node behind a client for one server', async () => {
    await expect(prepared({ role: 'slave' })).rejects.toThrow('it is a replica')
    await expect(prepared({ cluster_enabled: '1' })).rejects.toThrow('expected the client to be a Cluster')
  })

  it.each(['allkeys-lru', 'volatile-lru', 'volatile-ttl', 'allkeys-random'])(
    'prepare() refuses maxmemory-policy %s unless eviction is allowed',
    async (maxmemory_policy) => {
      await expect(prepared({ maxmemory_policy })).rejects.toThrow('expected noeviction')
      expect(await prepared({ maxmemory_policy }, { expected: { allowEviction: true } })).toEqual([])
    },
  )

  it('prepare() warns about missing persistence, min-replicas or replicas, and about a clock that is off', async () => {
    expect(await prepared({ aof_enabled: '0' })).toEqual(['APPGRANT_REDIS_PERSISTENCE'])
    const sentinels = { client: { options: { sentinels: [{}] } } }
    expect(await prepared({}, sentinels)).toEqual(['APPGRANT_REDIS_MIN_REPLICAS'])
    expect(await prepared({ min_slaves_good_slaves: '0' }, sentinels)).toEqual([])
    expect(await prepared({ connected_slaves: '1' })).toEqual(['APPGRANT_REDIS_MIN_REPLICAS'])
    expect(await prepared({ connected_slaves: '1', min_slaves_good_slaves: '1' })).toEqual([])
    const durable = { expected: { durability: { replicas: 1, timeoutMs: 100 } } }
    expect(await prepared({}, durable)).toEqual(['APPGRANT_REDIS_REPLICAS'])
    expect(await prepared({ connected_slaves: '2' }, durable)).toEqual(['APPGRANT_REDIS_REPLICAS'])
    expect(await prepared({ connected_slaves: '1' }, durable)).toEqual([])
    for (const clockMs of [1500, -1500]) expect(await prepared({}, { clockMs })).toEqual(['APPGRANT_REDIS_CLOCK'])
    for (const clockMs of [500, -500]) expect(await prepared({}, { clockMs })).toEqual([])
  })

  it('prepare() checks every master of a cluster', async () => {
    const node = (port: number, aof: string) => ({
      options: { host: 'h', port },
      info: async () =>
        Object.entries({ ...FINE, cluster_enabled: '1', aof_enabled: aof, min_slaves_good_slaves: '1' })
          .map((fact) => fact.join(':'))
          .join('\r\n'),
      time: async () => [String(Math.floor(Date.now() / 1000)), '0'],
    })
    const nodes = () => [node(1, '0'), node(2, '1'), node(3, '0')]
    expect(await prepared({}, { client: { isCluster: true, nodes } })).toEqual([
      'APPGRANT_REDIS_PERSISTENCE',
      'APPGRANT_REDIS_PERSISTENCE',
    ])
  })
})
