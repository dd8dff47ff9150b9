// An MCP server over HTTP, and the platform that lets programs which register themselves use its tools, for an account that has
// approved them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { serveTools } from './mcp-tools.ts'
import { createSignIn } from './sign-in.ts'

// Clients keep what it has signed for years. Yours is random, in the configuration of every node, and never lost.
const { REGISTRATION_KEY = 'a key for this example, 32 bytes' } = process.env

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
  // Programs register themselves. Each becomes an app of the account that approves it, with no other scopes than these.
  selfRegistration: { keys: [REGISTRATION_KEY], scopes: ['calls:read'] },
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

console.log(`MCP server ${mcp}`)
