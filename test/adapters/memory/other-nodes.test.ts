import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testOtherNodes } from '../../suites/other-nodes.ts'

testOtherNodes(async () => memoryStore())
