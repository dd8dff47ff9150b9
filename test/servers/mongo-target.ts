import { MongoClient, type MongoClientOptions } from 'mongodb'
import { MongoClient as MongoClient6 } from 'mongodb-6'
import { mongoStore } from '../../adapters/mongodb/mongo-store.ts'

/** Both majors of the driver, under the types of the newer one. */
export const drivers = [
  { driver: 'driver 7', connect: (url: string, options?: MongoClientOptions) => new MongoClient(url, options) },
  {
    driver: 'driver 6',
    connect: (url: string, options?: MongoClientOptions) =>
      new (MongoClient6 as unknown as typeof MongoClient)(url, options),
  },
] as const

/** A prepared store. The warning that a standalone server is risky is no news to a test. */
export async function preparedStore(client: MongoClient, collection: string) {
  const store = mongoStore({ db: client.db('appgrant_tests'), collection })
  const warn = process.emitWarning
  process.emitWarning = () => {}
  try {
    await store.prepare()
  } finally {
    process.emitWarning = warn
  }
  return store
}
