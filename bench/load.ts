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

/** Asks so many requests over so many connections, and fails unless every answer is a success. */
export async function load(
  server: BenchServer,
  { path, method, requests }: Load,
  { amount, connections }: { readonly amount: number; readonly connections: number },
): Promise<HttpRound> {
  const latencies: number[] = []
  const before = await server.cpuMicros()
  const start = performance.now()
  let end = start
  const run = autocannon({
    url: `http://127.0.0.1:${server.port}${path}`,
    method,
    requests,
    connections,
    amount,
    sampleInt: 20,
  })
  run.on('response', (_client: unknown, _status: number, _bytes: number, millis: number) => {
    latencies.push(millis)
    end = performance.now()
  })
  const outcome = await run
  if (outcome['2xx'] !== amount) throw new Error(`${path}: ${amount - outcome['2xx']} of ${amount} requests failed`)
  const cpuMicros = ((await server.cpuMicros()) - before) / amount
  latencies.sort((a, b) => a - b)
  const percentile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return {
    opsPerSecond: amount / ((end - start) / 1000),
    cpuMicros,
    p50Millis: percentile(0.5),
    p99Millis: percentile(0.99),
  }
}
