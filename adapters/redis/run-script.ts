import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { refusalIn } from './errors.ts'
import type { ScriptCall } from './scripts.ts'

/** Runs a script and resolves to its reply. Rejects with the driver's error. */
export type RunScript = (call: ScriptCall) => Promise<unknown>

// While a slot moves or a master is replaced, a cluster refuses commands for a moment. The attempts end within core's
// deadline, which also has to cover the response.
export const RETRY_BUDGET_MS = 600
const RETRY_DELAY_MS = 20
const TRANSIENT = new Set(['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN'])

/** Runs each script on its own. ioredis follows MOVED and ASK; when it gives up, the script is tried again. */
export function scriptRunner(connection: Connection): RunScript {
  return async (call) => {
    const until = Date.now() + RETRY_BUDGET_MS
    for (;;) {
      try {
        return await runOn(await connection.ready(), call)
      } catch (error) {
        if (!isTransient(error) || Date.now() >= until) throw error
      }
      await delay()
    }
  }
}

export async function runOn(client: Client, { script, keys, args }: ScriptCall): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (refusalIn(error) !== 'NOSCRIPT') throw error
    return await client.eval(script.source, keys.length, ...keys, ...args)
  }
}

/** Whether a cluster refused the command without executing it, but may accept it soon. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(refusalIn(error) ?? '')
}

export function delay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS))
}
