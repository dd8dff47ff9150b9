import type { MongoClient } from 'mongodb'
import { beforeAll } from 'vitest'
import { testDomain } from '../domain/user-suites.ts'
import { describeWithMongo, preparedStore } from '../servers/mongo-target.ts'

describeWithMongo(
  'apps, tokens and sessions on MongoDB',
  (target) => {
    let client: MongoClient
    beforeAll(() => {
      client = target().connect()
    })
    testDomain(() => preparedStore(client))
  },
  // The drivers differ below the port, where the conformance kit looks at both.
  { drivers: 1 },
)
