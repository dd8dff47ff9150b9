// A host with its own sign-in and consent page. Open the URL that it prints.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Consent, createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { toNodeHandler } from 'appgrant/node'
import { createSignIn, HTML, page, text } from './sign-in.ts'

const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const scopes = { 'calls:read': 'See your calls', 'calls:write': 'Place and end calls' }
const appgrant = createAppGrant({ store: memoryStore(), issuer, scopes, redirects: { loopback: 'public' } })
const { signIn, serve: signInPage } = createSignIn(issuer)

// The host designs the page: any page that posts this form will do.
async function consentPage({ app, account, scopes, redirectHost, ticket }: Consent): Promise<Response> {
  const permissions = scopes.map(
    ({ name, description }) =>
      `<p><label><input type="checkbox" name="scope" value="${text(name)}" checked> ${text(description)}</label>`,
  )
  const body = `<h1>${text(app.name)} wants to access the account ${text(account)}</h1>
    <p>It belongs to ${text(app.owner)} (${text(app.homepageAscii ?? 'no homepage')}). You will be sent to ${text(redirectHost)}.
    <form method="post" action="/authorize/decision">
      <input type="hidden" name="ticket" value="${text(ticket)}">
      ${permissions.join('')}
      <p><button name="decision" value="deny">Deny</button> <button name="decision" value="approve">Allow</button>
    </form>`
  return new Response(page(app.name, body), { headers: HTML })
}

// The app, which is normally a separate program. It is public, so it has no secret.
const redirectUrl = `${issuer}/app/callback`
const { app } = await appgrant.apps.register({
  owner: 'Reports Ltd',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  redirectUrls: [redirectUrl],
  scopes: Object.keys(scopes),
  public: true,
})
const codeVerifier = randomUUID() + randomUUID()
const client = { client_id: app.key, redirect_uri: redirectUrl }
const request = new URLSearchParams({
  ...client,
  response_type: 'code',
  code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  code_challenge_method: 'S256',
})

async function callback(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { searchParams } = new URL(req.url ?? '', issuer)
  const grant = { grant_type: 'authorization_code', code: searchParams.get('code') ?? '', code_verifier: codeVerifier }
  const body = new URLSearchParams({ ...client, ...grant })
  const token = (await (await fetch(`${issuer}/token`, { method: 'POST', body })).json()) as { scope?: string }
  const outcome = searchParams.get('error') ?? `granted: ${token.scope ?? 'no scopes'}`
  res.writeHead(200, HTML).end(page('The app', `<h1>${text(app.name)}</h1><p>${text(outcome)}`))
}

const endpoints = toNodeHandler(createHandler(appgrant, { signIn, consentPage }))
server.on('request', (req, res) => {
  const { pathname } = new URL(req.url ?? '', issuer)
  const serve = { '/sign-in': signInPage, '/app/callback': callback }[pathname] ?? endpoints
  void serve(req, res)
})
console.log(`Open ${issuer}/authorize?${request}`)
