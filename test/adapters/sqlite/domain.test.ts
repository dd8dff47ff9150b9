import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { testEveryStore } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testSameLifecycles } from '../../suites/lifecycles.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { bundled, scratchFolder, started } from '../../support/servers/script.ts'
import { inThisProcess, sqliteDrivers } from '../../support/servers/sqlite.ts'

describeWith('apps, tokens and sessions on SQLite', inThisProcess, ({ open }) => {
  const scratch = scratchFolder()
  afterAll(() => scratch.remove())
  testEveryStore(async () => {
    const store = sqliteStore(open(join(scratch.folder, `${randomUUID()}.db`)))
    await store.prepare()
    return store
  })
})

for (const { title, found, missing } of sqliteDrivers) {
  describeWith(`apps, tokens and sessions on SQLite by ${title}, in processes of its own`, { found, missing }, (by) => {
    const { driver, node } = by
    const scratch = scratchFolder()
    afterAll(() => scratch.remove())

    if (driver !== inThisProcess.found?.driver)
      testSameLifecycles(async (whose, seed) => {
        const program = await bundled('adapters/sqlite/run-lifecycle.ts', {
          ...scratch,
          packages: ['fast-check', 'vitest'],
        })
        const lives = started(node, ['--no-warnings', program, driver, scratch.folder, whose, `${seed}`])
        const { rest, how } = await lives.ended()
        expect(how, 'how the process of the lives ended').toBe(0)
        return JSON.parse(rest[0] ?? 'null')
      })

    const database = () => ({ sqlite: join(scratch.folder, `${randomUUID()}.db`), driver })
    testHistories({ database, node, lives: 10 })
  })
}
