import { EventEmitter } from 'node:events'
import { memoryTarget } from '../../../support/memory-target.ts'

/** Its stores have a client whose errors nothing listens to. */
export const target = memoryTarget({
  node: (inner) => {
    const client = new EventEmitter()
    return {
      ...inner,
      get: (refs) =>
        inner.get(refs).catch((error) => {
          setImmediate(() => client.emit('error', error))
          throw error
        }),
    }
  },
})
