import { describe } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { testSessions } from './session-suite.ts'

const open = async () => memoryStore()

describe('sessions on the memory store', () => testSessions(open))
