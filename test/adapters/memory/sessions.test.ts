import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testSessions, testSessionsWith } from '../../suites/sessions.ts'
import { SIGNING } from '../../support/signing.ts'

const open = async () => memoryStore()

describe('sessions on the memory store', () => testSessions(open))

describe('sessions with signed access tokens', () => testSessionsWith(open, { signing: SIGNING }))
