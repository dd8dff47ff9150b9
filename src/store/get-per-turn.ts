import { perTurn } from './per-turn.ts'
import type { RecordRef, Store, StoreRecord } from './store.ts'

/** Calls joined at most: a server is held up by a command for as long as it takes. */
const MOST_CALLS = 250

/** What a place holds, or why it could not be read. */
export type ReadResult = StoreRecord | undefined | Error

/**
 * Joins the `get` calls of one turn of the event loop. What several of them ask for is read once, and a place that could not
 * be read fails only the calls that asked for it.
 *
 * @param read - answers for every place, in order; the refs of one partition must be read at one instant. Where it rejects,
 *   all calls of the turn do.
 */
export function getPerTurn(read: (refs: readonly RecordRef[]) => Promise<readonly ReadResult[]>): Store['get'] {
  const joined = perTurn(async (calls: readonly (readonly RecordRef[])[]) => {
    const places = new Map<string, number>()
    const refs: RecordRef[] = []
    const wanted = calls.map((call) =>
      call.map((ref) => {
        const name = `${ref.partition} ${ref.kind} ${ref.id}`
        const known = places.get(name)
        if (known !== undefined) return known
        places.set(name, refs.length)
        return refs.push(ref) - 1
      }),
    )
    const found = await read(refs)
    return wanted.map((at) => at.map((place) => found[place]))
  }, MOST_CALLS)

  return async (refs) => {
    if (refs.length === 0) return []
    const results = await joined(refs)
    return results.map((result) => {
      if (result instanceof Error) throw result
      return result
    })
  }
}
