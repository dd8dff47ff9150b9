import autocannon from 'autocannon'
import type { Round } from './measure.ts'
import type { BenchServer } from './servers/start-server.ts'

/** What is asked of a server; every connection asks the requests in turn. */
export interface Load {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly requests: readonly { readonly headers: Readonly<Record<string, string>>; readonly body?: string }[]
}

/** A round over HTTP. The CPU time is that of the server's process. */
export interface HttpRound extends Round {
  readonly p50Millis: number
  readonly p99Millis: number
}

export interface LoadSettings {
  readonly amount: number
  readonly connections: number
}

/** Asks so many requests over so many connections, and fails unless every answer is a success. */
export async function load(server: BenchServer, asked: Load, settings: LoadSettings): Promise<HttpRound> {
  const before = await server.cpuMicros()
  const { answered, seconds } = await ask(server, asked, settings)
  const { amount } = settings
  const latencies = answered.get(200) ?? []
  if (latencies.length !== amount)
    throw new Error(`${asked.path}: ${amount - latencies.length} of ${amount} requests failed`)
  return {
    opsPerSecond: amount / seconds,
    cpuMicros: ((await server.cpuMicros()) - before) / amount,
    p50Millis: percentile(latencies, 0.5),
    p99Millis: percentile(latencies, 0.99),
  }
}

/** Asks so many requests over so many connections. @returns how long each answer took, in ms, by status. */
export async function ask(
  { port }: BenchServer,
  { path, method, requests }: Load,
  { amount, connections }: LoadSettings,
): Promise<{ readonly answered: ReadonlyMap<number, readonly number[]>; readonly seconds: number }> {
  const answered = new Map<number, number[]>()
  const start = performance.now()
  let end = start
  const url = `http://127.0.0.1:${port}${path}`
  const run = autocannon({ url, method, requests, connections, amount, sampleInt: 20 })
  run.on('response', (_client: unknown, status: number, _bytes: number, millis: number) => {
    const known = answered.get(status)
    if (known) known.push(millis)
    else answered.set(status, [millis])
    end = performance.now()
  })
  await run
  return { answered, seconds: (end - start) / 1000 }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.floor(sorted.length * share)] ?? 0
}
