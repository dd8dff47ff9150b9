import type { MongoClient } from 'mongodb'
import { afterEach, beforeAll } from 'vitest'
import { testDomain, testRivals } from '../domain/user-suites.ts'
import {
  collectionOf,
  describeWithMongo,
  freshName,
  type MongoTarget,
  preparedStore,
  storeOn,
} from '../servers/mongo-target.ts'
import { testHistories } from './histories/histories.ts'

/** What must hold of the whole library, on servers of one layout. Each has a file of its own, so that they run side by side. */
export const testOnMongo = (only: 'standalone' | 'replica set') =>
  describeWithMongo(
    'apps, tokens and sessions on MongoDB',
    (target, isNewest) => suite(target, { isNewest, signedToo: only === 'standalone' }),
    { only },
  )

function suite(
  target: () => MongoTarget,
  { isNewest, signedToo }: { readonly isNewest: boolean; readonly signedToo: boolean },
): void {
  let client: MongoClient
  // To make a collection and its indexes takes longer than most of these tests do: once emptied it serves the next one.
  const used: string[] = []
  const empty: string[] = []
  beforeAll(() => {
    client = target().connect()
  })
  afterEach(async () => {
    await Promise.all(used.map((name) => collectionOf(client, name).deleteMany({})))
    empty.push(...used.splice(0))
  })
  const open = async () => {
    const again = empty.pop()
    const name = again ?? freshName()
    used.push(name)
    return again ? storeOn(client, name) : preparedStore(client, name)
  }
  if (!isNewest) {
    testRivals(open)
    return
  }
  testDomain(open, { signedToo })
  // One find is not one instant: each of its reads stands for itself.
  const database = () => ({ mongodb: target().url, collection: freshName() })
  testHistories({ database, lives: 10, oneInstant: false })
}
