import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { testRestoring } from '../../suites/restoring.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { quietly } from '../../support/servers/mongo-target.ts'
import {
  type Postgres,
  postgresBinaries,
  postgresMissing,
  runProgram,
  startPostgres,
} from '../../support/servers/postgres.ts'
import { scratchFolder } from '../../support/servers/script.ts'

describeWith('a dump of PostgreSQL', { found: postgresBinaries, missing: postgresMissing }, () => {
  let server: Postgres
  const scratch = scratchFolder()
  const file = join(scratch.folder, 'backup.dump')
  beforeAll(async () => {
    // The programs run as the user of the server.
    chmodSync(scratch.folder, 0o777)
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.stop()
    scratch.remove()
  })

  testRestoring({
    async open() {
      const store = postgresStore({ client: () => new Client(server.url) })
      await quietly(() => store.prepare())
      return store
    },
    backUp: () => runProgram('pg_dump', ['-Fc', '-f', file, server.url]),
    restore: () => runProgram('pg_restore', ['--clean', '--single-transaction', '-d', server.url, file]),
  })
})
