import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { Store } from '../../src/index.ts'
import { DEVICE_GRANT } from '../model/device-model.ts'
import { HOST } from '../model/host-model.ts'
import { runLifecycle } from '../model/lifecycle-model.ts'
import { SESSIONS } from '../model/session-model.ts'

const SEEDS = [4_009, 11]
const RUNS = 8

/** The model's lives of a seed on a store: what was done and how it ended. */
export function lifecyclesOf(seed: number, open: () => Promise<Store>): Promise<readonly string[]> {
  return runLifecycle(open, { seed, runs: RUNS, parts: [HOST, SESSIONS, DEVICE_GRANT] })
}

/**
 * The model's lives end the same on a store as on memory, operation by operation.
 *
 * @param run - lives those of a seed, in any process.
 */
export function testSameLifecycles(run: (seed: number) => Promise<readonly string[]>): void {
  it.each(SEEDS)('the lives of seed %i end as they do on the memory store', async (seed) => {
    const memory = await lifecyclesOf(seed, async () => memoryStore())
    expect(await run(seed)).toEqual(memory)
    console.info(`${memory.length} acts of seed ${seed} ended alike`)
  })
}
