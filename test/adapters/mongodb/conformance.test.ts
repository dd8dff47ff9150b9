import type { MongoClient } from 'mongodb'
import { afterAll, beforeAll } from 'vitest'
import { startProxy, type TcpProxy } from '../../faults/tcp-proxy.ts'
import { passesTheKit } from '../../support/kit.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import {
  DRIVERS,
  describeWithMongo,
  emptyCollections,
  OLDEST_DRIVERS,
  preparedStore,
} from '../../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../../support/servers/mongod.ts'

const NO_CONDITIONS = 'the store has no conditionalInserts'
const NO_BREAK = 'the target has no break and restore'
const NO_PROCESS = 'the target has no process'
const NO_WATCH = 'the store has no watch'

describeWithMongo(
  'mongoStore passes the conformance kit',
  (target, { layout, isNewest }) => {
    // A standalone server differs in no command that an older driver sends.
    if (layout === 'standalone' && !isNewest) return
    const { open, opened } = emptyCollections(target, preparedStore)
    /** Deletes what the TTL monitor would have deleted by that time. */
    const sweep = async (namespace: string, now: number) =>
      void (await opened(namespace).deleteMany({ reclaimAt: { $lte: new Date(now) } }))
    const notTried = [NO_BREAK, NO_CONDITIONS, NO_PROCESS, ...(layout === 'standalone' ? [NO_WATCH] : [])]
    passesTheKit(() => ({ open, sweep }), notTried)
  },
  [...DRIVERS, ...OLDEST_DRIVERS],
)

describeWith('mongoStore on a server that can be cut off', { found: mongodBinary, missing: mongodMissing }, () => {
  let server: Mongod
  const [{ Client }] = DRIVERS
  const proxies = new Map<string, TcpProxy>()
  const clients: MongoClient[] = []
  beforeAll(async () => {
    server = await startMongod()
  })
  afterAll(async () => {
    for (const client of clients) await client.close()
    for (const proxy of proxies.values()) await proxy.close()
    await server?.stop()
  })
  const portOf = () => Number(server.host.split(':')[1])
  const open = async (namespace: string) => {
    const proxy = proxies.get(namespace) ?? (await startProxy({ host: '127.0.0.1', port: portOf() }))
    proxies.set(namespace, proxy)
    const client = new Client(`mongodb://127.0.0.1:${proxy.address.port}/?directConnection=true`, {
      serverSelectionTimeoutMS: 1000,
    })
    clients.push(client)
    return preparedStore(client, namespace)
  }
  const target = () => ({
    open,
    // Each connection ends at the first reply: its command is executed.
    break: async (namespace: string) => proxies.get(namespace)?.cutAtReply(() => 1),
    restore: async (namespace: string) => proxies.get(namespace)?.heal(),
    process: {
      module: new URL(`process-target.ts?port=${portOf()}`, import.meta.url),
      execArgv: ['--import', 'tsx'],
    },
  })
  passesTheKit(target, [NO_CONDITIONS, NO_WATCH, 'the target has no sweep'])
})
