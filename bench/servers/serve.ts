import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Response as ExpressResponse } from 'express'
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

/** True where the peer is to run as fast as it can, not as its documentation has it. */
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

type Routes = Readonly<Record<string, (req: IncomingMessage, res: ServerResponse) => Promise<void> | void>>

/** A listener made of one for each path. */
export function routes(byPath: Routes): RequestListener {
  return async (req, res) => {
    try {
      await byPath[req.url ?? '']?.(req, res)
    } catch (error) {
      sendJson(res, { error: String(error) }, 500)
    }
  }
}

/** The same for a peer: on Express, as its documentation shows, or tuned on nothing but node:http. */
export function peerRoutes(byPath: Routes): RequestListener {
  if (isTuned) return routes(byPath)
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  for (const [path, answer] of Object.entries(byPath)) app.all(path, answer)
  return app
}

/** The fields of a form body. */
export function readForm(
  req: IncomingMessage & { readonly body?: Record<string, string> },
): Promise<Record<string, string>> {
  if (req.body) return Promise.resolve(req.body)
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

/** Sends by Express where the response is one of Express. */
export function sendJson(
  res: ServerResponse & Partial<Pick<ExpressResponse, 'set' | 'status'>>,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  const all = { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }
  if (res.set && res.status) {
    res.set(all)
    res.status(status).send(body)
    return
  }
  res.writeHead(status, all)
  res.end(JSON.stringify(body))
}
