import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testClocks } from '../../suites/clocks.ts'
import { SIGNING } from '../../support/signing.ts'

const open = async () => memoryStore()

describe('clocks on the memory store', () => testClocks(open))

describe('clocks with signed access tokens', () => testClocks(open, { signing: SIGNING }))
