import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import type { AppGrant } from '../../dist/index.js'
import { memoryStore } from '../../dist/memory.js'
import { redisStore } from '../../dist/redis.js'
import { startRedis } from '../../test/support/servers/redis.ts'
import { cycle, mint, platform, trustedApp } from '../apps.ts'
import { atOnce, interleaved, type Round } from '../measure.ts'
import type { Bench, Group } from '../report.ts'
import type { Work } from '../servers/worker.ts'

const IN_FLIGHT = 64

type Credentials = Awaited<ReturnType<typeof trustedApp>>

/** How the costs grow: with the apps in use, the scopes of an app, the live tokens, and the processes on one server. */
export const scale: Group = async (bench) => {
  await apps(bench)
  await scopes(bench)
  await tokens(bench)
  await processes(bench)
}

/** Every call is about another app, so none is remembered if there are many. */
async function apps(bench: Bench): Promise<void> {
  const { appgrant, ...one } = await platform(memoryStore())
  const many: Credentials[] = []
  const count = bench.quick ? 10_000 : 100_000
  while (many.length < count) many.push(...(await Promise.all(Array.from({ length: 100 }, () => trustedApp(appgrant)))))
  const next = cycle(many)
  const crowd = cycle(await mintForEach(appgrant, many))
  const single = cycle(await mint(appgrant, one, 1000))
  await compare(bench, `${count.toLocaleString('en')} apps in turn`, 'one app', {
    ours: { verify: () => appgrant.authorizer.verify(crowd()), issue: () => issue(appgrant, next()) },
    reference: { verify: () => appgrant.authorizer.verify(single()), issue: () => issue(appgrant, one) },
  })
  await appgrant.close()
}

async function scopes(bench: Bench): Promise<void> {
  const names = Array.from({ length: 100 }, (_, at) => `resource:${at}:read`)
  const catalogue = Object.fromEntries(names.map((name) => [name, `Read resource ${name}`]))
  const { appgrant, ...none } = await platform(memoryStore(), { scopes: catalogue })
  const plain = cycle(await mint(appgrant, none, 1000))
  for (const count of [1, 10, 100]) {
    const app = await trustedApp(appgrant, { scopes: names.slice(0, count) })
    const scoped = cycle(await mint(appgrant, app, 1000))
    await compare(bench, `${count} ${count === 1 ? 'scope' : 'scopes'}`, 'no scope', {
      ours: { verify: () => appgrant.authorizer.verify(scoped()), issue: () => issue(appgrant, app) },
      reference: { verify: () => appgrant.authorizer.verify(plain()), issue: () => issue(appgrant, none) },
    })
  }
  await appgrant.close()
}

/** On a server of its own each, so that one is as large as the other is small. */
async function tokens(bench: Bench): Promise<void> {
  const count = bench.quick ? 50_000 : 1_000_000
  const side = async (howMany: number) => {
    const server = await startRedis()
    const client = new Redis(server.address)
    const { appgrant, ...app } = await platform(redisStore({ client, namespace: 'ag' }))
    const next = cycle(await mint(appgrant, app, howMany))
    return {
      verify: () => appgrant.authorizer.verify(next()),
      issue: () => issue(appgrant, app),
      async stop() {
        await appgrant.close()
        client.disconnect()
        await server.stop()
      },
    }
  }
  const [crowd, few] = [await side(count), await side(1000)]
  const title = `${count.toLocaleString('en')} live tokens of one app on Redis`
  await compare(bench, title, '1000 tokens', { ours: crowd, reference: few })
  await crowd.stop()
  await few.stop()
}

async function processes(bench: Bench): Promise<void> {
  const server = await startRedis()
  const workers = await Promise.all([startWorker(server.port), startWorker(server.port)])
  const alone = workers.slice(0, 1)
  for (const what of ['verify', 'issue'] as const) {
    const contenders = [
      { name: 'two', round: (millis: number) => together(workers, { what, millis }) },
      { name: 'one', round: (millis: number) => together(alone, { what, millis }) },
    ]
    const of = await interleaved(contenders, bench.quick ? { rounds: 2, millis: 500 } : { rounds: 7, millis: 1500 })
    bench.compare({
      measure: `two processes on one Redis: ${what}`,
      ours: of('two'),
      reference: of('one'),
      against: 'one process',
    })
  }
  for (const worker of workers) worker.disconnect()
  await server.stop()
}

interface Calls {
  readonly verify: () => Promise<unknown>
  readonly issue: () => Promise<unknown>
}

async function compare(
  bench: Bench,
  title: string,
  against: string,
  { ours, reference }: { readonly ours: Calls; readonly reference: Calls },
): Promise<void> {
  for (const what of ['verify', 'issue'] as const) {
    const contenders = atOnce(IN_FLIGHT, [
      { name: 'ours', run: ours[what] },
      { name: 'reference', run: reference[what] },
    ])
    const of = await interleaved(contenders, bench.quick ? { rounds: 3, millis: 200 } : { rounds: 7, millis: 800 })
    bench.compare({
      measure: `${title}: ${what}`,
      ours: of('ours'),
      reference: of('reference'),
      against,
    })
  }
}

async function mintForEach(appgrant: AppGrant, apps: readonly Credentials[]): Promise<readonly string[]> {
  const made: string[] = []
  for (let at = 0; at < apps.length; at += 100)
    made.push(
      ...(await Promise.all(apps.slice(at, at + 100).map(async (app) => (await issue(appgrant, app)).accessToken))),
    )
  return made
}

function issue(appgrant: AppGrant, { key, secret }: Pick<Credentials, 'key' | 'secret'>) {
  return appgrant.authorizer.clientCredentials({ key, secret })
}

async function startWorker(port: number): Promise<ChildProcess> {
  const child = fork(new URL('../servers/worker.ts', import.meta.url), [String(port)])
  await once(child, 'message')
  return child
}

/** The throughput of all of them together, and the CPU time of one of their calls. */
async function together(workers: readonly ChildProcess[], work: Work): Promise<Round> {
  const rounds = await Promise.all(
    workers.map(async (worker): Promise<Round> => {
      const answer = once(worker, 'message')
      worker.send(work)
      return (await answer)[0]
    }),
  )
  const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0)
  return {
    opsPerSecond: sum((round) => round.opsPerSecond),
    cpuMicros: sum((round) => round.cpuMicros) / rounds.length,
  }
}
