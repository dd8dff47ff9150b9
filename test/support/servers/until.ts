import { setTimeout as pause } from 'node:timers/promises'

/**
 * Asks every few ms until the result is neither undefined nor false, and returns it; rejects with what was waited for if
 * that never comes.
 *
 * @param ask - may reject, which counts as false.
 */
export async function until<Result>(
  what: string,
  ask: () => Result | undefined | false | Promise<Result | undefined | false>,
  { withinMs = 75_000, everyMs = 10 }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<Result> {
  const last = Date.now() + withinMs
  let cause: unknown
  while (Date.now() < last) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      cause = error
    }
    await pause(everyMs)
  }
  throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause })
}
