import type { Store } from '../store/store.ts'

/**
 * The store under test, as the conformance kit opens it. Its optional members are abilities: each lets the kit check more rules.
 * What was not tried for want of them, {@link conformanceSummary} lists.
 */
export interface ConformanceTarget {
  /**
   * Opens a new store object on the database of that name. The same name again opens another node on the same database.
   * A name is 3 to 24 characters of `a-z0-9`, begins with a letter and is not used by any other run. The kit closes
   * every store that it opened but deletes no data, so the target has to clean up.
   */
  open(namespace: string): Promise<Store>
  /** The seed from the message of a failed run, to repeat its random choices. Default is a random one for each case. */
  readonly seed?: number | undefined
  /**
   * Drops what the store or its database would have dropped by the time `now`, in ms since 1970, which may be years ahead: by
   * moving its clock, or by shortening times to live. For the rules of expiry.
   */
  sweep?(namespace: string, now: number): Promise<void>
  /**
   * Makes the database unreachable for every open store of the namespace, until {@link ConformanceTarget.restore}: by a proxy, or
   * by stopping a server that no other case uses at that time. For the rules of failures.
   */
  break?(namespace: string): Promise<void>
  /** Makes the database reachable again. The kit calls it after every `break`. */
  restore?(namespace: string): Promise<void>
  /** How to run the store in a process of its own. For the rules of its end. */
  readonly process?: ProcessTarget | undefined
}

/** A module that the kit imports in a process of its own. */
export interface ProcessTarget {
  /**
   * The URL of the module. It exports a `target`, whose stores close everything that would keep the process alive, even a
   * client that was passed to them.
   */
  readonly module: string | URL
  /** Options of Node for that process, such as `['--import', 'tsx']`. Default is none. */
  readonly execArgv?: readonly string[] | undefined
}
