// A host with its own sign-in and consent page. `npm run build && npx tsx examples/consent-host.ts`, then open the URL.
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Consent, createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { toNodeHandler } from 'appgrant/node'

const server = createServer()
await new Promise<void>((listening) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', listening))
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const appgrant = createAppGrant({ store: memoryStore(), issuer, allowLoopbackRedirects: true })

// The signed-in accounts, by cookie. A real host checks passwords and ends sessions.
const sessions = new Map<string, string>()
const accountOf = (cookies: string | null | undefined) =>
  sessions.get(/session=([\w-]+)/.exec(cookies ?? '')?.[1] ?? '')

async function signIn(request: Request): Promise<{ account: string } | Response> {
  const account = accountOf(request.headers.get('cookie'))
  if (account !== undefined) return { account }
  // Return to the path of the request only: its host cannot be trusted.
  const { pathname, search } = new URL(request.url)
  const back = new URLSearchParams({ back: pathname + search })
  return new Response(null, { status: 303, headers: { location: `${issuer}/sign-in?${back}` } })
}

// The host describes the scopes and designs the page: any page that posts this form will do.
const MEANING: Record<string, string> = { 'calls:read': 'See your calls', 'calls:write': 'Place and end calls' }

async function consentPage({ app, account, scope, redirectHost, ticket }: Consent): Promise<Response> {
  const rights = scope.map(
    (one) =>
      `<p><label><input type="checkbox" name="scope" value="${text(one)}" checked> ${text(MEANING[one] ?? one)}</label>`,
  )
  const body = `<h1>${text(app.name)} wants to access the account ${text(account)}</h1>
    <p>It belongs to ${text(app.owner)} (${text(app.homepageAscii)}). You will be sent to ${text(redirectHost)}.
    <form method="post" action="/authorize/decision">
      <input type="hidden" name="ticket" value="${text(ticket)}">
      ${rights.join('')}
      <p><button name="decision" value="deny">Deny</button> <button name="decision" value="approve">Allow</button>
    </form>`
  return new Response(page(app.name, body), { headers: HTML })
}

const HTML = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}
const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${text(title)}</title><main>${body}</main></html>`
/** Escapes text. Names come from strangers, so nothing goes into a page without this. */
const text = (value: string) => value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const endpoints = toNodeHandler(createHandler(appgrant, { signIn, consentPage }))

/** The host's own sign-in. It believes every account name. */
async function signInPage(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { searchParams } = new URL(req.url ?? '', issuer)
  const back = searchParams.get('back') ?? '/'
  if (req.method === 'POST') {
    let body = ''
    for await (const chunk of req) body += chunk
    const session = randomUUID()
    sessions.set(session, new URLSearchParams(body).get('account') || 'ann')
    // Redirect only to a path of this host.
    const location = new URL(back, issuer).origin === issuer ? back : '/'
    res.writeHead(303, { location, 'set-cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/` }).end()
    return
  }
  const form =
    '<form method="post"><label>Account <input name="account" value="ann"></label> <button>Sign in</button></form>'
  res.writeHead(200, HTML).end(page('Sign in', `<h1>Sign in</h1>${form}`))
}

// The app, which is normally a separate program. It is public, so it has no secret.
const redirectUrl = `${issuer}/app/callback`
const { app } = await appgrant.apps.register({
  owner: 'Reports Ltd',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  redirectUrls: [redirectUrl],
  scopes: Object.keys(MEANING),
  public: true,
})
const verifier = randomUUID() + randomUUID()
const request = new URLSearchParams({
  response_type: 'code',
  client_id: app.key,
  redirect_uri: redirectUrl,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})

async function callback(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { searchParams: answer } = new URL(req.url ?? '', issuer)
  const form = {
    grant_type: 'authorization_code',
    client_id: app.key,
    redirect_uri: redirectUrl,
    code_verifier: verifier,
  }
  const body = new URLSearchParams({ ...form, code: answer.get('code') ?? '' })
  const token = (await (await fetch(`${issuer}/token`, { method: 'POST', body })).json()) as { scope?: string }
  const told = answer.get('error') ?? `granted: ${token.scope ?? 'no scopes'}`
  res.writeHead(200, HTML).end(page('The app', `<h1>${text(app.name)}</h1><p>${text(told)}`))
}

server.on('request', (req, res) => {
  const { pathname } = new URL(req.url ?? '', issuer)
  const answer = { '/sign-in': signInPage, '/app/callback': callback }[pathname] ?? endpoints
  void answer(req, res)
})
console.log(`Open ${issuer}/authorize?${request}`)
