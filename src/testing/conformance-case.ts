import { randomInt, randomUUID } from 'node:crypto'
import type { Store } from '../store/store.ts'
import { UnmetExpectation } from './expectations.ts'
import { seededRandom } from './seeded-random.ts'

/** The store under test, as the conformance kit opens it. */
export interface ConformanceTarget {
  /**
   * Opens a new store object on the database of that name. The same name again opens another node on the same database.
   * A name is 3 to 24 characters of `a-z0-9`, begins with a letter and is not used by any other run. The kit closes
   * every store that it opened but deletes no data, so the target has to clean up.
   */
  open(namespace: string): Promise<Store>
  /** The seed from the message of a failed run, to repeat its random choices. Default is a random one for each case. */
  readonly seed?: number | undefined
}

/** One promise of the storage port, and the program that checks it. */
export interface ConformanceCase {
  /** Short and unique in the kit, to title a test or to skip the case. */
  readonly name: string
  /** The promise, as a sentence. */
  readonly rule: string
  /**
   * Opens a database of its own, and closes every store that it opened.
   *
   * @throws Error whose message begins with the rule, if the rule is broken or the store rejects.
   */
  run(target: ConformanceTarget): Promise<void>
}

/** What a case works with. */
export interface Scene {
  readonly namespace: string
  /** Numbers in [0, 1). The seed that a failure prints repeats them. */
  readonly random: () => number
  /** Opens another node, which is closed when the case ends. Default is the namespace of the scene. */
  open(namespace?: string): Promise<Store>
}

/** A case that runs `play`, puts its rule into every error, and closes the stores that were opened. */
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
  return reason instanceof UnmetExpectation ? reason.message : `expected a result, the store rejected with ${reason}`
}
