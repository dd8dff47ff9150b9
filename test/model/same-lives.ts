import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { Store } from '../../src/index.ts'
import { runLifecycle } from './lifecycle-model.ts'
import { SESSIONS } from './session-model.ts'

const SEEDS = [4_009, 11]
const RUNS = 8

/** The model's lives end the same on a store as on memory, act by act. */
export function testSameLives(open: () => Promise<Store>): void {
  it.each(SEEDS)('lives the lives of seed %i as the memory store does', async (seed) => {
    const options = { seed, runs: RUNS, parts: [SESSIONS] }
    const memory = await runLifecycle(async () => memoryStore(), options)
    expect(await runLifecycle(open, options)).toEqual(memory)
    console.info(`${memory.length} acts of seed ${seed} ended alike`)
  })
}
