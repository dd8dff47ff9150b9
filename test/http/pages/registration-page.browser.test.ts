import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../../support/browser.ts'
import { CHALLENGE, VERIFIER } from '../../support/http-authorization.ts'
import { realServer } from '../../support/real-server.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { SPOOFED_NAMES } from '../../support/spoofed-names.ts'
import { expectAccessible, expectDenied, expectHostFirst, LOOKS, opened, returnedTo, tabTo } from './in-chromium.ts'

describeWith('the page on which a user registers an app, in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof realServer>>
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
    server = await realServer({ browserRegistration: true }, { redirects: { loopback: 'all' } })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function asked(changed: Record<string, string> = {}, options: BrowserContextOptions = {}) {
    const query = new URLSearchParams({
      client_name: 'CRM',
      client_uri: 'https://crm.example/',
      contacts: 'ops@crm.example',
      redirect_uri: 'https://crm.example/callback',
      scope: 'calls:read calls:write',
      state: 'a state of the CRM',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...changed,
    })
    const url = `${server.issuer}/register-app?${query}`
    return opened(browser, url, { viewport: { width: 768, height: 900 }, ...options })
  }

  it('the page works by keyboard alone, and the code reaches the app under our policy (WEB-1, HTTP-8)', async () => {
    const { callback, arrivedBy, close: closeApp } = await returnedTo()
    const { page, complaints, close } = await asked({ redirect_uri: callback })
    try {
      const toGrant = await tabTo(page, 'Also allow it to access my account now')
      await page.keyboard.press('Space')
      expect([...toGrant, ...(await tabTo(page, 'Register'))]).toEqual([
        'Also allow it to access my account now',
        'See your calls calls:read',
        'Make calls for you calls:write',
        'Deny',
        'Register',
      ])
      await page.keyboard.press('Enter')
      const { params, referrer } = await arrivedBy(page)
      expect(referrer).toBe('no referrer')
      const code = params.get('code') ?? ''
      const registered = await server.appgrant.authorizer.exchangeRegistration({
        code,
        codeVerifier: VERIFIER,
        redirectUrl: callback,
      })
      expect(registered.app.owner).toBe('user-1')
      expect(registered.authorizationCode).toMatch(/^ag_ac_/)
      expect(complaints).toEqual([])
    } finally {
      await close()
      await closeApp()
    }
  })

  it('a stray Enter denies, and nothing is registered', async () => {
    const { callback, close: closeApp } = await returnedTo()
    const { page, close } = await asked({ redirect_uri: callback })
    try {
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await expectDenied(page)
    } finally {
      await close()
      await closeApp()
    }
  })

  it.each(SPOOFED_NAMES)(
    'an app that calls itself %j is shown after the host, and not in title, heading or button (S52)',
    async (name) => {
      const { page, close } = await asked({ client_name: name })
      try {
        await expectHostFirst(page, { host: 'crm.example', name })
      } finally {
        await close()
      }
    },
  )

  it('a warning says that the response goes to a program on this computer, if and only if it does (WEB-4)', async () => {
    for (const redirect_uri of ['http://127.0.0.1:8000/callback', 'https://crm.example/callback']) {
      const { page, close } = await asked({ redirect_uri })
      try {
        const text = await page.locator('main').innerText()
        expect(text.includes('on this computer.'), redirect_uri).toBe(redirect_uri.startsWith('http:'))
      } finally {
        await close()
      }
    }
  })

  it.each(LOOKS)('axe-core finds nothing on the page (%s)', async (name, options) => {
    const { page, complaints, close } = await asked({ description: 'Shows who is calling. '.repeat(12) }, options)
    try {
      await expectAccessible(page, `registration-page-${name}`)
      expect(complaints).toEqual([])
    } finally {
      await close()
    }
  })

  it('axe-core finds nothing on the page that lists wrong fields', async () => {
    const { page, close } = await asked({ client_name: '', redirect_uri: 'https://CRM.example/', contacts: '@' })
    try {
      await expectAccessible(page, 'registration-page-errors')
      expect(await page.locator('dt').allInnerTexts()).toEqual(['client_name', 'contacts', 'redirect_uri'])
    } finally {
      await close()
    }
  })
})
