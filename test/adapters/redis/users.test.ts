import type { EventEmitter } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { createAppGrant } from '../../../src/index.ts'
import type { RecordRef, Store } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, refOf } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/servers/until.ts'

const [{ single }] = drivers as unknown as readonly [(typeof drivers)[number]]
/** As docs/redis.md lists them. */
const COMMANDS =
  'evalsha eval mget get zcount role info time wait subscribe publish hello select asking cluster|slots cluster|info exists set getrange persist pexpire pttl zadd zrem zcard zrange zrangebyscore'

describeWith('redisStore as a user with few rights', redisServer, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  const storeOf = async (user: string, rights: readonly string[]) => {
    await server.client.call('ACL', 'SETUSER', user, 'reset', 'on', '>pw', ...rights)
    return redisStore({ client: single({ ...server.address, username: user, password: 'pw' }), namespace: 'mine' })
  }
  const commands = COMMANDS.split(' ').map((command) => `+${command}`)
  const using = async (store: Store, body: () => Promise<void>) => {
    try {
      await body()
    } finally {
      await store.close()
    }
  }

  it('the commands in docs/redis.md, on the keys and channel of the namespace, are enough', async () => {
    const store = await storeOf('enough', ['~mine:*', 'resetchannels', '&mine:changed', ...commands])
    await using(store, async () => {
      await store.prepare()
      const heard: RecordRef[] = []
      const stop = await store.watch?.((ref) => heard.push(ref))
      const token = record({ groups: ['g'], expiresAt: inMs(60_000) })
      expect(await store.insert(token)).toBe('inserted')
      const app = record({ groups: ['owner'] })
      expect(await store.insert(app, { limit: { group: 'owner', max: 1 } })).toBe('inserted')
      expect(await store.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max: 1 } })).toBe('full')
      expect(await store.replace(token, changed(token, { groups: [] }))).toBe(true)
      expect((await store.list(groupOf('owner'), { limit: 1, after: { position: 1, id: 'x' } })).records).toEqual([app])
      expect(await store.count(groupOf('owner'), 0)).toBe(1)
      await until('the hint came', () => heard.length === 1)
      expect(heard).toEqual([refOf(token)])
      await stop?.()
    })
  })

  it('a user that may not publish can still revoke, because a hint may be lost', async () => {
    const store = await storeOf('silent', ['~mine:*', 'resetchannels', ...commands])
    await using(store, async () => {
      const app = record()
      await store.insert(app)
      const killed = changed(app)
      expect(await store.replace(app, killed)).toBe(true)
      expect(await store.get([app])).toEqual([killed])
    })
  })

  it.each(drivers)(
    'a user that may not subscribe costs one listener and no subscription at each verification, $driver',
    async (driver) => {
      const rights = ['reset', 'on', '>pw', '~*', 'resetchannels', '+@all']
      await server.client.call('ACL', 'SETUSER', 'deaf', ...rights)
      const made: EventEmitter[] = []
      const given = driver.single({ ...server.address, username: 'deaf', password: 'pw' })
      const duplicate = given.duplicate.bind(given) as (...overrides: readonly unknown[]) => EventEmitter
      const client = {
        duplicate: (...overrides: readonly unknown[]) => {
          made.push(duplicate(...overrides))
          return made.at(-1)
        },
      }
      const store = redisStore({ client, namespace: 'mine' })
      const appgrant = createAppGrant({ store, limits: { issuesPerSecond: 100_000 } })
      try {
        const { app, secret } = await appgrant.apps.register({
          owner: 'org',
          name: 'App',
          homepage: 'https://app.example/',
          adminEmail: 'a@app.example',
          trusted: true,
        })
        const subscriptions = async () =>
          Number(/cmdstat_subscribe:.*rejected_calls=(\d+)/.exec(await server.client.info('commandstats'))?.[1] ?? 0)
        const [before, began] = [await subscriptions(), performance.now()]
        for (let round = 0; round < 20; round++) {
          const granted = await Promise.all(
            Array.from({ length: 100 }, () => appgrant.authorizer.clientCredentials({ key: app.key, secret })),
          )
          await Promise.all(
            granted.map(({ accessToken }) => appgrant.authorizer.tryVerify(accessToken, { maxStalenessMs: 60_000 })),
          )
        }
        // After pauses of 1, 2, 4, … seconds.
        const most = 1 + Math.ceil(Math.log2(2 + (performance.now() - began) / 1000))
        const seen = (await subscriptions()) - before
        expect(seen).toBeGreaterThanOrEqual(1)
        expect(seen).toBeLessThanOrEqual(most)
        expect(made.map((one) => one.listenerCount('message')).sort()).toEqual(
          made.map((_, n) => (n === 0 ? 1 : 0)).sort(),
        )
      } finally {
        await appgrant.close()
      }
    },
  )

  it('hints arrive again after the connection was killed', async () => {
    const store = redisStore({ client: single(server.address), namespace: 'killed' })
    await using(store, async () => {
      const app = record()
      await store.insert(app)
      let heard = 0
      await store.watch?.(() => heard++)
      await server.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      let stored = app
      await until('a hint comes', async () => {
        const next = changed(stored)
        if (await store.replace(stored, next)) stored = next
        return heard > 0
      })
    })
  })
})
