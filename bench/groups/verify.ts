import { Redis } from 'ioredis'
import { redisStore } from '../../dist/redis.js'
import { singleRedis } from '../../test/support/servers/redis.ts'
import { cycle, mint, platform, userToken } from '../apps.ts'
import { atOnce, interleaved } from '../measure.ts'
import type { Group } from '../report.ts'

/** Verification on Redis: strict and from the cache, of app-only and of users' tokens. */
export const verify: Group = async (bench) => {
  const server = await singleRedis()
  const client = new Redis(server.address)
  const { appgrant, key, secret } = await platform(redisStore({ client, namespace: `bench${Date.now()}` }))
  const appTokens = cycle(await mint(appgrant, { key, secret }, 500))
  const made = await Promise.all(
    Array.from({ length: 100 }, (_, at) => userToken(appgrant, { key, secret, account: `user-${at}` })),
  )
  const userTokens = cycle(made.map(({ accessToken }) => accessToken))
  const contenders = [
    { name: 'app', run: () => appgrant.authorizer.tryVerify(appTokens()) },
    { name: 'user', run: () => appgrant.authorizer.tryVerify(userTokens()) },
    { name: 'warm', run: () => appgrant.authorizer.tryVerify(appTokens(), { maxStalenessMs: 60_000 }) },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 5 : 9,
      millis: bench.quick ? 200 : 1000,
    })
    bench.compare({
      measure: `verify from the cache, ${inFlight} in flight`,
      ours: of('warm'),
      reference: of('app'),
      against: 'strict verify on Redis',
    })
    bench.compare({
      measure: `strict verify of a user's token, ${inFlight} in flight`,
      goal: inFlight === 64 ? '>= 0.65' : 'none',
      ours: of('user'),
      reference: of('app'),
      against: 'strict verify of an app-only token',
    })
  }
  await appgrant.close()
  client.disconnect()
  await server.stop()
}
