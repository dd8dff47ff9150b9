import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testSelfRegistration } from '../../suites/self-registration.ts'

testSelfRegistration(async () => memoryStore())
