/**
 * Checks whether what several clients saw at once could have been seen one call after the other: each call takes effect at
 * some instant between its beginning and its end. The search of Wing and Gong, which remembers what it has tried.
 */

/** A call, or a part of one with its own instant. Times are of one clock for all clients. */
export interface Entry<State> {
  /** For the report. */
  readonly title: string
  readonly from: number
  /** Infinity if the outcome is not known: it takes effect at any later time, or never. */
  readonly to: number
  /** The states that may follow, given the result: none if that result is impossible in this state. */
  readonly step: (state: State) => readonly State[]
  /** It changes no state. */
  readonly isRead?: boolean
}

/** The longest explanation, and what contradicts the rest. */
export interface Contradiction {
  /** The entries of the longest order found. */
  readonly explained: readonly string[]
  /** The entries that no order could put next, the first to end first. */
  readonly pending: readonly string[]
}

/** Entries in an order, and those that follow. `name` is the same for the same entries in any order. */
interface Progress<State> {
  readonly order: readonly Entry<State>[]
  readonly pending: readonly Entry<State>[]
  readonly name: bigint
}

/**
 * Looks for an order of the entries that explains all results.
 *
 * @param initial - plain data, as every state is; states that no result distinguishes are best made equal, including the
 *   order of their properties.
 * @returns undefined if there is one.
 */
export function contradictionIn<State>(entries: readonly Entry<State>[], initial: State): Contradiction | undefined {
  // What ends first is tried first, so the search follows the order in which things happened.
  const all = entries.toSorted((a, b) => (a.to === b.to ? 0 : a.to - b.to))
  const bits = new Map(all.map((entry, at) => [entry, 1n << BigInt(at)]))
  const tried = new Set<string>()
  let longest: Progress<State> = { order: [], pending: all, name: 0n }

  function goesOn(reached: Progress<State>, state: State): boolean {
    // A read that is possible excludes nothing: it comes at once, and no other choice need be tried.
    const progress = withReads(reached, state)
    if (progress.order.length > longest.order.length) longest = progress
    if (endOf(progress) === Number.POSITIVE_INFINITY) return true
    const name = `${progress.name.toString(36)} ${JSON.stringify(state)}`
    if (tried.has(name)) return false
    tried.add(name)
    return candidates(progress).some((entry) => {
      const states = entry.isRead ? [] : entry.step(state)
      return states.some((after) => goesOn(withNext(progress, entry), after))
    })
  }

  function withReads(reached: Progress<State>, state: State): Progress<State> {
    let progress = reached
    for (;;) {
      const read = candidates(progress).find(({ isRead, step }) => isRead && step(state).length > 0)
      if (!read) return progress
      progress = withNext(progress, read)
    }
  }

  function withNext({ order, pending, name }: Progress<State>, next: Entry<State>): Progress<State> {
    const others = pending.filter((entry) => entry !== next)
    return { order: [...order, next], pending: others, name: name | (bits.get(next) as bigint) }
  }

  if (goesOn(longest, initial)) return undefined
  const titles = (which: readonly Entry<State>[]) => which.map(({ title }) => title)
  return { explained: titles(longest.order), pending: titles(candidates(longest)) }
}

const endOf = <State>({ pending }: Progress<State>) => pending[0]?.to ?? Number.POSITIVE_INFINITY

/** The entries that began before any other pending one ended. */
function candidates<State>(progress: Progress<State>): readonly Entry<State>[] {
  const end = endOf(progress)
  return progress.pending.filter(({ from }) => from <= end)
}
