import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testSecrets } from '../../suites/secrets.ts'

describe('secrets on the memory store', () => testSecrets(async () => memoryStore()))
