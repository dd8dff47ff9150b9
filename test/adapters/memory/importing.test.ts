import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testImporting } from '../../suites/importing.ts'

describe('importing into the memory store', () => testImporting(async () => memoryStore(), { apps: 10_000 }))
