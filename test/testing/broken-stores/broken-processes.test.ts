import { describe, expect, it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { brokenProcesses, soundProcess } from './broken-processes.ts'

describe('broken stores in a process of their own', () => {
  const cases = conformance.filter(({ name }) => name.startsWith('the process '))
  for (const { defect, fails, target } of [soundProcess, ...brokenProcesses])
    it(`kit: exactly the cases about it fail if ${defect}`, async () => {
      const outcomes = await Promise.allSettled(cases.map(({ run }) => run(target())))
      const failed = cases.filter((_, n) => outcomes[n]?.status === 'rejected')
      expect(failed.map(({ name }) => name)).toEqual(fails)
    })
})
