import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testClocks } from '../../suites/clocks.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import { SIGNING } from '../../support/signing.ts'

const open = async () => memoryStore()

describe('clocks on the memory store', () => testClocks(open))

describe('a store in memory with a clock', () =>
  testWrongClocks(async () => ({ ...memoryStore(), time: async () => Date.now() })))

describe('clocks with signed access tokens', () => testClocks(open, { signing: SIGNING }))
