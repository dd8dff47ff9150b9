import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MongoDb, mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { DRIVERS } from '../../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../../support/servers/mongod.ts'

describeWith('what mongoStore().prepare() says of a server', { found: mongodBinary, missing: mongodMissing }, () => {
  let server: Mongod
  beforeAll(async () => {
    server = await startMongod('--auth')
    // The first user of a server may be created by anybody on its machine.
    await server.command({ createUser: 'root', pwd: 'pw', roles: ['root'] })
    const root = new MongoClient(`mongodb://root:pw@${server.host}/`)
    const roles = [{ role: 'read', db: 'appgrant_tests' }]
    await root.db('admin').command({ createUser: 'poor', pwd: 'pw', roles })
    await root.close()
  })
  afterAll(() => server?.stop())

  it.each([
    ['nobody listens', {}, /no MongoDB server/, /hosts/],
    ['no user', { user: '' }, /may not use the collection/, /readWrite.*password/],
    ['a wrong password', { user: 'poor:wrong@' }, /refuses the user or its password/, /authSource/],
    ['a user that may only read', { user: 'poor:pw@' }, /may not use the collection/, /role readWrite/],
  ] as const)('%s', async (what, { user = '' }: { readonly user?: string }, message, hint) => {
    const host = what === 'nobody listens' ? `127.0.0.1:${await freePort()}` : server.host
    for (const { Client } of DRIVERS) {
      const client = new Client(`mongodb://${user}${host}/?authSource=admin`, {
        serverSelectionTimeoutMS: 500,
      })
      const store = mongoStore({ db: client.db('appgrant_tests') as unknown as MongoDb })
      await expect(store.prepare()).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      })
      await store.close()
      await client.close()
    }
  })
})
