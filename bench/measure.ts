/** Something to measure: it is done again and again, so many at a time. */
export interface Contender {
  readonly name: string
  run(): Promise<unknown>
}

/** What one round found. */
export interface Round {
  readonly opsPerSecond: number
  /** CPU time of this process, user and system. */
  readonly cpuMicros: number
}

/** Rounds of several contenders, interleaved so that whatever the machine does meanwhile hits all of them. */
export async function interleaved(
  contenders: readonly Contender[],
  { inFlight, rounds, millis }: { readonly inFlight: number; readonly rounds: number; readonly millis: number },
): Promise<ReadonlyMap<string, readonly Round[]>> {
  const found = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]))
  for (const contender of contenders) await oneRound(contender, inFlight, millis / 2)
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffled(contenders)) {
      globalThis.gc?.()
      found.get(contender.name)?.push(await oneRound(contender, inFlight, millis))
    }
  }
  return found
}

async function oneRound({ run }: Contender, inFlight: number, millis: number): Promise<Round> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + millis
  let done = 0
  const worker = async () => {
    while (performance.now() < end) {
      await run()
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { opsPerSecond: done / seconds, cpuMicros: (user + system) / done }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function shuffled<T>(list: readonly T[]): T[] {
  const mixed = [...list]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1))
    ;[mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T]
  }
  return mixed
}
