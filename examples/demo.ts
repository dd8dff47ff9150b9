// The whole life of an app over real HTTP, kept in one SQLite file: `npm run demo`. Exits with 0 only if every step is as expected.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAppGrant } from 'appgrant'
import { sqliteStore } from 'appgrant/sqlite'
import { hostProcess } from './host-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'appgrant-demo-'))
const file = join(folder, 'appgrant.db')
// The host is another process. This one manages the app, on the same file.
const host = await hostProcess(file)
const store = sqliteStore(file)
await store.prepare()
// Both need the same options.
const scopes = { 'calls:read': 'See your calls' }
const appgrant = createAppGrant({ store, issuer: host.url, scopes })
await appgrant.prepare()

let steps = 0
function step(title: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${title}: expected ${expected}, but it is ${actual}`)
  console.log(`${++steps}. ${title}: ${actual}`)
}
/** The app requests a token. */
async function token(key: string, secret: string) {
  const headers = { authorization: `Basic ${btoa(`${key}:${secret}`)}` }
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const response = await fetch(`${host.url}/token`, { method: 'POST', headers, body })
  return { status: response.status, ...((await response.json()) as { access_token: string; error?: string }) }
}
/** The app calls the resource. Returns the status and, if the token was accepted, the body. */
async function calls({ access_token }: { readonly access_token: string }): Promise<string> {
  const headers = { authorization: `Bearer ${access_token}` }
  const response = await fetch(`${host.url}/calls`, { headers })
  return response.ok ? `${response.status} ${await response.text()}` : `${response.status}`
}

try {
  await host.start()
  const owner = 'org-7'
  const fields = { name: 'Call Reports', homepage: 'https://reports.example/', adminEmail: 'ops@reports.example' }
  const { app, secret } = await appgrant.apps.register({ ...fields, owner, scopes: Object.keys(scopes), trusted: true })
  step('An app is registered for its owner', app.owner, owner)
  const first = await token(app.key, secret)
  step('The app gets a token with its key and secret', first.status, 200)
  step('The token works', await calls(first), '200 calls of org-7')
  await host.stop()
  await host.start()
  step('The host is stopped and started again: the token works', await calls(first), '200 calls of org-7')
  await appgrant.apps.suspend(app.key)
  step('The app is suspended: its token is rejected', await calls(first), '401')
  step('and it gets no new one', (await token(app.key, secret)).error, 'unauthorized_client')
  await appgrant.apps.resume(app.key)
  step('The app is resumed: the same token works', await calls(first), '200 calls of org-7')
  const renewed = await appgrant.apps.regenerateSecret(app.key)
  step('The secret is regenerated: the old token is rejected', await calls(first), '401')
  step('and so is the old secret', (await token(app.key, secret)).error, 'invalid_client')
  const second = await token(app.key, renewed.secret)
  step('The new secret works', await calls(second), '200 calls of org-7')
  const held = { app: app.key, account: owner }
  const { items } = await appgrant.tokens.list(held)
  step('The owner sees the token', items.length, 1)
  await appgrant.tokens.remove({ ...held, ids: items.map(({ id }) => id) })
  step('The token is removed: it is rejected', await calls(second), '401')
  await appgrant.apps.remove(app.key)
  step('The app is removed: its secret is rejected', (await token(app.key, renewed.secret)).error, 'invalid_client')
  console.log('Every step went as expected.')
} catch (error) {
  console.error(`FAILED: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await host.stop()
  await appgrant.close()
  rmSync(folder, { recursive: true, force: true })
}
