import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until `condition` holds, looking again every few ms; rejects with what was waited for when it never does.
 *
 * @param condition - may reject: that counts as false.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { withinMs = 15_000, everyMs = 10 }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<void> {
  const last = Date.now() + withinMs
  let cause: unknown
  while (Date.now() < last) {
    try {
      if (await condition()) return
    } catch (error) {
      cause = error
    }
    await pause(everyMs)
  }
  throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause })
}
