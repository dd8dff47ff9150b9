import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import type { RedisClient } from '../../../adapters/redis/redis-store.ts'

type Nodes = readonly { readonly host: string; readonly port: number }[]

/** A host's client, by both majors of the driver. It does not connect and need not be closed unless it is used itself. */
export const drivers: readonly {
  readonly driver: string
  single(options: object): RedisClient
  cluster(nodes: Nodes, options?: object): RedisClient
}[] = [
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
