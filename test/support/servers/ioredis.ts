import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { Cluster as OldestCluster5, Redis as OldestRedis5 } from 'ioredis-5-oldest'
import type { RedisClient } from '../../../adapters/redis/redis-store.ts'

type Nodes = readonly { readonly host: string; readonly port: number }[]

interface Driver {
  readonly driver: string
  single(options: object): RedisClient
  cluster(nodes: Nodes, options?: object): RedisClient
}

/** A host's client, by both majors of the driver. It does not connect and need not be closed unless it is used itself. */
export const drivers: readonly Driver[] = [
  {
    driver: 'ioredis 6',
    single: (options) => new Redis({ ...options, lazyConnect: true }),
    cluster: (nodes, options) => new Cluster([...nodes], { ...options, lazyConnect: true }),
  },
  {
    driver: 'ioredis 5',
    single: (options) => new Redis5({ ...options, lazyConnect: true }),
    cluster: (nodes, options) => new Cluster5([...nodes], { ...options, lazyConnect: true }),
  },
]

/** The oldest versions that the peer range allows. That of ioredis 6 is the one above. */
export const oldestDrivers: readonly Driver[] = [
  {
    driver: 'ioredis 5.4.1',
    single: (options) => new OldestRedis5({ ...options, lazyConnect: true }),
    cluster: (nodes, options) => new OldestCluster5([...nodes], { ...options, lazyConnect: true }),
  },
]
