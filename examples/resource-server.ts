// A service without the store: it asks the platform about each token (introspection, RFC 7662).
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHandler, protect } from 'appgrant/http'
import { toNodeHandler } from 'appgrant/node'
import { introspectionVerifier } from 'appgrant/resource'
import { exampleApp } from 'appgrant/testing'
import { platform } from './platform.ts'

// The platform, in one process.
const resource = 'https://calls.example/'
const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { appgrant, key, secret } = await platform({ issuer, resources: [resource] })
server.on('request', toNodeHandler(createHandler(appgrant)))

// The service has an app of its own, which the platform allows to ask about the tokens for this resource.
const service = await appgrant.apps.register(exampleApp({ owner: 'platform', name: 'Call Service' }))
await appgrant.apps.setResourceServer(service.app.key, resource)

// The service, in another process. It needs the issuer, its resource, its key and its secret.
const verifier = introspectionVerifier({ issuer, audience: resource, key: service.app.key, secret: service.secret })
const guard = protect(verifier, { scope: 'calls:read' })

async function calls(request: Request): Promise<Response> {
  const access = await guard(request)
  return access instanceof Response ? access : new Response(`calls of ${access.account}`)
}

// An app calls the service.
const { accessToken } = await appgrant.authorizer.clientCredentials({ key, secret })
const call = async () => {
  const response = await calls(new Request(resource, { headers: { authorization: `Bearer ${accessToken}` } }))
  return `${response.status} ${await response.text()}`.slice(0, 18)
}
console.log(`with a token: ${await call()}`)
await appgrant.apps.suspend(key)
console.log(`after the app was suspended: ${(await call()).slice(0, 3)}`)
server.close().closeAllConnections()
await appgrant.close()
