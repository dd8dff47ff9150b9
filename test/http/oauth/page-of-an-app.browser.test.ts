import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../../support/browser.ts'
import { closed, listening, realServer } from '../../support/real-server.ts'
import { describeWith } from '../../support/servers/describe-with.ts'

const SCRIPTS: Readonly<Record<string, URL>> = {
  '/page.js': new URL('page-of-an-app.js', import.meta.url),
  '/oauth4webapi.js': new URL(import.meta.resolve('oauth4webapi')),
}

describeWith('a page of a public app in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof realServer>>
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
    server = await realServer()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  /** A site of its own that serves the page, and an app of this site. */
  async function site() {
    let settings = {}
    const web = createServer((request, response) => {
      const path = new URL(request.url ?? '', 'http://site').pathname
      const script = SCRIPTS[path]
      if (script) response.setHeader('content-type', 'text/javascript').end(readFileSync(script))
      else if (path === '/settings') response.end(JSON.stringify(settings))
      else
        response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><script type="module" src="/page.js"></script>')
    })
    const origin = await listening(web)
    const redirectUri = `${origin}/callback`
    const { app } = await server.register({ public: true, redirectUrls: [redirectUri] })
    settings = { issuer: server.issuer, clientId: app.key, redirectUri }
    return { origin, key: app.key, close: () => closed(web) }
  }

  it('a page of a public app gets, refreshes and revokes tokens with tracing headers, in Chromium (HTTP-10)', async () => {
    const { origin, close } = await site()
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    try {
      await page.goto(`${origin}/`)
      await page.getByRole('button', { name: 'Approve' }).click()
      await page.getByText('{').waitFor()
      expect(JSON.parse((await page.textContent('body')) ?? '')).toEqual({
        scope: 'calls:read',
        isRotated: true,
        afterRevocation: 'invalid_grant',
      })
      // What the browser says about the refresh after the revocation, which is refused.
      expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([])
    } finally {
      await page.close()
      await close()
    }
  })

  it('a page reads responses about an app of its own origin only, whatever headers it sends (HTTP-6, HTTP-10)', async () => {
    const [own, other] = [await site(), await site()]
    const page = await browser.newPage()
    try {
      await page.goto(`${own.origin}/settings`)
      const read = (clientId: string, headers: Record<string, string>) =>
        page.evaluate(
          async ([url, client_id, sent]) => {
            const body = new URLSearchParams({ client_id, grant_type: 'refresh_token', refresh_token: 'unknown' })
            const response = await fetch(url, { method: 'POST', body, headers: sent }).catch(() => undefined)
            return response?.status ?? 'unreadable'
          },
          [`${server.issuer}/token`, clientId, headers] as const,
        )
      for (const headers of [{}, { 'x-requested-with': 'XMLHttpRequest' }]) {
        expect(await read(own.key, headers)).toBe(400)
        expect(await read(other.key, headers)).toBe('unreadable')
      }
    } finally {
      await page.close()
      await own.close()
      await other.close()
    }
  })
})
