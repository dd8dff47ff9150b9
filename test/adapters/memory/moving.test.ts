import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testMoving } from '../../suites/moving.ts'

describe('moving from one memory store to another', () =>
  testMoving(
    async () => memoryStore(),
    async () => memoryStore(),
  ))
