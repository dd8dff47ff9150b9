import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { isNotApplied, type Store } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, longPast, record, tombstone } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'

const refusalOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { notApplied: isNotApplied(error), cause: String((error as Error)?.cause) }
}
const REFUSED = { notApplied: true, cause: expect.stringContaining('OOM') }

describeWith('redisStore over maxmemory', redisServer, () => {
  let server: RedisServer
  let store: Store
  beforeAll(async () => {
    server = await startRedis()
    store = redisStore({ client: (drivers[0] as (typeof drivers)[number]).single(server.address) })
  })
  afterAll(async () => {
    await store?.close()
    await server?.stop()
  })

  const whileFull = async (body: () => Promise<void>) => {
    await server.client.config('SET', 'maxmemory', '1')
    try {
      await body()
    } finally {
      await server.client.config('SET', 'maxmemory', '0')
    }
  }
  const inserted = async (fields: Parameters<typeof record>[0]) => {
    const made = record(fields)
    expect(await store.insert(made)).toBe('inserted')
    return made
  }

  it('every replace succeeds while every insert is refused as not applied', async () => {
    const app = await inserted({ groups: ['owner'] })
    const token = await inserted({ groups: ['list'], expiresAt: inMs(60_000) })
    const suspended = changed(app, { data: JSON.stringify({ state: 'suspended', reason: 'x'.repeat(10_000) }) })
    await whileFull(async () => {
      expect(await refusalOf(store.insert(record()))).toEqual(REFUSED)
      expect(await refusalOf(store.insert(record({ expiresAt: inMs(60_000) })))).toEqual(REFUSED)
      expect(await store.replace(app, suspended)).toBe(true)
      expect(await store.replace(token, tombstone(token))).toBe(true)
      expect(await store.replace(suspended, changed(suspended, { groups: ['owner', 'other'], position: 7 }))).toBe(true)
      expect(await refusalOf(store.insert(record()))).toEqual(REFUSED)
    })
    expect(await store.count(groupOf('other'), 0)).toBe(1)
    expect(await store.count(groupOf('list'), 0)).toBe(0)
  })

  it('an insert is not applied if it shares a batch with one that needs no memory or would be trimmed', async () => {
    const there = await inserted({ groups: ['crowd'], expiresAt: inMs(60_000) })
    for (const expiresAt of [longPast(), longPast(), longPast()]) await inserted({ groups: ['crowd'], expiresAt })
    const late = [
      record({ groups: ['crowd'], expiresAt: inMs(60_000) }),
      record({ groups: ['crowd'], expiresAt: inMs(60_000) }),
    ]
    await whileFull(async () => {
      const [exists, ...refusals] = await Promise.all([
        store.insert(there),
        ...late.map((each) => refusalOf(store.insert(each))),
      ])
      expect(exists).toBe('exists')
      expect(refusals).toEqual([REFUSED, REFUSED])
    })
    expect(await store.get(late)).toEqual([undefined, undefined])
  })
})
