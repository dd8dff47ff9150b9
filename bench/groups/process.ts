import { hash } from 'node:crypto'
import { memoryStore } from '../../dist/memory.js'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce, interleaved } from '../measure.ts'
import type { Group } from '../report.ts'

/** In one process on the memory store, beside what nobody could leave out: a digest, a look-up, a check. */
export const memory: Group = async (bench) => {
  const { appgrant, app, key, secret } = await platform(memoryStore())
  const tokens = await mint(appgrant, { key, secret }, 1000)
  const floor = new Map(
    tokens.map((token) => [hash('sha256', token, 'hex'), { expiresAt: Date.now() + 3_600_000, app }]),
  )
  const next = cycle(tokens)
  const contenders = [
    { name: 'strict', run: () => appgrant.authorizer.tryVerify(next()) },
    { name: 'warm', run: () => appgrant.authorizer.tryVerify(next(), { maxStalenessMs: 60_000 }) },
    { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
    {
      name: 'floor',
      run: async () => {
        const found = floor.get(hash('sha256', next(), 'hex'))
        if (!found || found.expiresAt <= Date.now() || found.app.suspended) throw new Error('not valid')
      },
    },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 3 : 7,
      millis: bench.quick ? 200 : 600,
    })
    const against = 'SHA-256, Map and a check by hand'
    bench.compare({
      measure: `warm verify, ${inFlight} in flight`,
      goal: '>= 0.8',
      ours: of('warm'),
      reference: of('floor'),
      against,
    })
    bench.compare({
      measure: `strict verify, ${inFlight} in flight`,
      ours: of('strict'),
      reference: of('floor'),
      against,
    })
    bench.compare({
      measure: `issue, ${inFlight} in flight`,
      ours: of('issue'),
      reference: of('floor'),
      against,
    })
  }
  await appgrant.close()
}
