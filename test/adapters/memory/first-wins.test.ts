import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testFirstWins } from '../../suites/first-wins.ts'

describe('calls that only the first one wins on the memory store', () => testFirstWins(async () => memoryStore()))
