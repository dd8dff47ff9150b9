import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import type { Store, StoreRecord } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, longPast, record, tombstone, upTo } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/servers/until.ts'

const [{ single }] = drivers as unknown as readonly [(typeof drivers)[number]]
const SLACK_MS = 60_000
const HOUR_MS = 3_600_000

describeWith('expiry in Redis', redisServer, () => {
  let server: RedisServer
  let store: Store
  beforeAll(async () => {
    server = await startRedis()
    store = redisStore({ client: single(server.address) })
  })
  afterAll(async () => {
    await store?.close()
    await server?.stop()
  })

  const inserted = async (fields: Partial<StoreRecord>) => {
    const made = record(fields)
    expect(await store.insert(made)).toBe('inserted')
    return made
  }
  const ttlOf = (key: string) => server.client.pttl(`ag:{p0}:thing${key}`)
  const expectTtl = async (key: string, ttl: number) => {
    const left = await ttlOf(key)
    expect(left).toBeLessThanOrEqual(ttl)
    expect(left).toBeGreaterThan(ttl - 10_000)
  }

  it('a record is dropped a minute after its expiry, and one without expiry stays', async () => {
    const token = await inserted({ expiresAt: inMs(HOUR_MS) })
    const app = await inserted({})
    await expectTtl(`:${token.id}`, HOUR_MS + SLACK_MS)
    expect(await ttlOf(`:${app.id}`)).toBe(-1)
    await store.replace(app, tombstone(app))
    await expectTtl(`:${app.id}`, HOUR_MS + SLACK_MS)
    await store.replace(token, changed({ ...token, expiresAt: inMs(2 * HOUR_MS), position: inMs(2 * HOUR_MS) }))
    await expectTtl(`:${token.id}`, 2 * HOUR_MS + SLACK_MS)
  })

  it('a group lives as long as its longest-lived member', async () => {
    for (const hours of [2, 3, 1]) await inserted({ groups: ['longest'], expiresAt: inMs(hours * HOUR_MS) })
    await expectTtl('/longest', 3 * HOUR_MS + SLACK_MS)
  })

  it('a group with a member that never expires never expires either, in any order', async () => {
    await inserted({ groups: ['apps'] })
    await inserted({ groups: ['apps'], expiresAt: inMs(HOUR_MS) })
    expect(await ttlOf('/apps')).toBe(-1)
    await inserted({ groups: ['mixed'], expiresAt: inMs(HOUR_MS) })
    await inserted({ groups: ['mixed'] })
    expect(await ttlOf('/mixed')).toBe(-1)
  })

  it('an extended install extends the group it stays in', async () => {
    const install = await inserted({ groups: ['installs'], expiresAt: inMs(HOUR_MS) })
    const longer = inMs(5 * HOUR_MS)
    expect(await store.replace(install, changed(install, { expiresAt: longer }))).toBe(true)
    await expectTtl('/installs', 5 * HOUR_MS + SLACK_MS)
    expect((await store.list(groupOf('installs'), { limit: 2 })).records.map(({ position }) => position)).toEqual([
      longer,
    ])
  })

  it('writers remove a few expired members from the groups they enter, and no others', async () => {
    const oldest = longPast()
    await inserted({ groups: ['trimmed'], expiresAt: inMs(HOUR_MS) })
    await server.client.zadd('ag:{p0}:thing/trimmed', ...upTo(20).flatMap((n) => [oldest + n, `old${n}`]))
    await inserted({ groups: ['trimmed'], expiresAt: inMs(HOUR_MS) })
    expect(await server.client.zcard('ag:{p0}:thing/trimmed')).toBe(14)
    for (const _ of upTo(3)) await inserted({ groups: ['trimmed'], expiresAt: inMs(-30_000) })
    expect(await server.client.zcard('ag:{p0}:thing/trimmed')).toBe(5)
  })

  it('apps are never trimmed from their owner’s list, however old they are', async () => {
    await inserted({ groups: ['owner'], position: 1 })
    await inserted({ groups: ['owner'] })
    await inserted({ groups: ['owner'], expiresAt: inMs(HOUR_MS) })
    expect(await store.count(groupOf('owner'), 0)).toBe(3)
  })

  it('a list skips members whose records are gone, and is never empty with more after it', async () => {
    await server.client.zadd('ag:{p0}:thing/stale', ...upTo(2500).flatMap((n) => [n, `gone${n}`]))
    const last = await inserted({ groups: ['stale'] })
    await server.client.zadd('ag:{p0}:thing/stale', Number.MAX_SAFE_INTEGER, 'gone')
    expect(await store.list(groupOf('stale'), { limit: 10 })).toMatchObject({ records: [last] })
    expect(await store.list(groupOf('stale'), { limit: 10, after: last })).toEqual({ records: [], more: false })
  })

  it('a member that moved is not returned at its earlier place', async () => {
    const there = await inserted({ groups: ['moved'] })
    await server.client.zadd('ag:{p0}:thing/moved', there.position - 1, there.id)
    expect((await store.list(groupOf('moved'), { limit: 10 })).records).toEqual([])
    const left = await inserted({ groups: ['elsewhere'] })
    await server.client.zadd('ag:{p0}:thing/moved', left.position, left.id)
    expect((await store.list(groupOf('moved'), { limit: 10 })).records).toEqual([])
  })

  it('keys and memory are back to where they were after 100,000 short-lived tokens', async () => {
    const memory = async () => Number(/used_memory:(\d+)/.exec(await server.client.info('memory'))?.[1])
    await server.client.flushall('SYNC')
    const before = await memory()
    for (const turn of upTo(100)) {
      // Gone about two seconds after they were made.
      const tokens = upTo(1000).map((n) =>
        record({
          partition: `p${turn}`,
          groups: [`g${n % 10}`],
          expiresAt: inMs(-SLACK_MS + 2000),
          data: 'x'.repeat(110),
        }),
      )
      await Promise.all(tokens.map((token) => store.insert(token)))
    }
    await until('all keys expired', async () => (await server.client.dbsize()) === 0, { withinMs: 60_000 })
    await until('the memory is back', async () => (await memory()) < before + 2_000_000)
    process.stdout.write(`100,000 short tokens: ${(await memory()) - before} bytes above the baseline afterwards\n`)
  })

  it('a token costs at most 350 bytes with its entry in a list of 100', async () => {
    await server.client.flushall('SYNC')
    const memory = async () => Number(/used_memory:(\d+)/.exec(await server.client.info('memory'))?.[1])
    const before = await memory()
    const count = 20_000
    for (const list of upTo(count / 100)) {
      const tokens = upTo(100).map(() =>
        record({
          kind: 't',
          partition: 'Ab',
          groups: [`t.${String(list).padStart(21, 'g')}`],
          expiresAt: inMs(HOUR_MS),
          data: 'x'.repeat(110),
        }),
      )
      await Promise.all(tokens.map((token) => store.insert(token)))
    }
    const bytes = ((await memory()) - before) / count
    process.stdout.write(`a token with its list entry: ${bytes.toFixed(0)} bytes\n`)
    expect(bytes).toBeLessThanOrEqual(350)
  })
})
