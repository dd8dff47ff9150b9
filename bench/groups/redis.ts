import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { redisStore } from '../../dist/redis.js'
import { startRedis } from '../../test/support/servers/redis.ts'
import { cycle, mint, platform, trustedApp } from '../apps.ts'
import { atOnce, interleaved, shuffled } from '../measure.ts'
import type { Bench, Group } from '../report.ts'

type Platform = Awaited<ReturnType<typeof platform>>

/** By how many are in flight. */
const GOALS: Readonly<Record<number, { readonly verify: string; readonly issue: string }>> = {
  64: { verify: '>= 1.1', issue: '>= 0.7' },
  256: { verify: '>= 1.3', issue: '>= 0.8' },
}

/** One Redis server beside raw commands of the same client. */
export const redis: Group = async (bench) => {
  const server = await startRedis()
  const client = new Redis(server.address)
  // First: buffers that the server keeps for a while after much traffic would hide some of it.
  await bytes(bench, client)
  const here = await platform(redisStore({ client, namespace: 'ag' }))
  await throughput(bench, here, client)
  await regenerate(bench, here, client)
  await here.appgrant.close()
  client.disconnect()
  await server.stop()
}

async function throughput(bench: Bench, { appgrant, key, secret }: Platform, client: Redis): Promise<void> {
  const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
  const value = randomBytes(70).toString('hex')
  for (let at = 0; at < 1000; at++) await client.set(`raw:${at}`, value)
  const rawKeys = cycle(Array.from({ length: 1000 }, (_, at) => `raw:${at}`))
  const contenders = [
    { name: 'verify', run: () => appgrant.authorizer.tryVerify(tokens()) },
    { name: 'get', run: () => client.get(rawKeys()) },
    { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
    { name: 'set', run: () => client.set(`new:${randomBytes(8).toString('hex')}`, value, 'PX', 3_660_000) },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 3 : 9,
      millis: bench.quick ? 300 : 1000,
    })
    const goals = GOALS[inFlight] ?? { verify: 'none', issue: 'none' }
    bench.compare({
      measure: `strict verify, ${inFlight} in flight`,
      goal: goals.verify,
      ours: of('verify'),
      reference: of('get'),
      against: 'raw GET',
    })
    bench.compare({
      measure: `issue, ${inFlight} in flight`,
      goal: goals.issue,
      ours: of('issue'),
      reference: of('set'),
      against: 'raw SET',
    })
  }
  await client.flushall()
}

async function regenerate(bench: Bench, { appgrant }: Platform, client: Redis): Promise<void> {
  const many = bench.quick ? 50_000 : 1_000_000
  const [few, crowd] = [
    await platform(redisStore({ client, namespace: 'ag' })),
    await platform(redisStore({ client, namespace: 'ag' })),
  ]
  await mint(few.appgrant, few, 1)
  await mint(crowd.appgrant, crowd, many)
  const times = { few: [] as number[], crowd: [] as number[] }
  const commands = { few: 0, crowd: 0 }
  for (let round = 0; round < 15; round++) {
    for (const [name, one] of shuffled(Object.entries({ few, crowd }))) {
      const before = await commandsSoFar(client)
      const start = performance.now()
      // Every round kills the same number again: the list of the new generation is empty, the dead stay until they expire.
      await one.appgrant.apps.regenerateSecret(one.key)
      times[name as keyof typeof times].push(performance.now() - start)
      commands[name as keyof typeof commands] = (await commandsSoFar(client)) - before
    }
  }
  bench.row({
    measure: `regenerate with ${many.toLocaleString('en')} live tokens`,
    ours: times.crowd,
    reference: times.few,
    against: 'with one',
    unit: 'ms',
    goal: '<= 1.5',
  })
  bench.row({
    measure: 'the first of them, which revoked them all',
    ours: times.crowd[0] ?? 0,
    reference: times.few[0] ?? 0,
    against: 'with one',
    unit: 'ms',
    goal: 'none',
  })
  bench.row({
    measure: 'commands of a regenerate',
    ours: commands.crowd,
    reference: commands.few,
    against: 'with one',
    unit: 'commands',
    goal: 'none',
  })
  await Promise.all([few.appgrant.close(), crowd.appgrant.close(), appgrant.apps.list()])
  await client.flushall()
}

/** All that the server was asked, without what we ask it to find out. */
async function commandsSoFar(client: Redis): Promise<number> {
  const stats = await client.info('commandstats')
  const calls = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].filter(
    ([, name]) => !['info', 'role'].includes(name ?? ''),
  )
  return calls.reduce((sum, [, , count]) => sum + Number(count), 0)
}

async function bytes(bench: Bench, client: Redis): Promise<void> {
  const memory = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
  const [lists, each] = [bench.quick ? 50 : 500, 100]
  // All of them over one connection: the server's buffers for many would come and go meanwhile.
  const { appgrant } = await platform(redisStore({ client, namespace: 'ag' }))
  const apps = await Promise.all(Array.from({ length: lists }, () => trustedApp(appgrant)))
  const before = await memory()
  for (const app of apps) await mint(appgrant, app, each)
  const perToken = ((await memory()) - before) / (lists * each)
  bench.row({
    measure: `memory of a token without user agent, ${each} in a list`,
    ours: perToken,
    reference: 350,
    against: 'the bound',
    unit: 'bytes',
    goal: 'none',
  })
  await appgrant.close()
  await client.flushall()
}
