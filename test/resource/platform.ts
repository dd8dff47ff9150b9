import { createServer, type RequestListener, type Server } from 'node:http'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createHandler } from '../../src/http/index.ts'
import {
  type AppGrant,
  type AppGrantOptions,
  createAppGrant,
  type NewAppWithSecret,
  type SigningOptions,
} from '../../src/index.ts'
import { toNodeHandler } from '../../src/node.ts'
import { exampleApp, faultyStore } from '../../src/testing/index.ts'
import { closed, listening } from '../support/real-server.ts'
import { SCOPES } from '../support/scopes.ts'
import { SIGNING } from '../support/signing.ts'

export const [API, BILLING] = ['https://api.example', 'https://billing.example'] as const

/** A platform with two resources on a real server, a trusted app, and a resource server of the first. */
export async function platform(
  format: 'signed' | 'opaque' = 'signed',
  signing: SigningOptions = SIGNING,
  options: Partial<AppGrantOptions> = {},
) {
  const server = createServer()
  const issuer = await listening(server)
  const store = faultyStore(memoryStore())
  const appgrant = createAppGrant({
    store,
    issuer,
    scopes: SCOPES,
    resources: [API, BILLING],
    ...(format === 'signed' && { signing }),
    ...options,
  })
  const requests: string[] = []
  const handler = toNodeHandler(createHandler(appgrant))
  server.on('request', (req, res) => {
    requests.push(req.url ?? '')
    return handler(req, res)
  })
  const register = (fields: Partial<NewAppWithSecret> = {}) =>
    appgrant.apps.register(exampleApp({ owner: 'org', trusted: true, scopes: ['read', 'write'], ...fields }))
  const { app, secret } = await register()
  const resource = await register({ name: 'Example API' })
  await appgrant.apps.setResourceServer(resource.app.key, API)
  return {
    issuer,
    appgrant,
    store,
    requests,
    app,
    resource: { key: resource.app.key, secret: resource.secret },
    register,
    token: async (audience: string = API) =>
      (await appgrant.authorizer.clientCredentials({ key: app.key, secret, resources: [audience] })).accessToken,
    async close() {
      await closed(server)
      await appgrant.close()
    },
  }
}

export type Platform = Awaited<ReturnType<typeof platform>>

/** A server in place of the issuer. */
export async function standIn(listener: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(listener)
  return { url: await listening(server), server }
}

/** The platform's own result for a token. */
export const ownWord = async ({ appgrant }: { readonly appgrant: AppGrant }, token: string) => {
  const access = await appgrant.authorizer.tryVerify(token)
  if (!access.ok) throw new Error(`expected a valid token, received ${access.reason}`)
  const seconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000)
  return { ...access, issuedAt: seconds(access.issuedAt), expiresAt: seconds(access.expiresAt) }
}
