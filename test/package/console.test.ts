import { readdirSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { visit } from '../console/visitor.ts'
import { consoleMounts } from './console-mounts.ts'
import { type Library, library } from './library.ts'
import { ROOT } from './setup.ts'

const ORIGIN = 'https://login.example'
const ACCOUNT = 'org-1'
const ASSETS = join(ROOT, 'src/console/assets')

let lib: Library
beforeAll(async () => {
  lib = await library()
})

async function start(name: string) {
  const appgrant = lib.core.createAppGrant({ store: lib.memory.memoryStore(), issuer: ORIGIN })
  const pages = lib.console.createConsole(appgrant, { signIn: async () => ({ account: ACCOUNT, login: 'maria' }) })
  const server: Server = await (consoleMounts[name] as (typeof consoleMounts)[string])(lib, pages)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = (path: string, init: RequestInit = {}) => fetch(`${base}${path}`, { redirect: 'manual', ...init })
  /** What a browser sends and where it goes, if nothing but `Origin` says where a form comes from. */
  async function browse(path: string, init: RequestInit = {}): Promise<{ response: Response; path: string }> {
    const headers = init.method === 'POST' ? { origin: ORIGIN } : { referer: `${ORIGIN}/console/apps` }
    const response = await send(path, { ...init, headers })
    const location = response.headers.get('location')
    if (response.status !== 303 || location === null) return { response, path }
    expect(location).toMatch(/^\/console\//)
    return browse(location)
  }
  return { appgrant, send, open: (path: string) => visit(browse, path) }
}

describe('the console of the packed package', () => {
  it.each(Object.keys(consoleMounts))('on %s registers, suspends and removes an app by its forms', async (name) => {
    const { appgrant, open } = await start(name)
    const apps = async () => (await appgrant.apps.list({ owner: ACCOUNT })).items
    let page = await open('/console/')
    expect([page.path, page.heading]).toEqual(['/console/apps', 'App registration'])
    page = await (await page.follow('Add app'))
      .fill({
        'Name required': 'Call Reports',
        'Homepage required': 'https://reports.example/',
        'Admin email required': 'ops@reports.example',
        'Redirect URL 1': 'https://reports.example/callback',
      })
      .press('OK')
    const [key, secret] = [page.value('App ID/key'), page.value('App secret')]
    expect(await appgrant.authorizer.authenticateApp({ key, secret })).toMatchObject({ key })
    page = await (await page.follow('App registration')).press('Active: suspend Call Reports')
    expect(page.notes[0]).toContain('Call Reports is suspended.')
    expect(await apps()).toMatchObject([{ key, suspended: { by: { account: ACCOUNT, login: 'maria' } } }])
    page = await page.fill({ 'Select Call Reports': true }).press('Remove selected')
    page = await page.press('Remove 1 app')
    expect(page.notes[0]).toContain('removed')
    expect(await apps()).toEqual([])
  })

  it.each(Object.keys(consoleMounts))('on %s refuses a form of another origin, and serves its files', async (name) => {
    const { appgrant, send, open } = await start(name)
    const { app } = await appgrant.apps.register(lib.testing.exampleApp({ owner: ACCOUNT }))
    const page = await open('/console/apps')
    const body = new URLSearchParams(page.entries('Active: suspend Example App').map(([one, value]) => [one, value]))
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}])
      expect((await send(`/console/apps/${app.key}/suspend`, { method: 'POST', body, headers })).status).toBe(403)
    expect(await appgrant.apps.get(app.key)).not.toHaveProperty('suspended')
    const files = [...page.text.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    const texts: Record<string, string> = {}
    for (const path of files) {
      const file = await send(path)
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
      const kind = path.slice(path.lastIndexOf('.') + 1)
      texts[kind] = (texts[kind] ?? '') + (await file.text())
    }
    // All that was written is in the package, and no more than a first visit should load.
    const { css = '', js = '', ...others } = texts
    expect(others).toEqual({})
    for (const part of readdirSync(ASSETS).filter((file) => file.endsWith('.css')))
      expect(css, part).toContain(readFileSync(join(ASSETS, part), 'utf8'))
    expect(js).toBe(readFileSync(join(ASSETS, 'console.js'), 'utf8'))
    expect(gzipSync(css).length).toBeLessThanOrEqual(5 * 1024)
    expect(gzipSync(js).length).toBeLessThanOrEqual(2 * 1024)
  })

  it('is loaded by no other entry', () => {
    const dist = join(inject('consumer'), 'node_modules/appgrant/dist')
    const { exports } = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8'))
    const entries = Object.values(exports).flatMap((entry) =>
      typeof entry === 'object' ? [(entry as { default: string }).default] : [],
    )
    const loadedBy = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
      if (seen.has(file)) return seen
      seen.add(file)
      const code = readFileSync(join(dist, file), 'utf8')
      for (const [, other = ''] of code.matchAll(/(?:from|import)\s*\(?\s*['"]\.\/([\w.-]+\.js)['"]/g))
        loadedBy(other, seen)
      return seen
    }
    const isOfConsole = (file: string) => readFileSync(join(dist, file), 'utf8').includes('App registration')
    const found = entries.map((entry) => [entry, [...loadedBy(entry.replace('./dist/', ''))].filter(isOfConsole)])
    expect(Object.fromEntries(found)).toEqual({
      ...Object.fromEntries(entries.map((entry) => [entry, []])),
      './dist/console.js': ['console.js'],
    })
  })
})
