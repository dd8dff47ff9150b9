// A host whose accounts manage their apps on web pages: `npm run console`. Open the address that it prints.
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AccountDirectory, createAppGrant } from 'appgrant'
import { type AccountBook, createConsole, type Viewer } from 'appgrant/console'
import { createHandler } from 'appgrant/http'
import { toNodeHandler } from 'appgrant/node'
import { sqliteStore } from 'appgrant/sqlite'
import { registerSampleApps } from './sample-apps.ts'
import { createSignIn } from './sign-in.ts'

/** The accounts of the host: a provider, its organizations, and their users. */
const ACCOUNTS = new Map<string, { readonly name: string; readonly parent?: string }>([
  ['provider', { name: 'Provider One' }],
  ['north', { name: 'North Clinic', parent: 'provider' }],
  ['south', { name: 'South Clinic', parent: 'provider' }],
  ['ann', { name: 'Ann Miller', parent: 'north' }],
  ['ben', { name: 'Ben Okafor', parent: 'south' }],
])
/** The account, then those above it. */
const lineageOf = (id = ''): readonly string[] => (ACCOUNTS.has(id) ? [id, ...lineageOf(ACCOUNTS.get(id)?.parent)] : [])
const nameOf = (id: string) => ACCOUNTS.get(id)?.name ?? id

// Everybody may use apps, but users may not register any, and only the provider may trust apps.
const directory: AccountDirectory = {
  async lineage(account) {
    const may = (id: string) => ({ mayRegisterApps: id !== 'ann' && id !== 'ben', mayTrustApps: id === 'provider' })
    return lineageOf(account).map((id) => ({ id, active: true, mayUseApps: true, ...may(id) }))
  },
}

/** What the console needs to know of accounts: how people call them, and for whom an account may act. */
const accounts: AccountBook = {
  names: async (ids) => Object.fromEntries(ids.map((id) => [id, nameOf(id)])),
  async below(account, search) {
    const below = [...ACCOUNTS.keys()].filter((id) => id !== account && lineageOf(id).includes(account))
    const found = below.filter((id) => nameOf(id).toLowerCase().includes(search.toLowerCase()))
    return found.map((id) => ({ id, name: nameOf(id) }))
  },
}

const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const store = sqliteStore(join(mkdtempSync(join(tmpdir(), 'appgrant-console-')), 'appgrant.db'))
await store.prepare()
const scopes = { 'calls:read': 'See your calls', 'calls:write': 'Place and end calls' }
const appgrant = createAppGrant({ store, directory, issuer, scopes })
await appgrant.prepare()
await registerSampleApps(appgrant)

// `operator` is no account of the tree: it has the authority of the host. A real host checks who that is.
const { signIn: signInAccount, serve: signInPage } = createSignIn(issuer)
async function signIn(request: Request): Promise<Viewer | Response> {
  const signedIn = await signInAccount(request)
  if (signedIn instanceof Response) return signedIn
  const { account } = signedIn
  return account === 'operator' ? { login: account, operator: true } : { account, login: account }
}

const pages = toNodeHandler(createConsole(appgrant, { signIn, accounts, theme: { accent: '#0f5c6e' } }))
const endpoints = toNodeHandler(createHandler(appgrant))
server.on('request', (req, res) => {
  const { pathname } = new URL(req.url ?? '', issuer)
  const serve = pathname === '/sign-in' ? signInPage : pathname.startsWith('/console') ? pages : endpoints
  void serve(req, res)
})
console.log(`Open ${issuer}/console and sign in as ${[...ACCOUNTS.keys()].join(', ')} or operator.`)
