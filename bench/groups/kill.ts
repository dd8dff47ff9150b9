import { memoryStore } from '../../dist/memory.js'
import { mint, platform, trustedApp } from '../apps.ts'
import { shuffled, timed } from '../measure.ts'
import type { Bench, Group } from '../report.ts'

/** For so long after an act the others are still watched: whatever it left to be done later would be seen. */
const AFTERMATH_MS = 25
const WARM_UPS = 5

const ACTS = { regenerate: 'regenerateSecret', 'revoke all': 'revokeTokens' } as const

/** What killing many tokens costs beside killing one, and how long another app on the same store waits meanwhile. */
export const kill: Group = async (bench) => {
  for (const many of bench.quick ? [1, 1000, 20_000] : [1, 1000, 100_000, 1_000_000]) {
    const rounds = many > 100_000 ? 3 : many > 1000 ? 5 : 11
    for (const title of Object.keys(ACTS) as (keyof typeof ACTS)[]) await compareKills(bench, { title, many, rounds })
  }
}

async function compareKills(
  bench: Bench,
  { title, many, rounds }: { readonly title: keyof typeof ACTS; readonly many: number; readonly rounds: number },
): Promise<void> {
  const act = ACTS[title]
  const times = { crowd: [] as number[], single: [] as number[] }
  const stalls = { crowd: [] as number[], single: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const { grants, ...crowd } = await platform(memoryStore())
    const [single, other, warmUp] = [await trustedApp(grants), await trustedApp(grants), await trustedApp(grants)]
    await mint(grants, crowd, many)
    await mint(grants, single, 1)
    const { accessToken } = await grants.authorizer.grantTrusted(other)
    const run = async (key: string) =>
      await watched(
        () => grants.apps[act](key),
        () => grants.authorizer.verify(accessToken),
      )
    for (let time = 0; time < WARM_UPS; time++) await run(warmUp.key)
    globalThis.gc?.()
    for (const which of shuffled(['crowd', 'single'] as const)) {
      const { millis, longestStall } = await run({ crowd, single }[which].key)
      times[which].push(millis)
      stalls[which].push(longestStall)
    }
    await grants.close()
  }
  const measure = `${title} with ${many.toLocaleString('en')} live ${many === 1 ? 'token' : 'tokens'}`
  const of = { against: 'with one', unit: 'ms' }
  bench.row({ ...of, measure, ours: times.crowd, reference: times.single, goal: '<= 2' })
  bench.row({
    ...of,
    measure: `${measure}: the longest that another app's verify took`,
    ours: stalls.crowd,
    reference: stalls.single,
    goal: 'none',
  })
}

async function watched(act: () => Promise<unknown>, verify: () => Promise<unknown>) {
  let isOver = false
  let longestStall = 0
  const watch = async () => {
    while (!isOver) {
      longestStall = Math.max(longestStall, await timed(verify))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const watching = watch()
  const millis = await timed(act)
  await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS))
  isOver = true
  await watching
  return { millis, longestStall }
}
