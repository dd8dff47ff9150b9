// The endpoints and a guarded resource on Fastify. Try the commands that it prints.
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import Fastify from 'fastify'

const port = Number(process.env.PORT ?? 3000)
const issuer = `http://127.0.0.1:${port}`
const appgrant = createAppGrant({ store: memoryStore(), issuer })
const { app: registered, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  scopes: ['calls:read'],
  trusted: true,
})

const app = Fastify()
const guard = protectNode(appgrant.authorizer, { scope: 'calls:read' })
app.get('/calls', {
  preHandler: (request, reply, done) => guard(request.raw, reply.raw, (error) => done(error as Error | undefined)),
  handler: async (request) => `calls of ${accessOf(request.raw).account}\n`,
})

const endpoints = toNodeHandler(createHandler(appgrant))
app.register(async (scope) => {
  // Fastify reads no bodies in this scope, because the endpoints read them themselves.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('/*', (request, reply) => {
    reply.hijack()
    return endpoints(request.raw, reply.raw)
  })
})

await app.listen({ port, host: '127.0.0.1' })
console.log(`curl -u ${registered.key}:${secret} -d grant_type=client_credentials ${issuer}/token`)
console.log(`curl -H "Authorization: Bearer TOKEN" ${issuer}/calls`)
