import { memoryStore } from 'appgrant/memory'
import { mint, platform } from '../apps.ts'
import { median } from '../measure.ts'
import type { Group } from '../report.ts'

/** What killing many tokens costs, and how long anybody else waits meanwhile. */
export const kill: Group = async (bench) => {
  for (const many of bench.quick ? [1, 1000, 50_000] : [1, 1000, 100_000, 1_000_000]) {
    const times = { regenerate: [] as number[], 'revoke all': [] as number[], one: [] as number[] }
    let longestStall = 0
    const { grants, key, secret } = await platform(memoryStore())
    const single = await platform(memoryStore())
    for (let round = 0; round < 3; round++) {
      await mint(
        grants,
        { key, secret: round === 0 ? secret : (await grants.apps.regenerateSecret(key)).secret },
        round === 0 ? many : Math.min(many, 1000),
      )
      const [other] = await mint(single.grants, single, 1)
      const done = { yet: false }
      const watching = watchStalls(() => single.grants.authorizer.verify(other ?? ''), done)
      times.regenerate.push(await timed(() => grants.apps.regenerateSecret(key)))
      times['revoke all'].push(await timed(() => grants.apps.revokeTokens(key)))
      times.one.push(await timed(() => single.grants.apps.revokeTokens(single.key)))
      done.yet = true
      longestStall = Math.max(longestStall, await watching)
    }
    const against = 'revoke all with one token'
    const reference = median(times.one)
    bench.row({
      measure: `regenerate with ${many.toLocaleString('en')} tokens`,
      ours: median(times.regenerate),
      reference,
      against,
      unit: 'ms',
      goal: 'none',
    })
    bench.row({
      measure: `revoke all with ${many.toLocaleString('en')} tokens`,
      ours: median(times['revoke all']),
      reference,
      against,
      unit: 'ms',
      goal: 'none',
    })
    bench.row({
      measure: `longest stall seen by another app meanwhile, ${many.toLocaleString('en')} tokens`,
      ours: longestStall,
      reference,
      against,
      unit: 'ms',
      goal: 'none',
    })
    await Promise.all([grants.close(), single.grants.close()])
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

async function watchStalls(run: () => Promise<unknown>, done: { readonly yet: boolean }): Promise<number> {
  let longest = 0
  while (!done.yet) {
    longest = Math.max(longest, await timed(run))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return longest
}
