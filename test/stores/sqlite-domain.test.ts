import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sqliteStore } from '../../adapters/sqlite/sqlite-store.ts'
import { testDomain } from '../domain/user-suites.ts'
import { describeWith } from '../servers/describe-with.ts'
import { inThisProcess, scratchFolder } from '../servers/sqlite.ts'

describeWith('apps, tokens and sessions on SQLite', inThisProcess, (database) => {
  const scratch = scratchFolder()
  afterAll(() => scratch.remove())
  testDomain(async () => {
    const store = sqliteStore(database(join(scratch.folder, `${randomUUID()}.db`)))
    await store.prepare()
    return store
  })
})
