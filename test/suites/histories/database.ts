import { Cluster, Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { Client } from 'pg'
import { mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import type { Store } from '../../../src/index.ts'
import { placeIn } from '../../adapters/sqlite/place.ts'

/** A database that several processes share, as data that can be sent to them. */
export type Database =
  | { readonly redis: object; readonly namespace: string }
  | {
      readonly cluster: readonly { readonly host: string; readonly port: number }[]
      readonly namespace: string
    }
  | { readonly mongodb: string; readonly collection: string }
  | { readonly postgres: string; readonly table: string }
  | { readonly sqlite: string; readonly driver: string }

/** Opens a node's own store on it. */
export function openDatabase(database: Database): Store & { prepare(): Promise<void> } {
  if ('redis' in database) {
    const { redis, namespace } = database
    return redisStore({ client: new Redis({ ...redis, lazyConnect: true }), namespace })
  }
  if ('cluster' in database) {
    const { cluster, namespace } = database
    return redisStore({ client: new Cluster([...cluster], { lazyConnect: true }), namespace })
  }
  if ('mongodb' in database) {
    const { mongodb, collection } = database
    return mongoStore({ db: new MongoClient(mongodb).db('appgrant_tests'), collection })
  }
  if ('postgres' in database) {
    const { postgres, table } = database
    return postgresStore({ client: () => new Client(postgres), table })
  }
  const { sqlite, driver } = database
  return placeIn('', driver).store(sqlite)
}
