import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { Store } from '../../src/index.ts'
import { DEVICE_GRANT } from '../model/device-model.ts'
import { HOST } from '../model/host-model.ts'
import { runLifecycle } from '../model/lifecycle-model.ts'
import { runProgramLives } from '../model/program-model.ts'
import { SESSIONS } from '../model/session-model.ts'

/** The four lives of programs meet every refusal of an exchange. */
const SEEDS = [
  ['apps', 4_009],
  ['apps', 11],
  ['programs', 20],
] as const

/** Whose lives they are. */
export type Lives = (typeof SEEDS)[number][0]

/** The model's lives of a seed on a store: what was done and how it ended. */
export function lifecyclesOf(lives: Lives, seed: number, open: () => Promise<Store>): Promise<readonly string[]> {
  if (lives === 'programs') return runProgramLives(open, { seed, runs: 4 })
  return runLifecycle(open, { seed, runs: 8, parts: [HOST, SESSIONS, DEVICE_GRANT] })
}

/**
 * The model's lives end the same on a store as on memory, operation by operation.
 *
 * @param run - lives those of a seed, in any process.
 */
export function testSameLifecycles(run: (lives: Lives, seed: number) => Promise<readonly string[]>): void {
  it.each(SEEDS)('the lives of %s of seed %i end as they do on the memory store', async (lives, seed) => {
    const memory = await lifecyclesOf(lives, seed, async () => memoryStore())
    expect(await run(lives, seed)).toEqual(memory)
    console.info(`${memory.length} acts on ${lives} of seed ${seed} ended alike`)
  })
}
