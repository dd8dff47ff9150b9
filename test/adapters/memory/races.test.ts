import { describe } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { Store } from '../../../src/index.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { testRaces } from '../../suites/races.ts'

const SEED = 31

/** A store that takes a random number of turns for every call. */
async function jittered(): Promise<Store> {
  const inner = memoryStore()
  const next = seededRandom(SEED)
  const wait = async () => {
    for (let turns = Math.floor(next() * 4); turns > 0; turns--) await new Promise(setImmediate)
  }
  const slow =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      await wait()
      const answer = await call(...args)
      await wait()
      return answer
    }
  return { ...inner, get: slow(inner.get), insert: slow(inner.insert), replace: slow(inner.replace) }
}

describe(`races on a memory store of uneven speed, seed ${SEED}`, () => testRaces(jittered))
