import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Served } from './serve.ts'

/** A server in a process of its own. */
export interface BenchServer extends Served {
  /** CPU time of that process so far, user and system, in µs. */
  cpuMicros(): Promise<number>
  stop(): Promise<void>
}

/**
 * @param program - which of the programs beside this file.
 * @param args - the port of Redis or the URL of PostgreSQL, then settings.
 */
export async function startServer(program: string, args: readonly string[]): Promise<BenchServer> {
  const child = fork(new URL(`${program}.ts`, import.meta.url), args)
  // Unhandled where nobody waits for it any more: an end that was asked for is none to complain of.
  const ended = once(child, 'exit').then(() => {
    throw new Error(`bench/servers/${program}.ts ended: see its output above`)
  })
  ended.catch(() => {})
  const answer = async () => (await Promise.race([once(child, 'message'), ended]))[0]
  const served: Served = await answer()
  return {
    ...served,
    async cpuMicros() {
      child.send('cpu')
      const { user, system }: NodeJS.CpuUsage = await answer()
      return user + system
    },
    stop: () => stop(child),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.disconnect()
  await gone
}
