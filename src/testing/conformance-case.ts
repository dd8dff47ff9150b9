import { randomInt, randomUUID } from 'node:crypto'
import type { Store } from '../store/store.ts'
import { UnmetExpectation } from './expectations.ts'
import { seededRandom } from './seeded-random.ts'

/** The store under test, as the conformance kit asks for it. */
export interface ConformanceTarget {
  /**
   * A new store object on the database of that name; the same name again is another node on the same database. A name is
   * 3 to 24 characters of `a-z0-9`, begins with a letter and is never used by another run. The kit closes every store it
   * opened and leaves the data: what is to be cleaned up, the target cleans up.
   */
  open(namespace: string): Promise<Store>
  /** Repeats the random choices of a failed run: the number its message names. Default is a random one per case. */
  readonly seed?: number
}

/** One promise of the storage port, and the program that checks it. */
export interface ConformanceCase {
  /** Short and unique in the kit, for the title of a test and for a skip. */
  readonly name: string
  /** The promise, as a sentence. */
  readonly rule: string
  /**
   * Opens a database of its own, and closes what it opened.
   *
   * @throws Error whose message begins with the rule, where it is broken or the store rejects.
   */
  run(target: ConformanceTarget): Promise<void>
}

/** What a case plays on. */
export interface Scene {
  readonly namespace: string
  /** Numbers in [0, 1), repeated by the seed that a failure prints. */
  readonly random: () => number
  /** Another node. Default is on the scene's own namespace. Closed when the case ends. */
  open(namespace?: string): Promise<Store>
}

/** A case that runs `play`, names its rule in what it throws, and closes what was opened. */
export function conformanceCase(name: string, rule: string, play: (scene: Scene) => Promise<void>): ConformanceCase {
  return {
    name,
    rule,
    async run(target) {
      const namespace = `kit${randomUUID().replaceAll('-', '').slice(0, 16)}`
      const seed = target.seed ?? randomInt(2 ** 31)
      const opened: Store[] = []
      const open = async (where = namespace) => {
        const store = await target.open(where)
        opened.push(store)
        return store
      }
      const [played] = await Promise.allSettled([play({ namespace, random: seededRandom(seed), open })])
      const closed = await Promise.allSettled(opened.map((store) => store.close()))
      const failure = [played, ...closed].find((outcome) => outcome.status === 'rejected')
      if (!failure) return
      throw new Error(`${rule}: ${wordsOf(failure.reason)} (case "${name}", namespace ${namespace}, seed ${seed})`, {
        cause: failure.reason,
      })
    },
  }
}

function wordsOf(reason: unknown): string {
  return reason instanceof UnmetExpectation ? reason.message : `expected an answer, the store rejected with ${reason}`
}
