import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../../support/browser.ts'
import { CHALLENGE, VERIFIER } from '../../support/http-authorization.ts'
import { realServer } from '../../support/real-server.ts'
import { CLIENT_KEY } from '../../support/self-registration.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { SPOOFED_NAMES } from '../../support/spoofed-names.ts'
import { expectAccessible, expectDenied, expectHostFirst, LOOKS, opened, returnedTo, tabTo } from './in-chromium.ts'

const HTTPS = 'https://agent.example/callback'
const LOCAL = 'http://localhost:53123/callback'
const WARNING = 'on this computer. Allow it only if you have just started it yourself.'

describeWith('the page about a program that registered itself, in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof realServer>>
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
    const selfRegistration = { keys: [CLIENT_KEY], scopes: ['calls:read', 'calls:write'], redirects: 'https' } as const
    server = await realServer({}, { selfRegistration })
    const fields = { name: 'Call Agent', homepage: 'https://agents.example/', adminEmail: 'ops@agents.example' }
    await server.register({ ...fields, owner: 'user-1' })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function asked({ name = 'Agent', redirect = LOCAL } = {}, options: BrowserContextOptions = {}) {
    const clientId = server.appgrant.selfRegistration?.register({ name, redirectUrls: [redirect] }).clientId ?? ''
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    })
    const url = `${server.issuer}/authorize?${query}`
    return { clientId, ...(await opened(browser, url, { viewport: { width: 768, height: 900 }, ...options })) }
  }

  it('the page works by keyboard alone, and the code reaches the program under our policy (WEB-5, HTTP-8)', async () => {
    const { callback, arrivedBy, close: closeProgram } = await returnedTo()
    const { page, clientId, complaints, close } = await asked({ redirect: callback })
    try {
      expect(await tabTo(page, 'Approve')).toEqual([
        'See your calls calls:read',
        'Make calls for you calls:write',
        'Deny',
        'Approve',
      ])
      await page.keyboard.press('Enter')
      const { params, referrer } = await arrivedBy(page)
      expect(referrer).toBe('no referrer')
      const code = params.get('code') ?? ''
      const proof = { code, codeVerifier: VERIFIER, redirectUrl: callback }
      const granted = await server.appgrant.authorizer.exchangeCode({ key: clientId, ...proof })
      expect(granted.scope).toEqual(['calls:read', 'calls:write'])
      expect(complaints).toEqual([])
    } finally {
      await close()
      await closeProgram()
    }
  })

  it('a stray Enter denies, and nothing is registered', async () => {
    const { callback, close: closeProgram } = await returnedTo()
    const { page, close } = await asked({ name: 'Stray', redirect: callback })
    try {
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await expectDenied(page)
      expect((await server.appgrant.apps.list({ owner: 'user-1', name: 'Stray' })).items).toEqual([])
    } finally {
      await close()
      await closeProgram()
    }
  })

  it.each(SPOOFED_NAMES)(
    'a program that calls itself %j is shown after the host, and not in title, heading or button (S52)',
    async (name) => {
      const { page, close } = await asked({ name, redirect: HTTPS })
      try {
        await expectHostFirst(page, { host: 'agent.example', name })
      } finally {
        await close()
      }
    },
  )

  it('a warning says that the response goes to a program on this computer, if and only if it does (WEB-4)', async () => {
    for (const redirect of [LOCAL, HTTPS]) {
      const { page, close } = await asked({ redirect })
      try {
        expect((await page.locator('main').innerText()).includes(WARNING), redirect).toBe(redirect === LOCAL)
      } finally {
        await close()
      }
    }
  })

  it.each(LOOKS)('axe-core finds nothing on the page (%s)', async (name, options) => {
    const { page, complaints, close } = await asked({ name: 'CALL  agent' }, options)
    try {
      expect(await page.locator('main').innerText()).toContain('an app of this name, from agents.example.')
      await expectAccessible(page, `stranger-page-${name}`)
      expect(complaints).toEqual([])
    } finally {
      await close()
    }
  })
})
