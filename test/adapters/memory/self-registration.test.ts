import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testSelfRegisteredOperations } from '../../suites/self-registered-operations.ts'
import { testSelfRegistration } from '../../suites/self-registration.ts'

const open = async () => memoryStore()
testSelfRegistration(open, { appsPerOwner: 1000 })
testSelfRegisteredOperations(open)
