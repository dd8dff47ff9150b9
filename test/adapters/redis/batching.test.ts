import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import type { Store, StoreRecord } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, upTo } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import {
  type RedisCluster,
  type RedisServer,
  redisServer,
  startCluster,
  startRedis,
} from '../../support/servers/redis.ts'

const [{ single, cluster }] = drivers as unknown as readonly [(typeof drivers)[number]]

/** Which commands the servers ran meanwhile, those of scripts included, and how often. */
async function commandsOf(servers: readonly RedisServer[], body: () => Promise<unknown>) {
  await Promise.all(servers.map(({ client }) => client.config('RESETSTAT')))
  await body()
  const calls: Record<string, number> = {}
  for (const { client } of servers) {
    for (const [, command, count] of (await client.info('commandstats')).matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
      const own =
        command?.startsWith('config') || command === 'info' || command?.startsWith('repl') || command === 'ping'
      if (!own) calls[command as string] = (calls[command as string] ?? 0) + Number(count)
    }
  }
  return calls
}

const tokens = (count: number, fields: Partial<StoreRecord> = {}) =>
  upTo(count).map(() => record({ groups: ['g'], expiresAt: inMs(60_000), ...fields }))

describeWith('the commands of redisStore on one server', redisServer, () => {
  let server: RedisServer
  let store: Store
  beforeAll(async () => {
    server = await startRedis()
    store = redisStore({ client: single(server.address) })
    const warm = record()
    await store.insert(warm)
    await store.replace(warm, changed(warm))
    await store.list(groupOf('none'), { limit: 1 })
  })
  afterAll(async () => {
    await store?.close()
    await server?.stop()
  })

  it('a get is one MGET and one ROLE, for any number of refs and partitions', async () => {
    const refs = upTo(100).map((n) => record({ partition: `p${n % 10}` }))
    expect(await commandsOf([server], () => store.get(refs))).toEqual({ mget: 1, role: 1 })
  })

  it('the gets of one turn are one MGET, and a misnamed ref fails alone', async () => {
    const app = record()
    await store.insert(app)
    const calls = await commandsOf([server], async () => {
      const gets = upTo(50).map((n) => store.get([record({ partition: `p${n}` }), app]))
      const misnamed = store.get([app, record({ id: 'a:b' })]).catch((error: unknown) => error)
      expect(await Promise.all(gets)).toEqual(gets.map(() => [undefined, app]))
      expect(await misnamed).toBeInstanceOf(TypeError)
    })
    expect(calls).toEqual({ mget: 1, role: 1 })
  })

  it('a get of a later turn is a read of its own and joins none that was handed over', async () => {
    const calls = await commandsOf([server], async () => {
      const first = store.get([record()])
      await new Promise(setImmediate)
      await Promise.all([first, store.get([record()])])
    })
    expect(calls).toEqual({ mget: 2, role: 2 })
  })

  it('the inserts of one turn are one call of the script, for any partitions', async () => {
    const all = [...tokens(50), ...tokens(50, { partition: 'other' })]
    const calls = await commandsOf([server], () => Promise.all(all.map((token) => store.insert(token))))
    expect(calls).toMatchObject({ evalsha: 1, set: 100 })
  })

  it('the inserts of two turns are two calls, because a batch that was handed over is not joined', async () => {
    const calls = await commandsOf([server], async () => {
      const first = store.insert(record())
      await new Promise(setImmediate)
      await Promise.all([first, store.insert(record())])
    })
    expect(calls.evalsha).toBe(2)
  })

  it('a replace is one call that touches only what it changes, for any number of tokens (REV-2)', async () => {
    const app = record({ groups: ['owner'] })
    await store.insert(app)
    const calls = () => commandsOf([server], () => store.replace(app, changed(app, { revision: app.revision })))
    const before = await calls()
    await Promise.all(tokens(1000).map((token) => store.insert(token)))
    expect(await calls()).toEqual(before)
    expect(before).toEqual({ evalsha: 1, getrange: 1, persist: 1, set: 1, publish: 1 })
  })

  it('a bad record fails alone in its batch, refused here or by the server', async () => {
    await server.client.set('ag:{p0}:thing/broken', 'not a sorted set')
    const [good, misnamed, broken, better] = await Promise.allSettled([
      store.insert(record()),
      store.insert(record({ id: 'a:b' })),
      store.insert(record({ groups: ['broken'] })),
      store.insert(record()),
    ])
    expect([good, better]).toEqual([
      { status: 'fulfilled', value: 'inserted' },
      { status: 'fulfilled', value: 'inserted' },
    ])
    expect(misnamed).toMatchObject({ status: 'rejected', reason: expect.any(TypeError) })
    expect(broken).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') } })
  })

  it('a script the server forgot is sent whole, once', async () => {
    await server.client.script('FLUSH')
    const forgotten = await commandsOf([server], () => Promise.all(tokens(10).map((token) => store.insert(token))))
    expect(forgotten).toMatchObject({ evalsha: 1, eval: 1, set: 10 })
    const known = await commandsOf([server], () => store.insert(record()))
    expect(known).toMatchObject({ evalsha: 1 })
    expect(known).not.toHaveProperty('eval')
    const other = record()
    await store.insert(other)
    expect(await store.replace(other, changed(other))).toBe(true)
    expect((await store.list(groupOf('g'), { limit: 1 })).records).toHaveLength(1)
  })

  it('redisStore uses no command that looks at more than it is asked for', async () => {
    const calls = await commandsOf([server], async () => {
      const all = tokens(20, { groups: ['walked'] })
      await Promise.all(all.map((token) => store.insert(token)))
      await store.list(groupOf('walked'), { limit: 5, after: { position: 1, id: 'x' } })
      await store.count(groupOf('walked'), 0)
      await store.replace(all[0] as StoreRecord, changed(all[0] as StoreRecord, { groups: [] }))
    })
    const small = 'evalsha getrange mget persist pexpire pttl publish role set zadd zcount zrange zrangebyscore zrem'
    expect(Object.keys(calls).filter((command) => !small.split(' ').includes(command))).toEqual([])
  })
})

