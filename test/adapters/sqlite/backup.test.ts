import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { testRestoring } from '../../suites/restoring.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { scratchFolder } from '../../support/servers/script.ts'
import { BETTER_SQLITE3, inThisProcess } from '../../support/servers/sqlite.ts'

/** In a process of its own, as the command of SQLite is. */
const VACUUM = `new (require(process.argv[1]))(process.argv[2]).exec("VACUUM INTO '" + process.argv[3] + "'")`

describeWith('a backup of SQLite', inThisProcess, (opener) => {
  const scratch = scratchFolder()
  afterAll(() => scratch.remove())
  const file = join(scratch.folder, 'appgrant.db')
  const backup = () => join(scratch.folder, `${randomUUID()}.db`)
  let last = ''

  testRestoring({
    async open() {
      writeFileSync(file, '', { mode: 0o600, flag: 'a' })
      const handle = opener.open(file)
      const store = sqliteStore(handle as string)
      await store.prepare()
      return {
        ...store,
        async close() {
          await store.close()
          if (typeof handle !== 'string') (handle as { close(): void }).close()
        },
      }
    },
    async backUp() {
      last = backup()
      execFileSync(process.execPath, ['-e', VACUUM, BETTER_SQLITE3, file, last])
      chmodSync(last, 0o600)
    },
    async restore() {
      for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
      renameSync(last, file)
    },
  })
})
