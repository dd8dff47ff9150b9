import { describe, it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { memoryTarget } from '../../support/memory-target.ts'

describe('memoryStore', () => {
  const target = memoryTarget()
  for (const { name, rule, run } of conformance) it(`${name}: ${rule}`, () => run(target))
})
