import { Redis } from 'ioredis'
import { redisStore } from '../../dist/redis.js'
import { startRedis } from '../../test/support/servers/redis.ts'
import { cycle, mint, platform } from '../apps.ts'
import { ask, load, percentile } from '../load.ts'
import { atOnce } from '../measure.ts'
import { type OpenLoop, openLoop } from '../open-loop.ts'
import type { Bench, Group } from '../report.ts'
import { startServer } from '../servers/start-server.ts'

/** What a caller waits for at most: the default of the library. */
const TIMEOUT_MS = 1000
const IN_FLIGHT = 256
/** Connections that keep the server busy, and ten times as many as it lets wait. */
const [FEW, MANY] = [64, 3000]
const LOADS = [0.5, 1, 2] as const

interface Trial {
  readonly capacity: number
  readonly found: Omit<OpenLoop, 'rssMiB'> & Partial<Pick<OpenLoop, 'rssMiB'>>
}

/** Calls at a fixed rate below, at and above what the process can serve on Redis. */
export const overload: Group = async (bench) => {
  const server = await startRedis()
  const client = new Redis(server.address)
  const { appgrant, key, secret } = await platform(redisStore({ client, namespace: 'ag' }), { timeoutMs: TIMEOUT_MS })
  const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
  await measure(bench, 'strict verify', () => appgrant.authorizer.verify(tokens()))
  await measure(bench, 'issue', () => appgrant.authorizer.clientCredentials({ key, secret }))
  await overHttp(bench, server.port)
  await appgrant.close()
  client.disconnect()
  await server.stop()
}

async function measure(bench: Bench, title: string, run: () => Promise<unknown>): Promise<void> {
  const [closed] = atOnce(IN_FLIGHT, [{ name: title, run }])
  const capacity = async (millis: number) => (await closed?.round(millis))?.opsPerSecond ?? 0
  const millis = bench.quick ? 1000 : 3000
  await capacity(millis)
  for (const share of LOADS) {
    const trials: Trial[] = []
    for (let round = 0; round < (bench.quick ? 1 : 5); round++) {
      globalThis.gc?.()
      const most = await capacity(millis / 3)
      trials.push({ capacity: most, found: await openLoop(run, { perSecond: share * most, millis }) })
    }
    const measure = `${title} at ${share} × capacity`
    const goal = share > 1 ? '>= 0.8' : 'none'
    report(bench, { measure, capacity: `${IN_FLIGHT} in flight`, goal, trials })
  }
}

/** More connections than can be served, each of which asks again as soon as it is answered. */
async function overHttp(bench: Bench, port: number): Promise<void> {
  const server = await startServer('appgrant', [String(port), `timeoutMs=${TIMEOUT_MS}`])
  const headers = {
    authorization: `Basic ${btoa(`${server.key}:${server.secret}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const requests = [{ headers, body: 'grant_type=client_credentials' }]
  const asked = { path: '/token', method: 'POST', requests } as const
  const amount = bench.quick ? 20_000 : 40_000
  await load(server, asked, { amount, connections: FEW })
  const trials: Trial[] = []
  for (let round = 0; round < (bench.quick ? 1 : 5); round++) {
    const { opsPerSecond } = await load(server, asked, { amount, connections: FEW })
    const { answered, seconds } = await ask(server, asked, { amount, connections: MANY })
    const [served, refused] = [answered.get(200) ?? [], answered.get(503) ?? []]
    const inTime = served.filter((millis) => millis <= TIMEOUT_MS)
    const found = {
      goodput: inTime.length / seconds,
      p99Millis: percentile(served, 0.99),
      refusedShare: refused.length / amount,
      refusedP99Millis: percentile(refused, 0.99),
    }
    trials.push({ capacity: opsPerSecond, found })
  }
  const measure = `POST /token from ${MANY.toLocaleString('en')} connections`
  report(bench, { measure, capacity: `from ${FEW}`, goal: 'none', trials })
  await server.stop()
}

function report(
  bench: Bench,
  of: { readonly measure: string; readonly capacity: string; readonly goal: string; readonly trials: readonly Trial[] },
): void {
  const { measure, trials } = of
  const figures = (name: keyof OpenLoop) => trials.flatMap(({ found }) => found[name] ?? [])
  bench.row({
    measure: `${measure}: served in time`,
    ours: figures('goodput'),
    reference: trials.map(({ capacity }) => capacity),
    against: `capacity, ${of.capacity}`,
    unit: 'ops/s',
    goal: of.goal,
  })
  const timeout = { reference: TIMEOUT_MS, against: 'the deadline of a call', unit: 'ms', goal: 'none' }
  bench.row({ measure: `${measure}: p99`, ours: figures('p99Millis'), ...timeout })
  bench.row({ measure: `${measure}: p99 until refused`, ours: figures('refusedP99Millis'), ...timeout })
  const one = { reference: 1, against: 'all', unit: 'share', goal: 'none' }
  bench.row({ measure: `${measure}: refused`, ours: figures('refusedShare'), ...one })
  const rss = figures('rssMiB')
  if (rss.length === 0) return
  const mib = { reference: 1, against: 'one MiB', unit: 'MiB', goal: 'none' }
  bench.row({ measure: `${measure}: most memory`, ours: rss, ...mib })
}
