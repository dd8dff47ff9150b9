import type { MongoClient } from 'mongodb'
import { beforeAll, it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { describeWithMongo, preparedStore } from '../../support/servers/mongo-target.ts'

describeWithMongo('mongoStore passes the conformance kit', (target) => {
  let client: MongoClient
  beforeAll(() => {
    client = target().connect()
  })
  for (const { name, rule, run } of conformance)
    it(`${name}: ${rule}`, () => run({ open: (namespace) => preparedStore(client, namespace) }))
})
