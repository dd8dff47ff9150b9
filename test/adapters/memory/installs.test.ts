import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testInstalls } from '../../suites/installs.ts'

describe('installs on the memory store', () => testInstalls(async () => memoryStore()))
