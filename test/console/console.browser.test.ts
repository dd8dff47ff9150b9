import { mkdirSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../support/browser.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { violations } from '../support/violations.ts'
import { complaintsOf, overflows } from './browser-checks.ts'
import { type ConsoleUse, inChromium, said, tabTo } from './in-chromium.ts'
import { postAddresses } from './post-addresses.ts'

const RESULTS = new URL('../../test-results/console/', import.meta.url).pathname

describeWith('the console in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(RESULTS, { recursive: true })
    // Every host ends on this machine; those of .test are not trusted as loopback is.
    const args = [...BROWSER_FLAGS, '--host-resolver-rules=MAP *.test 127.0.0.1']
    browser = await chromium.launch({ executablePath, args })
  }, 60_000)
  afterAll(() => browser?.close())

  const using = (options: Parameters<typeof inChromium>[1], use: ConsoleUse) => inChromium(browser, options, use)

  it.each([true, false])(
    'an app is registered, suspended, resumed, seen, changed and removed (script: %s, seeds 1–41)',
    async (javaScriptEnabled) => {
      await using({ javaScriptEnabled }, async (page, server) => {
        const complaints = complaintsOf(page, server.origin)
        const check = async (name: string) => {
          const file = `${RESULTS}use-${name}-${javaScriptEnabled ? 'script' : 'plain'}.png`
          await page.screenshot({ path: file, fullPage: true })
          if (!javaScriptEnabled) return
          expect([name, await violations(page), await overflows(page)]).toEqual([name, [], []])
        }
        const link = (name: string) => page.getByRole('link', { name, exact: true }).first()
        const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click()
        const tokens = await server.approve('org')
        await server.approve('user')

        await page.goto(`${server.origin}/console`)
        expect(await page.getByRole('navigation', { name: 'Apps' }).getByRole('link').allTextContents()).toEqual([
          'App registration',
          'App management',
        ])
        await check('apps')

        await link('Add app').click()
        await page.getByRole('textbox', { name: 'Name required' }).fill('Fax Archive')
        await page.getByRole('textbox', { name: 'Homepage required' }).fill('https://übersicht.example/')
        await page.getByRole('textbox', { name: 'Admin email required' }).fill('käthe@bücher.example')
        await page.getByRole('textbox', { name: 'Redirect URL 1' }).fill('HTTPS://fax.example')
        await press('OK')
        expect(await page.locator(':focus').innerText()).toContain('There is a problem with 1 field')
        expect(await page.title()).toMatch(/^Error: /)
        await check('new-app')
        await press('Use it: https://fax.example/')
        await press('Add another URL')
        await press('OK')
        expect(await page.locator(':focus').innerText()).toContain('Fax Archive is registered')
        const secret = await page.getByRole('textbox', { name: 'App secret' }).inputValue()
        expect(secret).toHaveLength(32)
        await check('secret')
        await page.getByRole('checkbox', { name: 'I have stored the secret' }).check()
        await link('Go to the app').click()
        expect(await page.content()).not.toContain(secret)
        await check('app')

        await link('App registration').click()
        await press('Active: suspend Call Reports')
        expect(await said(page)).toContain('Call Reports is suspended.')
        expect(await server.appgrant.authorizer.tryVerify(tokens.accessToken)).toMatchObject({
          reason: 'app_suspended',
        })
        await press('Suspended: resume Call Reports')
        expect(await said(page)).toContain('Call Reports is active again.')
        expect(new URL(page.url()).searchParams.has('said')).toBe(!javaScriptEnabled)

        await link('1 access token of Call Reports').click()
        const dialog = page.getByRole('dialog', { name: 'Access tokens of Call Reports' })
        await dialog.getByRole('checkbox', { name: 'Select all there are now' }).check()
        await check('tokens')
        await dialog.getByRole('button', { name: 'Remove selected' }).click()
        expect(await dialog.locator('.note').innerText()).toContain('All access tokens were removed.')
        await dialog.getByRole('link', { name: 'Close' }).click()

        await link('2 accounts use Call Reports').click()
        await check('instances')
        await link('App management').click()
        await check('managed')
        await page.getByRole('checkbox', { name: 'Select Call Reports' }).check()
        await press('Remove selected')
        await check('withdraw')
        await press('Remove 1 app')
        expect(await said(page)).toContain('The access of 1 app was removed.')

        await link('App registration').click()
        await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
        await press('Remove selected')
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Remove 2 apps?')
        await check('remove')
        await page.getByRole('checkbox', { name: 'I understand that 1 account loses access at once' }).check()
        await press('Remove 2 apps')
        expect(await said(page)).toContain('2 apps were removed.')
        expect(complaints).toEqual([])
      })
    },
    120_000,
  )

  it('an app is registered by keyboard alone', async () => {
    await using({}, async (page, server) => {
      await page.goto(`${server.origin}/console/apps`)
      expect((await tabTo(page, 'Add app')).slice(0, 4)).toEqual([
        'Skip to content',
        'App registration',
        'App management',
        'Add app',
      ])
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/apps\/new/)
      await tabTo(page, 'Name required')
      await page.keyboard.type('Fax Archive')
      const way = await tabTo(page, 'Redirect URL 1')
      expect(way).toEqual([
        'Homepage required',
        'Description',
        'Image URL',
        'Admin email required',
        'Admin phone',
        'Redirect URL 1',
      ])
      await page.keyboard.type('https://fax.example/callback')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      expect(await page.locator(':focus').innerText()).toContain('There is a problem with 2 fields')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.locator(':focus').getAttribute('name')).toBe('homepage')
      await page.keyboard.type('https://fax.example/')
      await tabTo(page, 'Admin email required')
      await page.keyboard.type('ops@fax.example')
      await page.keyboard.press('Enter')
      await page.getByRole('textbox', { name: 'App secret' }).waitFor()
      expect(await page.locator(':focus').innerText()).toContain('Fax Archive is registered')
      await tabTo(page, 'I have stored the secret')
      await page.keyboard.press('Space')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Fax Archive' }).waitFor()
    })
  })

  it('an app is suspended, resumed and removed by keyboard alone', async () => {
    await using({}, async (page, server) => {
      await page.goto(`${server.origin}/console/apps`)
      await tabTo(page, 'Active: suspend Call Reports')
      await page.keyboard.press('Space')
      await page.getByText('Call Reports is suspended.').waitFor()
      expect(await page.locator(':focus').getAttribute('role')).toBe('status')
      await tabTo(page, 'Suspended: resume Call Reports')
      await page.keyboard.press('Space')
      await page.getByText('is active again').waitFor()
      // Enter on a checkbox asks about what is selected.
      await tabTo(page, 'Select Call Reports')
      await page.keyboard.press('Space')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Remove Call Reports?' }).waitFor()
      await tabTo(page, 'Remove 1 app')
      await page.keyboard.press('Enter')
      await page.getByText('1 app was removed.').waitFor()
    })
  })

  it.each([true, false])('the pop-up of tokens keeps the focus in it (script: %s)', async (javaScriptEnabled) => {
    await using({ javaScriptEnabled }, async (page, server) => {
      await server.approve('org')
      await page.goto(`${server.origin}/console/apps`)
      await tabTo(page, '1 access token of Call Reports')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor()
      await page.waitForLoadState()
      const way = await tabTo(page, 'Remove selected')
      expect(way).toEqual(['Close', 'Remove selected'])
      await tabTo(page, 'Select all there are now')
      await page.keyboard.press('Space')
      await page.keyboard.press('Enter')
      await page.getByText('All access tokens were removed.').waitFor()
      if (javaScriptEnabled) await page.keyboard.press('Escape')
      else {
        await tabTo(page, 'Close')
        await page.keyboard.press('Enter')
      }
      await page.waitForURL(`${server.origin}/console/apps`)
    })
  })

  it('a page of another origin changes nothing at any address, and cannot frame the console (HTTP-1)', async () => {
    await using({ host: 'console.test' }, async (page, server) => {
      const before = server.observed.writes()
      const evil = `http://evil.test:${server.port}`
      for (const path of postAddresses(server.key)) {
        await page.goto(evil)
        const target = `${server.origin}/console${path}`
        const [response] = await Promise.all([
          page.waitForResponse(target),
          page.waitForURL(target),
          page.evaluate((action) => {
            const form = document.createElement('form')
            form.method = 'post'
            form.action = action
            document.body.append(form)
            form.submit()
          }, target),
        ])
        expect([path, response.status()]).toEqual([path, 403])
      }
      expect(server.observed.writes()).toBe(before)
      await page.goto(evil)
      const blocked = new Promise<string>((resolve) => page.on('console', (message) => resolve(message.text())))
      await page.evaluate((src) => {
        const frame = document.createElement('iframe')
        frame.src = src
        document.body.append(frame)
      }, `${server.origin}/console/apps`)
      expect(await blocked).toMatch(/frame-ancestors|X-Frame-Options/)
    })
  })

  it('on plain http, where browsers do not say where a form comes from, forms work', async () => {
    await using({ host: 'console.test' }, async (page, server) => {
      let sent: Record<string, string> = {}
      page.on('request', (request) => {
        if (request.method() === 'POST') sent = request.headers()
      })
      await page.goto(`${server.origin}/console/apps`)
      await page.getByRole('button', { name: 'Active: suspend Call Reports' }).click()
      expect(await said(page)).toContain('Call Reports is suspended.')
      expect([sent['sec-fetch-site'], sent.origin]).toEqual([undefined, server.origin])
    })
  })

  it('a form sent signed out is kept, although the sign-in is on another origin, and nothing is blocked', async () => {
    await using({ host: 'console.test' }, async (page, server, context) => {
      const complaints = complaintsOf(page, server.origin)
      await page.goto(`${server.origin}/console/apps/new`)
      await page.getByRole('textbox', { name: 'Name required' }).fill('Fax Archive')
      await page.getByRole('textbox', { name: 'Homepage required' }).fill('https://fax.example/')
      await page.getByRole('textbox', { name: 'Admin email required' }).fill('ops@fax.example')
      await page.getByRole('textbox', { name: 'Redirect URL 1' }).fill('https://fax.example/callback')
      server.state.viewer = undefined
      await page.getByRole('button', { name: 'OK' }).first().click()
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('You have been signed out')
      const [other] = await Promise.all([
        context.waitForEvent('page'),
        page.getByRole('link', { name: 'Sign in in a new window' }).click(),
      ])
      await other.getByRole('heading', { name: 'App registration' }).waitFor()
      await page.getByRole('button', { name: 'Send again' }).click()
      await page.getByText('Fax Archive is registered').waitFor()
      // The other header does nothing on plain http, and Chromium says so.
      expect(complaints.filter((text) => !text.includes('Cross-Origin-Opener-Policy'))).toEqual([])
    })
  })

  it('a secret is in no storage of the browser, and Back and reload do not show it (APP-8)', async () => {
    await using({}, async (page, server) => {
      await page.goto(`${server.origin}/console/apps/${server.key}/regenerate`)
      await page.getByRole('button', { name: 'Regenerate' }).click()
      const secret = await page.getByRole('textbox', { name: 'App secret' }).inputValue()
      await page.getByRole('checkbox', { name: 'I have stored the secret' }).check()
      expect(page.url()).toBe(`${server.origin}/console/apps/${server.key}`)
      const kept = await page.evaluate(async () =>
        JSON.stringify([
          { ...localStorage },
          { ...sessionStorage },
          document.cookie,
          history.state,
          await caches?.keys(),
        ]),
      )
      expect(kept).not.toContain(secret)
      await page.goto(`${server.origin}/console/managed`)
      await page.goBack()
      await page.getByRole('heading', { name: 'Call Reports' }).waitFor()
      expect(await page.content()).not.toContain(secret)
      await page.reload()
      expect(await page.content()).not.toContain(secret)
    })
  })

  it('a slow store costs a page its numbers and not more than a second', async () => {
    await using({ timeoutMs: 500 }, async (page, server) => {
      await page.goto(`${server.origin}/console/apps`)
      for (let n = 0; n < 2; n++) server.store.hold('count')
      const before = Date.now()
      await page.reload()
      expect(await page.locator('tbody tr').innerText()).toContain('?')
      expect(Date.now() - before).toBeLessThan(1200)
      server.store.heal()
      await page.reload()
      expect(await page.locator('tbody tr').innerText()).not.toContain('?')
    })
  })

  it('in the host’s layout and under its policy, the page has the host’s look and ours', async () => {
    const layout = async ({
      title,
      head,
      body,
      lang,
      dir,
    }: {
      title: string
      head: string
      body: string
      lang: string
      dir: string
    }) =>
      new Response(
        `<!doctype html><html lang="${lang}" dir="${dir}"><head><title>${title}</title><link rel="stylesheet" href="/brand.css">${head}</head><body><header class="brand">Teleworks</header>${body}</body></html>`,
        { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'self'" } },
      )
    await using({ layout, theme: { accent: 'rgb(109, 40, 217)' } }, async (page, server) => {
      const complaints = complaintsOf(page, server.origin)
      await page.goto(`${server.origin}/console/apps`)
      const colourOf = (selector: string, property: 'color' | 'backgroundColor') =>
        page
          .locator(selector)
          .first()
          .evaluate((element, name) => getComputedStyle(element)[name], property)
      expect(await colourOf('.brand', 'color')).toBe('rgb(1, 2, 3)')
      expect(await colourOf('.button.main', 'backgroundColor')).toBe('rgb(109, 40, 217)')
      await page.screenshot({ path: `${RESULTS}layout.png`, fullPage: true })
      await page.getByRole('button', { name: 'Active: suspend Call Reports' }).click()
      expect(await said(page)).toContain('Call Reports is suspended.')
      expect(complaints).toEqual([])
    })
  })
})
