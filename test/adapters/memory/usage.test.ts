import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testUsage } from '../../suites/usage.ts'

describe('last use on the memory store', () => testUsage(async () => memoryStore()))
