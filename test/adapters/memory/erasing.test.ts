import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testErasing } from '../../suites/erasing.ts'

describe('erasing on the memory store', () => testErasing(async () => memoryStore()))
