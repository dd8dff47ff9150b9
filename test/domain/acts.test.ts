import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { testActs } from './acts-table.ts'

describe('the table of acts on the memory store', () => testActs(async () => memoryStore()))
