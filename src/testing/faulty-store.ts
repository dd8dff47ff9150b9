import { notApplied, type Store } from '../store/store.ts'

/** The calls that can be made to fail. */
export type StoreMethod = Exclude<keyof Store, 'conditionalInserts' | 'watch' | 'close'>

/** A store whose calls fail, come twice or wait, as a test asks for. */
export interface FaultyStore extends Store {
  /**
   * The next calls of the method reject. `before`: nothing reaches the inner store, and the error is marked as not applied.
   * `after`: the inner store has done its work and only the answer is lost.
   *
   * @param times - how many calls. Default is 1.
   */
  fail(method: StoreMethod, when: 'before' | 'after', times?: number): void
  /** Until `heal`, each call of the method reaches the inner store twice, one after the other; the first answer is given. */
  repeat(method: StoreMethod): void
  /**
   * The next call of the method that no other hold waits for is stopped before it reaches the inner store. `reached`
   * resolves when it has come; `release` lets it go on, and may be called before.
   */
  hold(method: StoreMethod): { readonly reached: Promise<void>; release(): void }
  /** Ends all faults. What is held goes on; a call that is never to be executed is one that is never released. */
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
 * A store in front of another one that shows how a host copes when its database fails. Without a fault it only passes on.
 * A held call meets the failures asked for before it goes on.
 *
 * @param inner - does the work; `watch` and `close` go straight to it.
 * @example
 * ```ts
 * const store = faultyStore(memoryStore())
 * const grants = createAppGrant({ store })
 * store.fail('replace', 'after')
 * await grants.apps.suspend(key) // rejects: outcome_unknown
 * await grants.apps.suspend(key) // suspended
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
  const pass = async <Answer>(method: StoreMethod, call: () => Promise<Answer>): Promise<Answer> => {
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
    ...(inner.watch && { watch: inner.watch.bind(inner) }),
    close: () => inner.close(),
    fail(method, when, times = 1) {
      if (!Number.isSafeInteger(times) || times < 1) {
        throw new TypeError(`faultyStore: times must be an integer of at least 1, received ${times}`)
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
