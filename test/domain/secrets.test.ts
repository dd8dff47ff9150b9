import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { testSecrets } from './secrets-suite.ts'

describe('what the memory store holds and what is shown', () => testSecrets(async () => memoryStore()))
