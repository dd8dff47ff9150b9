import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testImporting } from '../../suites/importing.ts'
import { testImportingInstalls } from '../../suites/importing-installs.ts'

describe('importing into the memory store', () => {
  testImporting(async () => memoryStore(), { apps: 10_000 })
  testImportingInstalls(async () => memoryStore(), { refreshTokens: 1000 })
})
