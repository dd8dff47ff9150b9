import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { testActs, testFailingActs } from './acts-table.ts'
import { SIGNING } from './signing.ts'

describe('the table of operations on the memory store', () => {
  testActs(async () => memoryStore())
  testFailingActs(async () => memoryStore())
})

describe('the table of operations on the memory store, with signed tokens', () =>
  testActs(async () => memoryStore(), { signing: SIGNING }))
