import { randomInt, randomUUID } from 'node:crypto'
import { describeValue } from '../base/describe-value.ts'
import { hasStoreMethods } from '../base/has-store-methods.ts'
import type { Store } from '../store/store.ts'
import { checkTarget } from './check-target.ts'
import type { ConformanceTarget } from './conformance-target.ts'
import { FailedPreparation, UnmetExpectation } from './expectations.ts'
import { inWords, Rejection, withNamedCalls } from './named-calls.ts'
import { expectSettled, outcomeOf } from './patience.ts'
import { record, upTo } from './sample-records.ts'
import { seededRandom } from './seeded-random.ts'

/** A race that one round in ten shows is missed in less than one run of a thousand: 0.9 to the power of 66. */
export const RACE_ROUNDS = 66
/** Rounds before those, with more callers, in which a store opens its connections. */
const WARM_UP_ROUNDS = 4
const WARM_UP_CALLERS = 50
const CALLERS = 10
/** In every other round, the callers begin within this many ticks instead of all in one. */
const MAX_DELAY_TICKS = 4
/** How many different calls a failure names, and among how many of the last. */
const NAMED_CALLS = 3
const LAST_CALLS = 50

/** One promise of the storage port, and the program that checks it. */
export interface ConformanceCase {
  /** Short and unique in the kit, to title a test or to skip the case. */
  readonly name: string
  /** The promise, as a sentence. */
  readonly rule: string
  /**
   * Opens a database of its own, and closes every store that it opened.
   *
   * @returns what was tried. If the target or the store lacks an ability that the case needs, nothing was: see `notTried`.
   * @throws TypeError if the target is not one, which names the member that is wrong.
   * @throws Error whose message begins with the rule, if the rule is broken, the store rejects, or the case could not be prepared.
   */
  run(target: ConformanceTarget): Promise<ConformanceResult>
}

/** What a case tried that did not fail. */
export interface ConformanceResult {
  readonly name: string
  /** How often a race was repeated on warm connections; 0 if the case has none. */
  readonly rounds: number
  /** The largest number of stores that the case had open at once. It closed all of them. */
  readonly stores: number
  /** What the case needs and did not find: then the rule was not checked. Absent if it was. */
  readonly notTried?: string
}

/** What a case works with. */
export interface Scene {
  readonly namespace: string
  readonly target: ConformanceTarget
  /** Numbers in [0, 1). The seed that a failure prints repeats them. */
  readonly random: () => number
  /** Opens another node, which is closed when the case ends. Default is the namespace of the scene. */
  open(namespace?: string): Promise<Store>
  /** Plays a race again and again, on connections that the first rounds have opened. */
  race(play: (round: Round) => Promise<void>): Promise<void>
}

/** One round of a race. */
export interface Round {
  /** From 1 on. */
  readonly number: number
  readonly callers: number
  /** One of the first rounds, which open the connections. */
  readonly isWarmUp: boolean
  /** The number of ticks after which a caller begins. */
  delayOf(caller: number): number
}

/** The target or the store lacks what a case needs. */
class NotTried extends Error {}

/** An ability that not every target or store has. Without it, the case ends and is reported as not tried. */
export function needed<Ability>(ability: Ability | undefined | false, missing: string): Ability {
  if (ability === undefined || ability === false) throw new NotTried(missing)
  return ability
}

