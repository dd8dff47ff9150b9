import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { type AppGrant, createAppGrant } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { upTo } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'

const [{ single }] = drivers as unknown as readonly [(typeof drivers)[number]]
const HOSTILE = ['a:b', '{x}', '}', '*', 'a\r\nSET x y', 'a\0b', 'ag:{', '__proto__', 'ü', ' ', 'x'.repeat(200)]

describeWith('the contents of Redis after a life of apps', redisServer, () => {
  let server: RedisServer
  let appgrant: AppGrant
  beforeAll(async () => {
    server = await startRedis()
    appgrant = createAppGrant({ store: redisStore({ client: single(server.address) }) })
  })
  afterAll(async () => {
    await appgrant?.close()
    await server?.stop()
  })

  /** Every key and value. */
  const dump = async (): Promise<ReadonlyMap<string, string>> => {
    const { client } = server
    const keys = await client.keys('*')
    const read = (key: string) => (/\/[^/]+$/.test(key) ? client.zrange(key, '0', '-1') : client.get(key))
    return new Map(await Promise.all(keys.map(async (key) => [key, String(await read(key))] as const)))
  }

  it('no key or value contains a secret or token (S46)', async () => {
    const { app, secret } = await appgrant.apps.register({ ...exampleApp(), owner: 'org-7', trusted: true })
    const tokens = await Promise.all(upTo(3).map(() => appgrant.authorizer.clientCredentials({ key: app.key, secret })))
    const [first] = tokens.map(({ accessToken }) => accessToken)
    expect(await appgrant.authorizer.tryVerify(first as string)).toMatchObject({ ok: true })
    const regenerated = await appgrant.apps.regenerateSecret(app.key)
    const everything = [...(await dump())].join('\n')
    expect(everything).toContain(app.key)
    for (const canary of [secret, regenerated.secret, ...tokens.map(({ accessToken }) => accessToken.slice(-49))]) {
      expect(everything).not.toContain(canary)
    }
  })

  it('an account of any name makes keys of the fixed alphabet, in the slot of its own partition (S43)', async () => {
    const before = new Set((await dump()).keys())
    const outcomes = await Promise.allSettled(
      HOSTILE.map((owner) => appgrant.apps.register({ ...exampleApp(), owner, trusted: true })),
    )
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
    const made = [...(await dump()).keys()].filter((key) => !before.has(key))
    expect(made.filter((key) => !/^ag:\{[A-Za-z0-9]{2}\}:[a-z]+[:/][A-Za-z0-9._-]+$/.test(key))).toEqual([])
  })
})
