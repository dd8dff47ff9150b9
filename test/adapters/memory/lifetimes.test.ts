import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testLifetimes } from '../../suites/lifetimes.ts'

testLifetimes(async () => memoryStore())
