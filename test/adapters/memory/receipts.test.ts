import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testReceipts } from '../../suites/receipts.ts'

describe('receipts on the memory store', () => testReceipts(async () => memoryStore()))
