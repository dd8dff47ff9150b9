import type { MongoClient } from 'mongodb'
import { afterEach, beforeAll } from 'vitest'
import type { OpenStore } from '../domain/session-world.ts'
import { testDomain, testLayout, testRacesAndLives } from '../domain/user-suites.ts'
import {
  collectionOf,
  describeWithMongo,
  freshName,
  type MongoTarget,
  preparedStore,
  storeOn,
} from '../servers/mongo-target.ts'
import { testHistories } from './histories/histories.ts'

describeWithMongo('apps, tokens and sessions on MongoDB', (target, { layout, isNewest }) => {
  const open = emptyStores(target)
  if (!isNewest) return testRacesAndLives(open)
  if (layout === 'replica set') testLayout(open)
  else testDomain(open)
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
