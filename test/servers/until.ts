const EVERY_MS = 20

/** Asks until the answer is neither undefined nor false, and returns it. Rejects after `withinMs`, saying what was waited for. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false>,
  withinMs = 30_000,
): Promise<Answer> {
  const end = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}
