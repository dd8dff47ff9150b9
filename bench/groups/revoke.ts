import { memoryStore } from '../../dist/memory.js'
import { mint, platform, trustedApp } from '../apps.ts'
import { shuffled, timed } from '../measure.ts'
import type { Bench, Group } from '../report.ts'

/** For so long after an act the others are still watched: whatever it left to be done later would be seen. */
const AFTERMATH_MS = 25
const WARM_UPS = 5

const OPERATIONS = { regenerate: 'regenerateSecret', 'revoke all': 'revokeTokens' } as const

/** What killing many tokens costs beside killing one, and how long another app on the same store waits meanwhile. */
export const revoke: Group = async (bench) => {
  const counts = bench.quick ? [1, 1000, 20_000] : [1, 1000, 100_000, 1_000_000]
  for (const many of counts) {
    const rounds = many > 100_000 ? 3 : many > 1000 ? 5 : 11
    for (const title of Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])
      await compare(bench, { title, many, rounds, goal: many === counts.at(-1) ? '<= 2' : 'none' })
  }
}

async function compare(
  bench: Bench,
  {
    title,
    many,
    rounds,
    goal,
  }: {
    readonly title: keyof typeof OPERATIONS
    readonly many: number
    readonly rounds: number
    readonly goal: string
  },
): Promise<void> {
  const operation = OPERATIONS[title]
  const times = { crowd: [] as number[], single: [] as number[] }
  const stalls = { crowd: [] as number[], single: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const { appgrant, ...crowd } = await platform(memoryStore())
    const [single, other, warmUp] = [await trustedApp(appgrant), await trustedApp(appgrant), await trustedApp(appgrant)]
    await mint(appgrant, crowd, many)
    await mint(appgrant, single, 1)
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: other.key, secret: other.secret })
    const run = async (key: string) =>
      await watched(
        () => appgrant.apps[operation](key),
        () => appgrant.authorizer.tryVerify(accessToken),
      )
    for (let time = 0; time < WARM_UPS; time++) await run(warmUp.key)
    globalThis.gc?.()
    for (const which of shuffled(['crowd', 'single'] as const)) {
      const { millis, longestStall } = await run({ crowd, single }[which].key)
      times[which].push(millis)
      stalls[which].push(longestStall)
    }
    await appgrant.close()
  }
  const measure = `${title} with ${many.toLocaleString('en')} live ${many === 1 ? 'token' : 'tokens'}`
  const of = { against: 'with one', unit: 'ms' }
  bench.row({ ...of, measure, ours: times.crowd, reference: times.single, goal })
  bench.row({
    ...of,
    measure: `${measure}: the longest that another app's verify took`,
    ours: stalls.crowd,
    reference: stalls.single,
    goal: 'none',
  })
}

async function watched(operation: () => Promise<unknown>, verify: () => Promise<unknown>) {
  let isOver = false
  let longestStall = 0
  const watch = async () => {
    while (!isOver) {
      longestStall = Math.max(longestStall, await timed(verify))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const watching = watch()
  const millis = await timed(operation)
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS))
  isOver = true
  await watching
  return { millis, longestStall }
}
