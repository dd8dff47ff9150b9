// A target for the kit, in a process of its own. The port of the server is in the URL of this module.
import { MongoClient } from 'mongodb'
import { mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { startProxy } from '../../faults/tcp-proxy.ts'

const port = Number(new URL(import.meta.url).searchParams.get('port'))
const proxy = await startProxy({ host: '127.0.0.1', port })

export const target = {
  open: async (namespace: string) => {
    const url = `mongodb://127.0.0.1:${proxy.address.port}/?directConnection=true`
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 1000 })
    const store = mongoStore({ db: client.db('appgrant_tests'), collection: namespace })
    await store.prepare()
    return {
      ...store,
      close: async () => {
        await store.close()
        await client.close()
        await proxy.close()
      },
    }
  },
  break: async () => proxy.cutAtReply(() => 1),
  restore: async () => proxy.heal(),
}
