/** What the process is warned of while `act` runs and in the turn after it. */
export async function warningsDuring(act: () => unknown): Promise<readonly (Error & { code?: string })[]> {
  const seen: Error[] = []
  const add = (warning: Error) => void seen.push(warning)
  process.on('warning', add)
  try {
    await act()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  } finally {
    process.off('warning', add)
  }
  return seen
}
