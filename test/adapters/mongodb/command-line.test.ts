import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { testCommandLine } from '../../suites/command-line.ts'
import { commandLine, resultsIn } from '../../support/command-line.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { freshName, quietly } from '../../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../../support/servers/mongod.ts'

describeWith('the command line on MongoDB', { found: mongodBinary, missing: mongodMissing }, () => {
  let server: Mongod
  let client: MongoClient
  beforeAll(async () => {
    server = await startMongod()
    client = new MongoClient(server.url)
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })
  const url = () => `${server.url}appgrant_tests`

  testCommandLine(() => {
    const collection = freshName()
    return {
      args: ['--store', url(), '--collection', collection],
      failing: ['--store', 'mongodb://127.0.0.1:1/nothing'],
      async open() {
        const store = mongoStore({ db: client.db('appgrant_tests'), collection })
        await quietly(() => store.prepare())
        return store
      },
    }
  }, commandLine)

  it('doctor names a standalone server, and an index that is not as it should be', async () => {
    const name = freshName()
    const doctor = () => commandLine(['doctor', '--json', '--store', url(), '--collection', name])
    const alone = await doctor()
    expect(alone.code).toBe(0)
    expect(resultsIn(alone)).toContainEqual(
      expect.objectContaining({ status: 'warning', code: 'APPGRANT_MONGODB_STANDALONE' }),
    )
    const collection = client.db('appgrant_tests').collection(name)
    await collection.dropIndex('appgrant_reclaim')
    await collection.createIndex({ reclaimAt: 1 }, { name: 'appgrant_reclaim', expireAfterSeconds: 60 })
    const other = await doctor()
    expect(other.code).toBe(1)
    expect(resultsIn(other)).toContainEqual(
      expect.objectContaining({ check: 'prepare', status: 'failed', message: expect.stringContaining('index') }),
    )
  })

  it('a URL without a database is refused, because the driver would take another one than the host', async () => {
    const ran = await commandLine(['apps', 'list', '--store', server.url])
    expect(ran).toEqual({ code: 2, out: '', err: expect.stringContaining('mongodb://HOST/DATABASE') })
  })

  it('a command on a server that does not respond says so and did nothing', async () => {
    const ran = await commandLine(['apps', 'list', '--store', 'mongodb://127.0.0.1:1/x'])
    expect(ran).toEqual({
      code: 3,
      out: '',
      err: expect.stringMatching(/^appgrant: store_unavailable: .*ECONNREFUSED/s),
    })
    const doctor = await commandLine(['doctor', '--json', '--store', 'mongodb://127.0.0.1:1/x'])
    expect(doctor.out).toContain('Correct the hosts')
  })
})