/** A case that runs `play`, puts its rule into every error, and closes the stores that were opened. */
export function conformanceCase(name: string, rule: string, play: (scene: Scene) => Promise<void>): ConformanceCase {
  return {
    name,
    rule,
    async run(target) {
      checkTarget(target)
      const namespace = newNamespace()
      const seed = target.seed ?? randomInt(2 ** 31)
      let stores = 0
      let rounds = 0
      const unclosed = new Set<Store>()
      const lastCalls: (() => string)[] = []
      const open = async (where = namespace) => {
        const store = withNamedCalls(await opening(target, where), {
          called(name) {
            lastCalls.push(name)
            if (lastCalls.length > LAST_CALLS) lastCalls.shift()
          },
          closing: () => unclosed.delete(store),
        })
        unclosed.add(store)
        stores = Math.max(stores, unclosed.size)
        return store
      }
      const random = seededRandom(seed)
      const race = async (again: (round: Round) => Promise<void>) => {
        for (let number = 1; number <= WARM_UP_ROUNDS + RACE_ROUNDS; number++) {
          const isWarmUp = number <= WARM_UP_ROUNDS
          const callers = isWarmUp ? WARM_UP_CALLERS : CALLERS
          const delays = upTo(callers).map(() => (number % 2 === 0 ? Math.floor(random() * MAX_DELAY_TICKS) : 0))
          await inRound(number, () => again({ number, callers, isWarmUp, delayOf: (caller) => delays[caller] ?? 0 }))
        }
        rounds += RACE_ROUNDS
      }
      const [played] = await Promise.allSettled([play({ namespace, target, random, open, race })])
      const calls = [...new Set(lastCalls.map((name) => name()))].slice(-NAMED_CALLS)
      const closed = await Promise.allSettled([...unclosed].map((store) => closing(store)))
      const done = { name, rounds, stores }
      const failure = [played, ...closed].find((outcome) => outcome.status === 'rejected')
      if (!failure) return done
      if (failure.reason instanceof NotTried) return { ...done, notTried: failure.reason.message }
      const words = await wordsOf(failure.reason, target)
      const after = calls.length > 0 ? `; the last calls: ${calls.join('; ')}` : ''
      throw new Error(`${rule}: ${words}${after} (case "${name}", namespace ${namespace}, seed ${seed})`, {
        cause: failure.reason instanceof Rejection ? failure.reason.cause : failure.reason,
      })
    },
  }
}

function newNamespace(): string {
  return `kit${randomUUID().replaceAll('-', '').slice(0, 16)}`
}

async function opening(target: ConformanceTarget, namespace: string): Promise<Store> {
  let store: unknown
  try {
    store = await target.open(namespace)
  } catch (cause) {
    throw new FailedPreparation(`open(${namespace}) of the target rejected with ${inWords(cause)}`, { cause })
  }
  if (hasStoreMethods(store)) return store as Store
  throw new FailedPreparation(`open(${namespace}) of the target resolved to ${describeValue(store)}, expected a store`)
}

/** Closes a store, within the time that any call may take. */
async function closing(store: Store): Promise<void> {
  const outcome = await expectSettled('close', store.close())
  if (outcome.status === 'rejected') throw outcome.reason
}

async function inRound(round: number, play: () => Promise<void>): Promise<void> {
  try {
    await play()
  } catch (error) {
    const inRound = `in round ${round} of ${WARM_UP_ROUNDS + RACE_ROUNDS}: `
    if (error instanceof UnmetExpectation) error.message = inRound + error.message
    throw error
  }
}

async function wordsOf(reason: unknown, target: ConformanceTarget): Promise<string> {
  const words =
    reason instanceof UnmetExpectation
      ? reason.message
      : `expected a result, ${reason instanceof Rejection ? reason.message : `the store rejected with ${inWords(reason)}`}`
  const probe = await outcomeOf(sharesNamespaces(target))
  if (probe.status === 'fulfilled' && probe.value)
    return `not checked, because open() of the target returns one database for different namespaces: ${words}`
  return reason instanceof FailedPreparation ? `not checked, because its preparation failed: ${words}` : words
}

/** Then every case may find what another one stored. */
async function sharesNamespaces(target: ConformanceTarget): Promise<boolean> {
  const one = await target.open(newNamespace())
  const other = await target.open(newNamespace())
  try {
    const stored = record({ id: newNamespace() })
    await one.insert(stored)
    const [found] = await other.get([stored])
    return found?.revision === stored.revision
  } finally {
    await Promise.allSettled([one.close(), other.close()])
  }
}
