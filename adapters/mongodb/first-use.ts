/** Runs `check` at the first use and remembers that it passed. If it failed, the next use runs it again. */
export function atFirstUse(check: () => Promise<void>): () => Promise<void> {
  let checking: Promise<void> | undefined
  return () => {
    checking ??= check().catch((error) => {
      checking = undefined
      throw error
    })
    return checking
  }
}
