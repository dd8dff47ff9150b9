// An MCP server over HTTP, and the platform that lets programs use its tools for an account that has approved them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { serveTools } from './mcp-tools.ts'
import { createSignIn } from './sign-in.ts'

const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
// Programs compare it with the URL that their user has entered.
const mcp = `${issuer}/mcp`
const appgrant = createAppGrant({
  store: memoryStore(),
  issuer,
  resources: [mcp],
  scopes: { 'calls:read': 'See your calls' },
  redirects: { loopback: 'public' },
})
const { signIn, serve: signInPage } = createSignIn(issuer)

// By this metadata a program that knows only the URL of the MCP server finds the issuer and the scopes.
const endpoints = toNodeHandler(
  createHandler(appgrant, { signIn, resourceMetadata: [{ resource: mcp, name: 'Calls' }] }),
)
const guard = protectNode(appgrant.authorizer, { audience: mcp, scope: 'calls:read', metadata: true })

server.on('request', (req, res) => {
  const { pathname } = new URL(req.url ?? '', issuer)
  if (pathname === '/mcp') guard(req, res, () => void serveTools(req, res, accessOf(req).account))
  else void (pathname === '/sign-in' ? signInPage : endpoints)(req, res)
})

// A program that the platform knows. It runs on the devices of users, so it has no secret.
const { app } = await appgrant.apps.register({
  owner: 'Assistants Ltd',
  name: 'Assistant',
  homepage: 'https://assistant.example/',
  adminEmail: 'ops@assistant.example',
  redirectUrls: ['http://localhost/callback'],
  scopes: ['calls:read'],
  public: true,
})
console.log(`MCP server ${mcp} for the client ${app.key} with http://localhost:<any port>/callback`)
