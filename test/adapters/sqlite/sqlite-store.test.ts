import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ConformanceResult, conformance } from '../../../src/testing/index.ts'
import { expectTried } from '../../support/kit.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { bundled, scratchFolder, started } from '../../support/servers/script.ts'
import { oldestSqliteDrivers, sqliteDrivers } from '../../support/servers/sqlite.ts'
import { commitCases } from './commit-cases.ts'
import { failureCases } from './failure-cases.ts'
import { fileCases } from './file-cases.ts'
import { secretCases } from './secret-cases.ts'

// Each driver runs in a process of its own, since one of them needs another Node; here every case gets its line.
for (const { title, found, missing } of [...sqliteDrivers, ...oldestSqliteDrivers]) {
  describeWith(`sqliteStore by ${title}`, { found, missing }, ({ driver, node, betterSqlite3 }) => {
    const outcomes = new Map<string, string | undefined>()
    const results: ConformanceResult[] = []
    const scratch = scratchFolder()
    beforeAll(async () => {
      const script = started(node, [
        '--no-warnings',
        await bundled('adapters/sqlite/run-cases.ts', { ...scratch, packages: ['jose'], betterSqlite3 }),
        driver,
        scratch.folder,
      ])
      const { rest, how } = await script.ended()
      for (const line of rest) {
        const { name, failure, result } = JSON.parse(line)
        outcomes.set(name, failure)
        if (result) results.push(result)
      }
      expect(how, 'how the process of the cases ended').toBe(0)
    })
    afterAll(() => scratch.remove())

    const passes = (name: string, title: string) =>
      it(title, () => {
        if (!outcomes.has(name)) expect.fail('the case did not end')
        if (outcomes.get(name)) expect.fail(outcomes.get(name))
      })
    for (const { name, rule } of conformance) passes(`kit: ${name}`, `${name}: ${rule}`)
    it('kit: everything is tried, but what needs watch, time or a process', () => {
      expectTried(results, ['the store has no time', 'the store has no watch', 'the target has no process'])
    })
    for (const { name } of [...commitCases, ...failureCases, ...fileCases, ...secretCases]) passes(name, name)
  })
}
