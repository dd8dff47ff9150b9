import { memoryTarget } from '../../../support/memory-target.ts'

export const target = memoryTarget()
