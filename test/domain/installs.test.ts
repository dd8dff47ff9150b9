import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { testInstalls } from './installs-suite.ts'

describe('installs on the memory store', () => testInstalls(async () => memoryStore()))
