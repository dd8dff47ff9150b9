import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testLeaks } from '../../suites/leaks.ts'

describe('leaks on the memory store', () => testLeaks(async () => memoryStore()))
