import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { testCommandLine } from '../../suites/command-line.ts'
import { commandLine, type RunCommand, resultsIn } from '../../support/command-line.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { ask, type Script, scratchFolder, started } from '../../support/servers/script.ts'
import { inThisProcess, sqliteDrivers } from '../../support/servers/sqlite.ts'

const withDriver = sqliteDrivers.find(({ title }) => title === 'node:sqlite')
const opener = inThisProcess.found
const both = {
  found: withDriver?.found && opener && { node: withDriver.found.node, open: opener.open },
  missing: `${withDriver?.missing}, or ${inThisProcess.missing}`,
}

describeWith('the command line on SQLite', both, ({ node, open }) => {
  const scratch = scratchFolder()
  // The command line opens a file with node:sqlite, which the Node of the tests may not have.
  let other: Script
  beforeAll(() => {
    other = started(node, ['--no-warnings', 'test/adapters/sqlite/run-command-line.ts'])
  })
  afterAll(async () => {
    other?.child.stdin?.end()
    await other?.ended()
    scratch.remove()
  })
  const run: RunCommand = (...call) => ask(other, call)
  const path = () => join(scratch.folder, `${randomUUID()}.db`)

  const damaged = () => {
    const file = path()
    writeFileSync(file, 'not a database, but long enough to be one'.repeat(100), { mode: 0o600 })
    return file
  }

  testCommandLine(() => {
    const file = path()
    return {
      args: ['--store', file],
      failing: ['--store', damaged()],
      async open() {
        writeFileSync(file, '', { mode: 0o600 })
        const store = sqliteStore(open(file))
        await store.prepare()
        return store
      },
    }
  }, run)

  it('doctor names a file that others can read, and one that is not a database', async () => {
    const file = path()
    writeFileSync(file, '', { mode: 0o644 })
    chmodSync(file, 0o644)
    const readable = await run(['doctor', '--json', '--store', file])
    expect(resultsIn(readable)).toContainEqual(
      expect.objectContaining({ status: 'warning', code: 'APPGRANT_SQLITE_MODE' }),
    )
    const other = await run(['doctor', '--json', '--store', damaged()])
    expect(other.code).toBe(1)
    expect(resultsIn(other)).toContainEqual(expect.objectContaining({ check: 'prepare', status: 'failed' }))
  })

  it('a path without a file is an error, and no file is created', async () => {
    const file = path()
    const ran = await commandLine(['doctor', '--store', file])
    expect(ran).toEqual({ code: 2, out: '', err: expect.stringContaining('there is no file at this path') })
    expect(existsSync(file)).toBe(false)
  })
})
