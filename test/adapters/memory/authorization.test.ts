import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testAuthorization } from '../../suites/authorization.ts'

describe('authorization on the memory store', () => testAuthorization(async () => memoryStore()))
