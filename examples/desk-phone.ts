// A desk phone that gets access to the account of its user, and a host with the page for it. Open the URL that it prints.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as passed } from 'node:timers/promises'
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { toNodeHandler } from 'appgrant/node'
import { createSignIn } from './sign-in.ts'

const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const appgrant = createAppGrant({
  store: memoryStore(),
  issuer,
  scopes: { 'calls:read': 'See your calls', 'calls:write': 'Place and end calls' },
  keyRing: [process.env.KEY_RING ?? 'a key of 32 bytes or more, from your secret store'],
  // Only phones may do this: an app with a browser has no reason to.
  deviceGrant: { apps: ({ apiType }) => apiType === 'phones' },
})
const { signIn, serve: signInPage } = createSignIn(issuer)
const endpoints = toNodeHandler(createHandler(appgrant, { signIn }))
server.on('request', (req, res) => {
  const { pathname } = new URL(req.url ?? '', issuer)
  void (pathname === '/sign-in' ? signInPage(req, res) : endpoints(req, res))
})
const { app } = await appgrant.apps.register({
  owner: 'Phones Ltd',
  name: 'Desk Phone',
  homepage: 'https://phones.example/',
  adminEmail: 'ops@phones.example',
  redirectUrls: ['https://phones.example/'],
  scopes: ['calls:read', 'calls:write'],
  apiType: 'phones',
  public: true,
})

// From here on it is the phone, which is normally a separate program.
async function post(path: string, form: Record<string, string>): Promise<Record<string, string | number>> {
  const body = new URLSearchParams({ client_id: app.key, ...form })
  return (await (await fetch(issuer + path, { method: 'POST', body })).json()) as Record<string, string | number>
}

const codes = await post('/device_authorization', { scope: 'calls:read' })
console.log(`Open ${codes.verification_uri} and enter ${codes.user_code}`)
const poll = {
  grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
  device_code: String(codes.device_code),
}
let seconds = Number(codes.interval)
let response: Record<string, string | number>
do {
  await passed(seconds * 1000)
  response = await post('/token', poll)
  if (response.error === 'slow_down') seconds += 5
} while (response.error === 'slow_down' || response.error === 'authorization_pending')
console.log(response.error ?? `granted: ${response.scope}`)
server.close()
server.closeAllConnections()
await appgrant.close()
