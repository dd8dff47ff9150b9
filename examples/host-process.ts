// The base of demo.ts: runs durable-host.ts as a process of its own, on a free port.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** A host that keeps everything in `file`. It can be stopped and started again. */
export async function hostProcess(file: string) {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  let host: ChildProcess | undefined
  return {
    url: `http://127.0.0.1:${port}`,
    async start(): Promise<void> {
      const program = fileURLToPath(new URL('./durable-host.ts', import.meta.url))
      const args = [...process.execArgv, program, file, String(port)]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit').then(() => Promise.reject(new Error('the host did not start')))
      await Promise.race([once(child.stdout, 'data'), ended])
      host = child
    },
    async stop(): Promise<void> {
      if (!host || host.exitCode !== null || host.signalCode !== null) return
      const ended = once(host, 'exit')
      host[Symbol.dispose]()
      await ended
    },
  }
}
