import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { testActs } from './acts-table.ts'
import { SIGNING } from './signing.ts'

describe('the table of acts on the memory store', () => testActs(async () => memoryStore()))

describe('the table of acts on the memory store, with signed tokens', () =>
  testActs(async () => memoryStore(), { signing: SIGNING }))
