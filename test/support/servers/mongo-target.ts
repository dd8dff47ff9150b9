import { randomUUID } from 'node:crypto'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { MongoClient as MongoClient6 } from 'mongodb-6'
import { MongoClient as OldestMongoClient6 } from 'mongodb-6-oldest'
import { MongoClient as OldestMongoClient7 } from 'mongodb-7-oldest'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type MongoStore, mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { describeWith } from './describe-with.ts'
import { mongodBinary, mongodMissing, startMongod, startReplicaSet } from './mongod.ts'

/** Both majors of the driver, under the types of the newer one. */
export const DRIVERS = [
  { driver: 'driver 7', Client: MongoClient },
  { driver: 'driver 6', Client: MongoClient6 as unknown as typeof MongoClient },
] as const

/** The oldest versions that the peer range allows. */
export const OLDEST_DRIVERS: readonly MongoDriver[] = [
  { driver: 'driver 7.0.0', Client: OldestMongoClient7 as unknown as typeof MongoClient },
  { driver: 'driver 6.0.0', Client: OldestMongoClient6 as unknown as typeof MongoClient },
]

/** A driver, under the types of the newest. */
export interface MongoDriver {
  readonly driver: string
  readonly Client: typeof MongoClient
}

const LAYOUTS = [
  { layout: 'standalone', start: () => startMongod() },
  { layout: 'replica set', start: () => startReplicaSet() },
] as const

/** For what no failover may change: the commands are the same, and a write takes half the time. */
export const ONE_MEMBER = { layout: 'replica set of one', start: () => startReplicaSet(1) } as const

/** A running server, and clients of it that are closed at the end. */
export interface MongoTarget {
  readonly layout: 'standalone' | 'replica set' | 'replica set of one' | 'given server'
  readonly url: string
  /** Default is the url of the whole server. */
  connect(options?: MongoClientOptions, url?: string): MongoClient
}

/** Where the body of a suite runs. */
export interface MongoSetting {
  readonly layout: MongoTarget['layout']
  /** Whether the driver is the newest. */
  readonly isNewest: boolean
}

/**
 * A suite on a standalone server and on a replica set, or on the one that MONGODB_URL names.
 *
 * @param drivers - the drivers to run it with. Default is both majors.
 * @param layouts - the servers to start. Default is a standalone one, and a replica set of three.
 */
export function describeWithMongo(
  title: string,
  body: (target: () => MongoTarget, setting: MongoSetting) => void,
  drivers: readonly MongoDriver[] = DRIVERS,
  layouts: readonly ((typeof LAYOUTS)[number] | typeof ONE_MEMBER)[] = LAYOUTS,
): void {
  const given = process.env.MONGODB_URL
  const here = { layout: 'given server', start: async () => ({ url: given ?? '', async stop() {} }) } as const
  const found = given ?? mongodBinary
  for (const { layout, start } of given === undefined ? layouts : [here])
    describeWith(`${title}: ${layout}`, { found, missing: mongodMissing }, () => {
      let server: Awaited<ReturnType<typeof start>>
      const clients: MongoClient[] = []
      beforeAll(async () => {
        server = await start()
      })
      afterAll(async () => {
        await Promise.all(clients.map((client) => client.close()))
        await server?.stop()
      })
      for (const [age, { driver, Client }] of drivers.entries())
        describe(driver, () =>
          body(
            () => ({
              layout,
              url: server.url,
              connect(options, url = server.url) {
                const client = new Client(url, options)
                clients.push(client)
                return client
              },
            }),
            { layout, isNewest: age === 0 },
          ),
        )
    })
}

/** A name that no other test uses. */
export const freshName = () => `t${randomUUID().replaceAll('-', '').slice(0, 16)}`

/** Where the tests' stores keep their records. */
export const collectionOf = (client: MongoClient, name: string) => client.db('appgrant_tests').collection(name)

/** A store on a collection that nobody else uses, unless one is named. */
export function storeOn(client: MongoClient, collection = freshName()): MongoStore {
  return mongoStore({ db: client.db('appgrant_tests'), collection })
}

/** Such a store, prepared. */
export async function preparedStore(client: MongoClient, collection?: string): Promise<MongoStore> {
  const store = storeOn(client, collection)
  await quietly(() => store.prepare())
  return store
}

/**
 * Opens stores on empty collections. They are emptied after each test and used again, because making one with its
 * indexes is slow. Stores that are opened by the same name within a test have the same collection.
 *
 * @param reopen - opens a store on a collection that has its indexes. Preparing it tells a store whether it can be watched.
 */
export function emptyCollections(
  target: () => MongoTarget,
  reopen: (client: MongoClient, name: string) => MongoStore | Promise<MongoStore> = storeOn,
) {
  let client: MongoClient
  const used = new Map<string, string>()
  const empty: string[] = []
  beforeAll(() => {
    client = target().connect()
  })
  afterEach(async () => {
    const names = [...used.values()]
    used.clear()
    await Promise.all(names.map((name) => collectionOf(client, name).deleteMany({})))
    empty.push(...names)
  })
  return {
    async open(name = freshName()): Promise<MongoStore> {
      const collection = used.get(name) ?? empty.pop()
      used.set(name, collection ?? name)
      return collection === undefined ? preparedStore(client, name) : reopen(client, collection)
    },
    /** The collection of the stores that were opened by that name. */
    opened: (name: string) => collectionOf(client, used.get(name) ?? name),
  }
}

/** What `run` warned of by `process.emitWarning`, which is not printed. */
export async function quietly(run: () => Promise<void>): Promise<string[]> {
  const { emitWarning } = process
  const codes: string[] = []
  process.emitWarning = (_warning: string | Error, options?: unknown) => {
    codes.push(String((options as { code?: string } | undefined)?.code))
  }
  try {
    await run()
  } finally {
    process.emitWarning = emitWarning
  }
  return codes
}
