// Runs the conformance kit and this adapter's own cases on one driver and prints a line of JSON for each. Arguments: driver, folder.
import { join } from 'node:path'
import { conformance } from '../../../src/testing/index.ts'
import { commitCases } from './commit-cases.ts'
import { failureCases } from './failure-cases.ts'
import { fileCases } from './file-cases.ts'
import { placeIn, type SqliteCase } from './place.ts'

const [, , driver = '', folder = ''] = process.argv

const kit: readonly SqliteCase[] = conformance.map(({ name, run }) => ({
  name: `kit: ${name}`,
  run: (place) => run({ open: async (namespace) => place.store(join(folder, `${namespace}.db`)) }),
}))

for (const { name, run } of [...kit, ...commitCases, ...failureCases, ...fileCases]) {
  const place = placeIn(folder, driver)
  const [outcome] = await Promise.allSettled([run(place)])
  await place.close()
  const failure = outcome.status === 'rejected' ? { failure: String(outcome.reason?.stack ?? outcome.reason) } : {}
  process.stdout.write(`${JSON.stringify({ name, ...failure })}\n`)
}
