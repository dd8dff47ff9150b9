import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testLimits } from '../../suites/limits.ts'

describe('limits on the memory store', () => testLimits(async () => memoryStore()))
