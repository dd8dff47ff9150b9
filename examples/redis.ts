// Two nodes on Redis. `REDIS_URL=redis://127.0.0.1:6379 npx tsx redis.ts`; see docs/redis.md for the settings of the server.
import { redisStore } from 'appgrant/redis'
import { Redis } from 'ioredis'
import { twoNodes } from './two-nodes.ts'

// The store takes the address from the client and opens connections of its own. With sentinels or a Cluster it is the same.
const client = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', { lazyConnect: true })

await twoNodes(async () => {
  // With replicas, add `durability: { replicas: 1, timeoutMs: 200 }`: a revocation then survives a failover.
  const store = redisStore({ client, namespace: 'example' })
  await store.prepare()
  return store
})
