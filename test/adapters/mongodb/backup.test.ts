import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll } from 'vitest'
import { testRestoring } from '../../suites/restoring.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { preparedStore } from '../../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../../support/servers/mongod.ts'

const BACKUP = 'backup'
/** What is of the process, not of the data. */
const isData = (name: string) => ![BACKUP, 'mongod.log', 'mongod.lock'].includes(name)

describeWith('a copy of the files of MongoDB', { found: mongodBinary, missing: mongodMissing }, () => {
  let server: Mongod
  const clients: MongoClient[] = []
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await server?.stop()
  })

  testRestoring({
    async open() {
      const client = new MongoClient(server.url)
      clients.push(client)
      return preparedStore(client, 'backup')
    },
    async backUp() {
      const { folder } = server
      await rm(join(folder, BACKUP), { recursive: true, force: true })
      await server.command({ fsync: 1, lock: true })
      for (const name of (await readdir(folder)).filter(isData))
        await cp(join(folder, name), join(folder, BACKUP, name), { recursive: true })
      await server.command({ fsyncUnlock: 1 })
    },
    async restore() {
      const { folder } = server
      await Promise.all(clients.splice(0).map((client) => client.close()))
      await server.signal('SIGKILL')
      for (const name of (await readdir(folder)).filter((name) => name !== BACKUP))
        await rm(join(folder, name), { recursive: true })
      await cp(join(folder, BACKUP), folder, { recursive: true })
      await server.restart()
    },
  })
})
