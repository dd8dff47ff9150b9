import { createServer } from 'node:http'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../../support/browser.ts'
import { CHALLENGE, VERIFIER } from '../../support/http-authorization.ts'
import { closed, listening, realServer } from '../../support/real-server.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { expectAccessible, expectDenied, LOOKS, opened, returnedTo, tabTo } from './in-chromium.ts'

describeWith('the consent page in Chromium', chromiumBinary, (executablePath) => {
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

  /** The consent page of an app with that redirect, and what the browser complains about. */
  async function asked(redirect: string, options: BrowserContextOptions = {}) {
    const { app } = await server.register({ public: true, redirectUrls: [redirect] })
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: app.key,
      redirect_uri: redirect,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      state: 'a state',
    })
    const url = `${server.issuer}/authorize?${query}`
    return { app, ...(await opened(browser, url, { viewport: { width: 800, height: 760 }, ...options })) }
  }

  it.each(['127.0.0.1', '::1'])(
    'the consent page works by keyboard alone, and the response reaches the app on %s under our policy (S56, HTTP-8)',
    async (host) => {
      const { callback, arrivedBy, close: closeApp } = await returnedTo(host)
      const { page, app: registered, complaints, close } = await asked(callback)
      try {
        expect(await tabTo(page, 'Approve')).toEqual([
          'See your calls calls:read',
          'Make calls for you calls:write',
          'Deny',
          'Approve',
        ])
        await page.keyboard.press('Shift+Tab')
        await page.keyboard.press('Shift+Tab')
        await page.keyboard.press('Space')
        await tabTo(page, 'Approve')
        await page.keyboard.press('Enter')
        const { params: response, referrer } = await arrivedBy(page)
        expect([response.get('state'), response.get('iss'), referrer]).toEqual([
          'a state',
          server.issuer,
          'no referrer',
        ])
        const granted = await server.appgrant.authorizer.exchangeCode({
          key: registered.key,
          code: response.get('code') ?? '',
          codeVerifier: VERIFIER,
          redirectUrl: callback,
        })
        expect(granted.scope).toEqual(['calls:read'])
        expect(complaints).toEqual([])
      } finally {
        await close()
        await closeApp()
      }
    },
  )

  it.each(['another origin', 'a private-use scheme'])(
    'after an approval the callback of the app may redirect to %s (HTTP-8)',
    async (where) => {
      const end = createServer((_, response) => response.end('Welcome to the app'))
      const target =
        where === 'another origin' ? `${await listening(end, 'localhost')}/done` : 'com.example.reports:/done'
      const app = createServer((_, response) => response.writeHead(302, { location: target }).end())
      const { page, complaints, close } = await asked(`${await listening(app)}/callback`)
      try {
        // Nothing on this machine opens the scheme, but the browser asks for it.
        const reached = page.waitForRequest((request) => request.url() === target, { timeout: 10_000 })
        await page.getByRole('button', { name: 'Approve' }).click()
        expect((await reached).redirectedFrom()?.url()).toContain('/callback?code=')
        if (where === 'another origin') await page.getByText('Welcome to the app').waitFor()
        expect(complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([])
      } finally {
        await close()
        await closed(app)
        if (end.listening) await closed(end)
      }
    },
  )

  it('a stray Enter in the consent form denies', async () => {
    const { callback, close: closeApp } = await returnedTo()
    const { page, close } = await asked(callback)
    try {
      await tabTo(page, 'See your calls calls:read')
      await page.keyboard.press('Enter')
      await expectDenied(page)
    } finally {
      await close()
      await closeApp()
    }
  })

  it.each(LOOKS)('axe-core finds nothing on the consent page (%s)', async (name, options) => {
    const { page, complaints, close } = await asked('http://127.0.0.1/callback', options)
    try {
      await expectAccessible(page, `consent-page-${name}`)
      expect(complaints).toEqual([])
    } finally {
      await close()
    }
  })

  it('axe-core finds nothing on the error page', async () => {
    const page = await browser.newPage({ viewport: { width: 800, height: 500 } })
    try {
      const response = await page.goto(`${server.issuer}/authorize?client_id=nobody`)
      expect(response?.status()).toBe(400)
      await expectAccessible(page, 'error-page')
    } finally {
      await page.close()
    }
  })

  it('a name full of markup is shown as text on the consent page and has no effect (S52)', async () => {
    const name = `<img src=x onerror="document.title='!'"></title><script>alert(1)</script>&amp;'"`
    const { app } = await server.register({ name, redirectUrls: ['https://reports.example/callback'] })
    const page = await browser.newPage()
    try {
      let dialogs = 0
      page.on('dialog', (dialog) => {
        dialogs++
        void dialog.dismiss()
      })
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: app.key,
        redirect_uri: 'https://reports.example/callback',
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
      })
      await page.goto(`${server.issuer}/authorize?${query}`)
      expect(await page.title()).toBe(`Allow ${name}?`)
      expect(await page.locator('h1 bdi').textContent()).toBe(name)
      expect(await page.locator('img, script, a, iframe').count()).toBe(0)
      expect(dialogs).toBe(0)
    } finally {
      await page.close()
    }
  })
})
