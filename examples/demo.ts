// The whole life of an app over real HTTP. Exits with 0 if every step went as expected, else with 1.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAppGrant, isAppGrantError } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { sqliteStore } from 'appgrant/sqlite'

const server = createServer()
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

// One SQLite file if there is a driver for it, else memory.
const folder = mkdtempSync(join(tmpdir(), 'appgrant-demo-'))
const file = join(folder, 'appgrant.db')
const noDriver = await sqliteStore(file)
  .prepare()
  .then(
    () => undefined,
    (error) => (isAppGrantError(error) ? error.hint : `${error}`),
  )
let appgrant = createAppGrant({ store: noDriver ? memoryStore() : sqliteStore(file), issuer })
let otherProcess: ChildProcess | undefined

// The host: appgrant's endpoints, and a resource of its own.
const endpoints = toNodeHandler(createHandler(appgrant))
const guard = protectNode(appgrant.authorizer, { scope: 'calls:read' })
server.on('request', (req, res) => {
  if (req.url !== '/calls') return void endpoints(req, res)
  guard(req, res, () => res.end(`calls of ${accessOf(req).account}`))
})
let steps = 0
function step(told: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${told}: expected ${expected}, but it is ${actual}`)
  console.log(`${++steps}. ${told}: ${actual}`)
}

/** The app requests a token. */
async function token(key: string, secret: string) {
  const authorization = `Basic ${btoa(`${key}:${secret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const answer = await fetch(`${issuer}/token`, { method: 'POST', headers: { authorization }, body })
  return { status: answer.status, ...((await answer.json()) as { access_token: string; error?: string }) }
}

/** The app calls the resource. Returns the status and, if the token was accepted, the body. */
async function calls(accessToken: string): Promise<string> {
  const answer = await fetch(`${issuer}/calls`, { headers: { authorization: `Bearer ${accessToken}` } })
  return answer.ok ? `${answer.status} ${await answer.text()}` : `${answer.status}`
}

async function endServer(): Promise<void> {
  server.close()
  server.closeAllConnections()
  await appgrant.close()
}

/** Starts the same host as another process on the same file. From then on this process only manages the app. */
async function startedElsewhere(): Promise<ChildProcess> {
  const program = new URL('./durable-host.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [...process.execArgv, program, file, new URL(issuer).port], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the host did not start'))),
  ])
  appgrant = createAppGrant({ store: sqliteStore(file), issuer })
  return child
}

try {
  const owner = 'org-7'
  const fields = { name: 'Call Reports', homepage: 'https://reports.example/', adminEmail: 'ops@reports.example' }
  const { app, secret } = await appgrant.apps.register({ ...fields, owner, scopes: ['calls:read'], trusted: true })
  step('An app is registered for its owner', app.owner, owner)

  const first = await token(app.key, secret)
  step('The app gets a token with its key and secret', first.status, 200)
  step('The token works', await calls(first.access_token), '200 calls of org-7')

  if (noDriver) console.log(`   (no second process: there is no durable store. ${noDriver})`)
  else {
    await endServer()
    otherProcess = await startedElsewhere()
    step(
      'The server stops, another process serves the same file: the token works',
      await calls(first.access_token),
      '200 calls of org-7',
    )
    step('and the app gets tokens there', (await token(app.key, secret)).status, 200)
  }

  await appgrant.apps.suspend(app.key)
  step('The app is suspended: its token is refused', await calls(first.access_token), '401')
  step('and it gets no new one', (await token(app.key, secret)).error, 'unauthorized_client')

  await appgrant.apps.resume(app.key)
  step('The app is resumed: the same token works', await calls(first.access_token), '200 calls of org-7')
  const renewed = await appgrant.apps.regenerateSecret(app.key)
  step('The secret is regenerated: the old token is refused', await calls(first.access_token), '401')
  step('the old secret too', (await token(app.key, secret)).error, 'invalid_client')
  const [one, other] = [await token(app.key, renewed.secret), await token(app.key, renewed.secret)]
  step('The new secret works', await calls(one.access_token), '200 calls of org-7')
  const of = { app: app.key, account: owner }
  step('The owner sees its tokens', await appgrant.tokens.count(of), 2)
  const { items } = await appgrant.tokens.list(of)
  await appgrant.tokens.remove({ ...of, ids: items.slice(1).map((shown) => shown.id) })
  const both = async () => [await calls(one.access_token), await calls(other.access_token)].sort().join(', ')
  step('One is removed: it is refused, the other works', await both(), '200 calls of org-7, 401')

  await appgrant.apps.remove(app.key)
  step('The app is removed: both are refused', await both(), '401, 401')
  step('and its secret', (await token(app.key, renewed.secret)).error, 'invalid_client')
  console.log('Every step went as expected.')
} catch (error) {
  console.error(`FAILED: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await endServer()
  otherProcess?.kill()
  rmSync(folder, { recursive: true, force: true })
}
