/**
 * Checks whether what several clients saw at once could have been seen one call after the other: each call takes effect at
 * some instant between its beginning and its end. The search of Wing and Gong, which remembers what it has tried.
 */

/** A call, or a part of one with an instant of its own. Times are of one clock for all clients. */
export interface Entry<State> {
  /** For the report. */
  readonly title: string
  readonly from: number
  /** Infinity where the outcome is not known: it takes effect at any later time, or never. */
  readonly to: number
  /** The states that may follow, given what was answered: none where that answer is not possible in this state. */
  readonly step: (state: State) => readonly State[]
  /** It changes no state, whichever it meets. */
  readonly isRead?: boolean
}

/** The most that any order explains, and what stands against the rest. */
export interface Contradiction {
  /** The entries of the longest order that was found. */
  readonly explained: readonly string[]
  /** What no order could put next, the first to end first. */
  readonly pending: readonly string[]
}

/** Entries in an order, and those that are to follow. `name` is the same for the same entries in whatever order. */
interface Progress<State> {
  readonly order: readonly Entry<State>[]
  readonly pending: readonly Entry<State>[]
  readonly name: bigint
}

/**
 * Looks for an order of the entries that explains all answers.
 *
 * @param initial - plain data, as every state is; states that cannot be told apart by any answer are best made equal, in the
 *   order of their properties too.
 * @returns undefined where there is one.
 */
export function contradictionIn<State>(entries: readonly Entry<State>[], initial: State): Contradiction | undefined {
  // What ends first is tried first, so the search goes along the order in which things were seen to happen.
  const all = entries.toSorted((a, b) => (a.to === b.to ? 0 : a.to - b.to))
  const bits = new Map(all.map((entry, at) => [entry, 1n << BigInt(at)]))
  const tried = new Set<string>()
  let longest: Progress<State> = { order: [], pending: all, name: 0n }

  function goesOn(reached: Progress<State>, state: State): boolean {
    // A read that is possible stands in nobody's way: it comes at once, and no other choice need be tried.
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

/** Those that began before any other that is pending ended. */
function candidates<State>(progress: Progress<State>): readonly Entry<State>[] {
  const end = endOf(progress)
  return progress.pending.filter(({ from }) => from <= end)
}
