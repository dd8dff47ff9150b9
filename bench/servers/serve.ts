import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'

/** What a server tells the process that started it. */
export interface Served {
  readonly port: number
  readonly key: string
  readonly secret: string
}

/** The Redis server and the settings that the parent names. */
export function redisHere(): Redis {
  return new Redis({ port: Number(process.argv[2]) })
}

/** True where the peer is to run tuned, not as its documentation has it. */
export const isTuned = process.argv.includes('tuned')

/** The app that every peer knows. */
export const APP = { key: 'bench-app-0123456789abcdefghijkl', secret: 'bench-secret-0123456789abcdefghi' }

/** Serves on a free port, tells the parent where, and how much CPU time this process took whenever it asks. */
export function serve(listener: RequestListener, app: { readonly key: string; readonly secret: string } = APP): void {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const served: Served = { port, key: app.key, secret: app.secret }
    process.send?.(served)
  })
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.on('disconnect', () => process.exit())
}

/** A listener made of one for each path. */
export function routes(
  byPath: Readonly<Record<string, (req: IncomingMessage, res: ServerResponse) => Promise<void> | void>>,
): RequestListener {
  return async (req, res) => {
    try {
      await byPath[req.url ?? '']?.(req, res)
    } catch (error) {
      sendJson(res, { error: String(error) }, 500)
    }
  }
}

/** The fields of a form body. */
export function readForm(req: IncomingMessage): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    let body = ''
    req.setEncoding('utf8')
    req.on('data', (chunk) => {
      body += chunk
    })
    req.on('end', () => resolve(Object.fromEntries(new URLSearchParams(body))))
    req.on('error', reject)
  })
}

export function sendJson(res: ServerResponse, body: unknown, status = 200, headers: object = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  res.end(JSON.stringify(body))
}
