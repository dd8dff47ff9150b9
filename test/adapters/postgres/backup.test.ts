import { chmodSync, mkdirSync } from 'node:fs'
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
  recoverPostgres,
  runProgram,
  startPostgres,
} from '../../support/servers/postgres.ts'
import { scratchFolder } from '../../support/servers/script.ts'
import { until } from '../../support/servers/until.ts'

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

describeWith('a point in time of PostgreSQL', { found: postgresBinaries, missing: postgresMissing }, () => {
  const scratch = scratchFolder()
  const servers: Postgres[] = []
  const current = () => servers.at(-1) as Postgres
  /** The backup from which the present server can be recovered; undefined until it is made. */
  let base: string | undefined
  let archive = ''
  const folderOf = (name: string) => {
    const folder = join(scratch.folder, `${name}${servers.length}`)
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    return folder
  }
  const archiving = () => {
    archive = folderOf('archive')
    return `
archive_mode = on
archive_command = 'cp "%p" "${archive}/%f"'
`
  }
  beforeAll(async () => {
    chmodSync(scratch.folder, 0o777)
    servers.push(await startPostgres(archiving()))
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    scratch.remove()
  })

  testRestoring({
    async open() {
      const store = postgresStore({ client: () => new Client(current().url) })
      await quietly(() => store.prepare())
      if (base === undefined) {
        base = join(folderOf('base'), 'data')
        await runProgram('pg_basebackup', ['-D', base, '-c', 'fast', '-X', 'none', '--no-sync', '-d', current().url])
      }
      return store
    },
    // The records are younger than the base backup: they are in the archive only.
    backUp: () => current().sql(`SELECT pg_create_restore_point('before')`),
    async restore() {
      const server = current()
      const [switched] = await server.sql('SELECT pg_walfile_name(pg_switch_wal()) AS file')
      await until('the log is in the archive', async () => {
        const [row] = await server.sql('SELECT last_archived_wal AS file FROM pg_stat_archiver')
        return row?.file === switched?.file
      })
      await server.signal('SIGKILL')
      const recovery = `
restore_command = 'cp "${archive}/%f" "%p"'
recovery_target_name = 'before'
recovery_target_action = 'promote'
`
      servers.push(await recoverPostgres(base as string, recovery + archiving()))
      base = undefined
    },
  })
})
