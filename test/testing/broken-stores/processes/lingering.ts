import { memoryTarget } from '../../../support/memory-target.ts'

/** Its stores leave a timer. */
export const target = memoryTarget({
  node: (inner) => {
    setInterval(() => {}, 1000)
    return inner
  },
})
