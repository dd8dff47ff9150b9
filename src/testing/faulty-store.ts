import { invalidOption } from '../base/errors.ts'
import { notApplied, type Store } from '../store/store.ts'

/** The methods that can be made to fail. */
export type StoreMethod = Exclude<keyof Store, 'conditionalInserts' | 'time' | 'watch' | 'close'>

/** A store whose calls can be made to fail, run twice or wait. */
export interface FaultyStore extends Store {
  /**
   * Makes the next calls of the method reject. `before`: the call does not reach the inner store, and the error is
   * marked as not applied. `after`: the inner store has executed the call, and only its result is lost.
   *
   * @param times - how many calls. Default is 1.
   */
  fail(method: StoreMethod, when: 'before' | 'after', times?: number): void
  /** Until `heal`, sends each call of the method to the inner store twice, in sequence. Returns the first result. */
  repeat(method: StoreMethod): void
  /**
   * Stops one call of the method before it reaches the inner store: the next one that no earlier hold stops. `reached`
   * resolves when the call arrives.
   */
  hold(method: StoreMethod): {
    readonly reached: Promise<void>
    /** Lets the call continue. May be called before it arrives. */
    release(): void
  }
  /** Ends all faults. Held calls continue. */
  heal(): void
}

interface Hold {
  reached(): void
  readonly released: Promise<void>
}

interface Faults {
  before: number
  after: number
  repeated: boolean
  holds: Hold[]
}

/**
 * Wraps a store, to test how a host behaves when its database fails. Without faults it only forwards calls. Failures
 * that are requested while a call is held apply to it when it continues.
 *
 * @param inner - executes the calls. `time`, `watch` and `close` go directly to it.
 * @example
 * ```ts
 * const store = faultyStore(memoryStore())
 * const appgrant = createAppGrant({ store })
 * store.fail('replace', 'after')
 * await appgrant.apps.suspend(key) // rejects: outcome_unknown
 * await appgrant.apps.suspend(key) // suspended
 * ```
 */
export function faultyStore(inner: Store): FaultyStore {
  const faults = new Map<StoreMethod, Faults>()
  const releases = new Set<() => void>()
  const faultsOf = (method: StoreMethod): Faults => {
    const known = faults.get(method) ?? { before: 0, after: 0, repeated: false, holds: [] }
    faults.set(method, known)
    return known
  }
  const pass = async <Result>(method: StoreMethod, call: () => Promise<Result>): Promise<Result> => {
    const held = faultsOf(method).holds.shift()
    held?.reached()
    await held?.released
    const fault = faultsOf(method)
    if (fault.before > 0) {
      fault.before--
      throw notApplied(new Error(`faultyStore: ${method} was made to fail before it was done`))
    }
    const { repeated } = fault
    const answer = await call()
    if (repeated) await call()
    if (fault.after > 0) {
      fault.after--
      throw new Error(`faultyStore: ${method} was made to fail after it was done`)
    }
    return answer
  }

  return {
    conditionalInserts: inner.conditionalInserts === true,
    get: (refs) => pass('get', () => inner.get(refs)),
    insert: (record, options) => pass('insert', () => inner.insert(record, options)),
    replace: (from, to) => pass('replace', () => inner.replace(from, to)),
    list: (group, page) => pass('list', () => inner.list(group, page)),
    count: (group, after) => pass('count', () => inner.count(group, after)),
    ...(inner.time && { time: inner.time.bind(inner) }),
    ...(inner.watch && { watch: inner.watch.bind(inner) }),
    close: () => inner.close(),
    fail(method, when, times = 1) {
      if (!Number.isSafeInteger(times) || times < 1) {
        throw invalidOption('faultyStore', 'times', 'an integer of at least 1', times)
      }
      faultsOf(method)[when] += times
    },
    repeat(method) {
      faultsOf(method).repeated = true
    },
    hold(method) {
      const reached = gate()
      const released = gate()
      releases.add(released.open)
      faultsOf(method).holds.push({ reached: reached.open, released: released.opened })
      return { reached: reached.opened, release: released.open }
    },
    heal() {
      faults.clear()
      for (const release of releases) release()
      releases.clear()
    },
  }
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
