// A target for the kit, in a process of its own. The port of the server is in the URL of this module.
import { Client } from 'pg'
import { postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { startProxy } from '../../faults/tcp-proxy.ts'

const url = new URL(String(new URL(import.meta.url).searchParams.get('server')))
const proxy = await startProxy({ host: '127.0.0.1', port: Number(url.port) })
url.port = String(proxy.address.port)

export const target = {
  open: async (namespace: string) => {
    const store = postgresStore({ client: () => new Client(url.href), table: namespace })
    await store.prepare()
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
