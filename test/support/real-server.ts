import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../src/create-app-grant.ts'
import { createHandler, type HandlerOptions } from '../../src/http/index.ts'
import { toNodeHandler } from '../../src/node.ts'
import type { AppGrantOptions } from '../../src/options.ts'
import type { exampleApp } from '../../src/testing/index.ts'
import { SCOPES } from './scopes.ts'

/** The endpoints on a real server, with every request signed in as `user-1`. */
export async function realServer(options: HandlerOptions = {}, core: Partial<AppGrantOptions> = {}) {
  const server = createServer()
  const issuer = await listening(server)
  const redirects = { loopback: 'public' } as const
  const appgrant = createAppGrant({ store: memoryStore(), issuer, scopes: SCOPES, redirects, ...core })
  const signIn: HandlerOptions['signIn'] = async () => ({ account: 'user-1' })
  server.on('request', toNodeHandler(createHandler(appgrant, { signIn, ...options })))
  return {
    issuer,
    appgrant,
    register: (fields: Parameters<typeof exampleApp>[0] = {}) =>
      appgrant.apps.register({
        owner: 'Example Telephony Ltd',
        name: 'Call Reports',
        homepage: 'https://reports.example/',
        adminEmail: 'ops@reports.example',
        redirectUrls: ['https://reports.example/callback'],
        scopes: ['calls:read', 'calls:write'],
        ...fields,
      }),
    async close() {
      await closed(server)
      await appgrant.close()
    },
  }
}

/** Listens on a free port and returns the origin. */
export async function listening(server: Server, host = '127.0.0.1'): Promise<string> {
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, host, done))
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export async function closed(server: Server): Promise<void> {
  const done = new Promise((ended) => server.close(ended))
  server.closeAllConnections()
  await done
}
