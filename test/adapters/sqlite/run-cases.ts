// Runs the conformance kit and this adapter's own cases on one driver and prints a line of JSON for each. Arguments: driver, folder.
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type ConformanceTarget, conformance } from '../../../src/testing/index.ts'
import { sweptAt } from '../../support/swept-at.ts'
import { commitCases } from './commit-cases.ts'
import { failureCases } from './failure-cases.ts'
import { fileCases } from './file-cases.ts'
import { type Place, placeIn } from './place.ts'
import { secretCases } from './secret-cases.ts'

const [, , driver = '', folder = ''] = process.argv

interface Run {
  readonly name: string
  /** For a case of the kit, what it resolves to. */
  run(place: Place): Promise<unknown>
}

const kit: readonly Run[] = conformance.map(({ name, run }) => ({
  name: `kit: ${name}`,
  run: (place) => run(targetIn(place, folder)),
}))

for (const { name, run } of [...kit, ...commitCases, ...failureCases, ...fileCases, ...secretCases] satisfies Run[]) {
  const place = placeIn(folder, driver)
  const [outcome] = await Promise.allSettled([run(place)])
  await place.close()
  const failure = outcome.status === 'rejected' ? { failure: String(outcome.reason?.stack ?? outcome.reason) } : {}
  const result = outcome.status === 'fulfilled' ? { result: outcome.value } : {}
  process.stdout.write(`${JSON.stringify({ name, ...failure, ...result })}\n`)
}

/** A database that is out of reach is a file that is not in its place. */
function targetIn(place: Place, folder: string): ConformanceTarget {
  const fileOf = (namespace: string) => join(folder, `${namespace}.db`)
  return {
    open: async (namespace) => place.store(fileOf(namespace)),
    sweep: (namespace, now) => sweptAt(now, place.store(fileOf(namespace))),
    break: async (namespace) => renameSync(fileOf(namespace), `${fileOf(namespace)}.away`),
    restore: async (namespace) => {
      if (existsSync(`${fileOf(namespace)}.away`)) renameSync(`${fileOf(namespace)}.away`, fileOf(namespace))
    },
  }
}
