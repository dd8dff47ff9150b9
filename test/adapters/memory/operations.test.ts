import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testEveryMethodIsInTheTable, testFailingOperations, testOperations } from '../../suites/operations.ts'
import { SIGNING } from '../../support/signing.ts'

describe('the table of operations on the memory store', () => {
  testOperations(async () => memoryStore())
  testFailingOperations(async () => memoryStore())
  testEveryMethodIsInTheTable(async () => memoryStore())
})

describe('the table of operations on the memory store, with signed tokens', () =>
  testOperations(async () => memoryStore(), { signing: SIGNING }))
