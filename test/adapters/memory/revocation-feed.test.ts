import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testRevocationFeed } from '../../suites/revocation-feed.ts'

describe('the revocation feed on the memory store', () => testRevocationFeed(async () => memoryStore()))
