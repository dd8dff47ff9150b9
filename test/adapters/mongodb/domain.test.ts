import type { MongoClient } from 'mongodb'
import { afterEach, beforeAll } from 'vitest'
import { testConcurrency, testEveryStore, testEveryTopology } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import {
  collectionOf,
  describeWithMongo,
  freshName,
  type MongoTarget,
  preparedStore,
  storeOn,
} from '../../support/servers/mongo-target.ts'
import type { OpenStore } from '../../support/session-fixture.ts'

describeWithMongo('apps, tokens and sessions on MongoDB', (target, { layout, isNewest }) => {
  const open = emptyStores(target)
  if (!isNewest) return testConcurrency(open)
  if (layout === 'replica set') testEveryTopology(open)
  else testEveryStore(open)
  testWrongClocks(open)
  // One find is not one instant: each of its reads has its own.
  const database = () => ({ mongodb: target().url, collection: freshName() })
  testHistories({ database, lives: 10, oneInstant: false })
})

/** Opens a store on an empty collection, which is emptied and used again because making one with its indexes is slow. */
function emptyStores(target: () => MongoTarget): OpenStore {
  let client: MongoClient
  const used: string[] = []
  const empty: string[] = []
  beforeAll(() => {
    client = target().connect()
  })
  afterEach(async () => {
    await Promise.all(used.map((name) => collectionOf(client, name).deleteMany({})))
    empty.push(...used.splice(0))
  })
  return async () => {
    const again = empty.pop()
    const name = again ?? freshName()
    used.push(name)
    return again ? storeOn(client, name) : preparedStore(client, name)
  }
}
