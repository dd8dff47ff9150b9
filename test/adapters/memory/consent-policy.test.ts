import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testConsentPolicy } from '../../suites/consent-policy.ts'

testConsentPolicy(async () => memoryStore())
