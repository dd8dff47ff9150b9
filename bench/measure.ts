/** Something to measure, for so long. */
export interface Contender<R> {
  readonly name: string
  /** Prepares what a round uses up, outside of what is measured. */
  prepare?(): void
  round(millis: number): Promise<R>
}

/** What one round found. */
export interface Round {
  readonly opsPerSecond: number
  /** CPU time for one of them, user and system, of the process that did the work. */
  readonly cpuMicros: number
}

/**
 * Rounds of several contenders, interleaved so that whatever the machine does meanwhile hits all of them. There is no forced
 * garbage collection between them: V8 would drop compiled functions with it, and each round would compile them again.
 */
export async function interleaved<R>(
  contenders: readonly Contender<R>[],
  { rounds, millis }: { readonly rounds: number; readonly millis: number },
): Promise<(name: string) => readonly R[]> {
  const found = new Map<string, R[]>(contenders.map(({ name }) => [name, []]))
  for (const contender of contenders) {
    contender.prepare?.()
    await contender.round(millis / 2)
  }
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffled(contenders)) {
      contender.prepare?.()
      found.get(contender.name)?.push(await contender.round(millis))
    }
  }
  return (name) => found.get(name) ?? []
}

/** What {@link atOnce} runs. */
export interface Run extends Pick<Contender<Round>, 'name' | 'prepare'> {
  run(): Promise<unknown>
}

/** Contenders that run in this process, again and again, so many at a time. */
export function atOnce(inFlight: number, contenders: readonly Run[]): readonly Contender<Round>[] {
  return contenders.map(({ run, ...contender }) => ({
    ...contender,
    round: (millis) => oneRound(run, inFlight, millis),
  }))
}

async function oneRound(run: () => Promise<unknown>, inFlight: number, millis: number): Promise<Round> {
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

/** How long something takes, in ms. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** A copy in another order, so that nobody gains by coming second every time. */
export function shuffled<T>(list: readonly T[]): T[] {
  const mixed = [...list]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1))
    ;[mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T]
  }
  return mixed
}
