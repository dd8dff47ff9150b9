// The endpoints and a protected resource on Fastify. Try the commands that it prints.
import { createHandler } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import Fastify from 'fastify'
import { platform, port, printCommands } from './platform.ts'

const { appgrant, ...credentials } = await platform()

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
printCommands(credentials)
