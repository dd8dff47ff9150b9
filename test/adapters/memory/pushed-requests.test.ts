import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testPushedRequests } from '../../suites/pushed-requests.ts'

describe('pushed requests on the memory store', () => testPushedRequests(async () => memoryStore()))
