import { Redis } from 'ioredis'
import { redisStore } from '../../dist/redis.js'
import { startRedis } from '../../test/support/servers/redis.ts'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce } from '../measure.ts'
import { type OpenLoop, openLoop } from '../open-loop.ts'
import type { Bench, Group } from '../report.ts'

/** What a caller waits for at most: the default of the library. */
const TIMEOUT_MS = 1000
const IN_FLIGHT = 256
const LOADS = [0.5, 1, 2] as const

interface Trial {
  readonly capacity: number
  readonly found: OpenLoop
}

/** Calls at a fixed rate below, at and above what the process can serve on Redis. */
export const overload: Group = async (bench) => {
  const server = await startRedis()
  const client = new Redis(server.address)
  const { appgrant, key, secret } = await platform(redisStore({ client, namespace: 'ag' }), { timeoutMs: TIMEOUT_MS })
  const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
  await measure(bench, 'strict verify', () => appgrant.authorizer.verify(tokens()))
  await measure(bench, 'issue', () => appgrant.authorizer.clientCredentials({ key, secret }))
  await appgrant.close()
  client.disconnect()
  await server.stop()
}

async function measure(bench: Bench, title: string, run: () => Promise<unknown>): Promise<void> {
  const [closed] = atOnce(IN_FLIGHT, [{ name: title, run }])
  const capacity = async (millis: number) => (await closed?.round(millis))?.opsPerSecond ?? 0
  const millis = bench.quick ? 1000 : 3000
  await capacity(millis)
  for (const load of LOADS) {
    const trials: Trial[] = []
    for (let round = 0; round < (bench.quick ? 1 : 5); round++) {
      globalThis.gc?.()
      const most = await capacity(millis / 3)
      trials.push({ capacity: most, found: await openLoop(run, { perSecond: load * most, millis }) })
    }
    report(bench, { measure: `${title} at ${load} × capacity`, load, trials })
  }
}

function report(
  bench: Bench,
  { measure, load, trials }: { readonly measure: string; readonly load: number; readonly trials: readonly Trial[] },
): void {
  const figures = (of: keyof OpenLoop) => trials.map(({ found }) => found[of])
  bench.row({
    measure: `${measure}: served in time`,
    ours: figures('goodput'),
    reference: trials.map(({ capacity }) => capacity),
    against: `capacity, ${IN_FLIGHT} in flight`,
    unit: 'ops/s',
    goal: load > 1 ? '>= 0.8' : 'none',
  })
  const timeout = { reference: TIMEOUT_MS, against: 'the deadline of a call', unit: 'ms', goal: 'none' }
  bench.row({ measure: `${measure}: p99`, ours: figures('p99Millis'), ...timeout })
  bench.row({ measure: `${measure}: p99 until refused`, ours: figures('refusedP99Millis'), ...timeout })
  const one = { reference: 1, against: 'all', unit: 'share', goal: 'none' }
  bench.row({ measure: `${measure}: refused`, ours: figures('refusedShare'), ...one })
  bench.row({
    measure: `${measure}: most memory`,
    ours: figures('rssMiB'),
    reference: 1,
    against: 'one MiB',
    unit: 'MiB',
    goal: 'none',
  })
}
