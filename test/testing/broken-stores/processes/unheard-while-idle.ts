import { EventEmitter } from 'node:events'
import { memoryTarget } from '../../../support/memory-target.ts'

const client = new EventEmitter()
let used = 0
const inner = memoryTarget({
  node: (store) => ({
    ...store,
    get: (refs) => {
      used++
      return store.get(refs)
    },
  }),
})

/** Its stores have a pool whose errors nothing listens to. The error of a connection that is used by then goes to its call. */
export const target = {
  ...inner,
  async break(...given: Parameters<NonNullable<typeof inner.break>>) {
    await inner.break?.(...given)
    const before = used
    setTimeout(() => used === before && client.emit('error', new Error('the connection was lost')), 50)
  },
}
