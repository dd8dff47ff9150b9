import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testAssertions } from '../../suites/assertions.ts'

describe('assertions on the memory store', () => testAssertions(async () => memoryStore()))
