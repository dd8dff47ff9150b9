import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MongoStore, mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { CANARIES, canaryRecord, type Listener, listenForCanaries } from '../../support/canaries.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { DRIVERS, freshName, OLDEST_DRIVERS, quietly } from '../../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../../support/servers/mongod.ts'

const ADMIN = 'admin:admin'
const DB = 'secrets'

describeWith('secrets in the errors of mongoStore', { found: mongodBinary, missing: mongodMissing }, () => {
  let server: Mongod
  let admin: MongoClient
  let listener: Listener
  beforeAll(async () => {
    server = await startMongod('--auth')
    await server.command({ createUser: 'admin', pwd: 'admin', roles: ['root'] })
    admin = new MongoClient(server.url.replace('//', `//${ADMIN}@`))
  })
  afterAll(async () => {
    await admin?.close()
    await server?.stop()
  })
  beforeEach(() => {
    listener = listenForCanaries()
  })
  afterEach(() => listener.stop())

  describe.each([...DRIVERS, ...OLDEST_DRIVERS])('$driver', ({ Client }) => {
    /** A store of a user with these roles, on a collection of its own. */
    const using = async (
      body: (store: MongoStore, collection: string) => Promise<void>,
      { roles = ['root'], password = CANARIES.password }: { roles?: readonly string[]; password?: string } = {},
    ) => {
      const [name, user] = [freshName(), freshName()]
      await admin.db('admin').command({ createUser: user, pwd: CANARIES.password, roles: [...roles] })
      const client = new Client(server.url, {
        auth: { username: user, password },
        authSource: 'admin',
        serverSelectionTimeoutMS: 300,
      })
      try {
        await body(mongoStore({ db: client.db(DB), collection: name }), name)
      } finally {
        await client.close()
      }
    }
    const prepare = (collection: string) => quietly(() => mongoStore({ db: admin.db(DB), collection }).prepare())

    it('a wrong password shows neither password nor record (ERR-8)', async () => {
      await using(
        async (store) => {
          expect(await listener.callAll(store)).toBe(10)
        },
        { password: `${CANARIES.password}x` },
      )
      listener.expectNoCanaries()
    })

    it('a user who may only read, and one who may nothing, show no record: the server quotes the whole command (ERR-8)', async () => {
      for (const [roles, least] of [
        [['readAnyDatabase'], 4],
        [[], 7],
      ] as const)
        await using(
          async (store, name) => {
            await prepare(name)
            expect(await listener.callAll(store)).toBeGreaterThanOrEqual(least)
          },
          { roles },
        )
      listener.expectNoCanaries()
    })

    it('a collection without indexes, and one with a validator, show no record: the server quotes filter and document (ERR-8)', async () => {
      await using(async (store, name) => {
        await store.insert(canaryRecord())
        const { prepare: _, ...unprepared } = store
        expect(await listener.callAll(unprepared)).toBeGreaterThanOrEqual(3)
        await prepare(name)
        await admin.db(DB).command({ collMod: name, validator: { data: { $exists: false } } })
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(3)
      })
      listener.expectNoCanaries()
    })

    it('a unique index that refuses a document quotes its key, which is not shown (ERR-8)', async () => {
      await using(async (store, name) => {
        await prepare(name)
        await admin.db(DB).collection(name).createIndex({ revision: 1 }, { unique: true, name: 'of_the_host' })
        const [app, other] = [canaryRecord(), canaryRecord()]
        expect([await store.insert(app), await store.insert(other)]).toEqual(['inserted', 'inserted'])
        const { revision } = app
        const refused = [
          store.insert(canaryRecord({ revision })),
          store.insert(canaryRecord({ revision }), { limit: { group: CANARIES.group, max: 5 } }),
          store.replace(other, { ...other, revision }),
        ]
        for (const call of refused) expect(await listener.catching(call)).toBeInstanceOf(Error)
      })
      listener.expectNoCanaries()
    })

    it('commands that fail on the server, and connections that it closes, show no document (ERR-8)', async () => {
      const failCommand = (mode: object | string, data: object = {}) =>
        admin.db('admin').command({ configureFailPoint: 'failCommand', mode, data })
      const commands = ['insert', 'update', 'find', 'aggregate', 'listIndexes']
      await using(async (store, name) => {
        await prepare(name)
        for (const data of [
          { errorCode: 11_600, errorLabels: ['RetryableWriteError'] },
          { errorCode: 96 },
          { closeConnection: true },
          { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } },
        ]) {
          const failCommands = 'writeConcernError' in data ? ['insert', 'update'] : commands
          await failCommand('alwaysOn', { failCommands, ...data })
          await listener.callAll(store)
          await failCommand('off')
        }
      })
      listener.expectNoCanaries()
    })

    it('a server that is killed shows nothing (ERR-8)', async () => {
      await using(async (store, name) => {
        await prepare(name)
        await store.insert(canaryRecord())
        await server.signal('SIGKILL')
        try {
          expect(await listener.callAll(store)).toBe(10)
        } finally {
          await server.restart()
        }
      })
      listener.expectNoCanaries()
    })
  })
})