describeWith('the commands of redisStore on a cluster', redisServer, () => {
  let servers: RedisCluster
  let masters: readonly RedisServer[]
  let store: Store
  beforeAll(async () => {
    servers = await startCluster()
    masters = servers.servers.slice(0, 3)
    store = redisStore({ client: cluster(servers.nodes) })
    const everywhere = upTo(50).map((n) => record({ partition: `p${n}` }))
    await Promise.all(everywhere.map((each) => store.insert(each)))
  })
  afterAll(async () => {
    await store?.close()
    await servers?.stop()
  })

  it('a get is one MGET for each partition it reads', async () => {
    const refs = upTo(40).map((n) => record({ partition: `p${n % 4}` }))
    expect(await commandsOf(masters, () => store.get(refs))).toEqual({ mget: 4 })
  })

  it('the gets of one turn are one MGET for each partition they read', async () => {
    const calls = await commandsOf(masters, () =>
      Promise.all(upTo(40).map((n) => store.get([record({ partition: `p${n % 4}` })]))),
    )
    expect(calls).toEqual({ mget: 4 })
  })

  it('a shard that hangs delays only the calls of a turn that need it', async () => {
    const partitions = upTo(50).map((n) => `p${n}`)
    const owners = await Promise.all(partitions.map((partition) => servers.masterOf(`ag:{${partition}}:x`)))
    const hung = owners[0] as RedisServer
    const other = partitions[owners.findIndex((owner) => owner !== hung)] as string
    hung.signal('SIGSTOP')
    try {
      const held = [
        store.get([record({ partition: 'p0' })]),
        store.insert(record({ partition: 'p0' })),
        store.get([record({ partition: 'p0' }), record({ partition: other })]),
      ]
      const settled = Promise.allSettled(held)
      const served = [store.get([record({ partition: other })]), store.insert(record({ partition: other }))]
      const first = await Promise.race([
        settled.then(() => 'the held ones'),
        Promise.all(served).then(() => 'the others'),
      ])
      expect(first).toBe('the others')
      hung.signal('SIGCONT')
      await settled
    } finally {
      hung.signal('SIGCONT')
    }
  })

  it('the inserts of one turn are one call of the script for each partition', async () => {
    const all = upTo(40).map((n) => record({ partition: `p${n % 4}`, expiresAt: inMs(60_000) }))
    const calls = await commandsOf(masters, () => Promise.all(all.map((each) => store.insert(each))))
    expect(calls).toMatchObject({ evalsha: 4, set: 40 })
  })
})
