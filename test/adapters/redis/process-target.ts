// A target for the kit, in a process of its own. The port of the server is in the URL of this module.
import { Redis } from 'ioredis'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { startProxy } from '../../faults/tcp-proxy.ts'

const port = Number(new URL(import.meta.url).searchParams.get('port'))
const proxy = await startProxy({ host: '127.0.0.1', port })

export const target = {
  open: async (namespace: string) => {
    const store = redisStore({ client: new Redis({ ...proxy.address, lazyConnect: true }), namespace })
    return {
      ...store,
      close: async () => {
        await store.close()
        await proxy.close()
      },
    }
  },
  break: async () => proxy.cutAtReply(() => 1),
  restore: async () => proxy.heal(),
}
