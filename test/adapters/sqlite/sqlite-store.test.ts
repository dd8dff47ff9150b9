import { afterAll, beforeAll, expect, it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { bundled, scratchFolder, started } from '../../support/servers/script.ts'
import { sqliteDrivers } from '../../support/servers/sqlite.ts'
import { commitCases } from './commit-cases.ts'
import { failureCases } from './failure-cases.ts'
import { fileCases } from './file-cases.ts'

// Each driver runs in a process of its own, since one of them needs another Node; here every case gets its line.
for (const { title, found, missing } of sqliteDrivers) {
  describeWith(`sqliteStore by ${title}`, { found, missing }, ({ driver, node }) => {
    const outcomes = new Map<string, string | undefined>()
    const scratch = scratchFolder()
    beforeAll(async () => {
      const script = started(node, [
        '--no-warnings',
        await bundled('adapters/sqlite/run-cases.ts', scratch),
        driver,
        scratch.folder,
      ])
      const { rest, how } = await script.ended()
      for (const line of rest) {
        const { name, failure } = JSON.parse(line)
        outcomes.set(name, failure)
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
    for (const { name } of [...commitCases, ...failureCases, ...fileCases]) passes(name, name)
  })
}
