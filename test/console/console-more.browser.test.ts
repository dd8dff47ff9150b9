import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../support/browser.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { arabic } from './arabic.ts'
import type { ConsoleServer } from './console-server.ts'
import { type ConsoleUse, inChromium, said, tabTo } from './in-chromium.ts'

const FIELDS = {
  'Name required': 'Fax Archive',
  'Homepage required': 'https://fax.example/',
  'Admin email required': 'ops@fax.example',
  'Redirect URL 1': 'https://fax.example/callback',
}

describeWith('the console in Chromium, in two tabs and with failures', chromiumBinary, (executablePath) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
  }, 60_000)
  afterAll(() => browser?.close())

  const using = (options: Parameters<typeof inChromium>[1], use: ConsoleUse) => inChromium(browser, options, use)
  const WITH_AND_WITHOUT = [true, false]

  async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) await page.getByRole('textbox', { name }).fill(value)
  }
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).last().click()
  /** Presses a button that sends a form, and returns the status of the response. */
  async function send(page: Page, name: string): Promise<number> {
    const [response] = await Promise.all([
      page.waitForResponse((one) => one.request().method() === 'POST'),
      press(page, name),
    ])
    await page.waitForLoadState()
    return response.status()
  }
  const focused = (page: Page) => page.locator(':focus').innerText()
  const storedApp = (server: ConsoleServer) => server.appgrant.apps.get(server.key)
  const authenticates = (server: ConsoleServer, secret: string) =>
    server.appgrant.authorizer.authenticateApp({ key: server.key, secret }).then(
      () => true,
      () => false,
    )

  it('the access of an app is withdrawn by keyboard alone', async () => {
    await using({}, async (page, server) => {
      const { accessToken } = await server.approve('org')
      await page.goto(`${server.origin}/console`)
      await tabTo(page, 'App management')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/managed$/)
      await tabTo(page, 'Select Call Reports')
      await page.keyboard.press('Space')
      // Enter on a checkbox asks about what is selected.
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Remove the access of 1 app?' }).waitFor()
      expect(await server.appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
      const way = await tabTo(page, 'Remove 1 app')
      expect(way.slice(-2)).toEqual(['Back', 'Remove 1 app'])
      await page.keyboard.press('Enter')
      await page.getByText('The access of 1 app was removed.').waitFor()
      expect(await focused(page)).toContain('The access of 1 app was removed.')
      expect(await server.appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ reason: 'revoked' })
    })
  })

  it('from right to left, an app is registered, suspended, resumed and withdrawn by keyboard alone', async () => {
    await using({ texts: { ar: arabic } }, async (page, server) => {
      server.state.viewer = { account: 'org', login: 'olga@seven.example', locale: 'ar' }
      await server.approve('org')
      const { apps, managed, addApp, skip, active, suspended, suspendApp, resumeApp, select, withdrawButton } = arabic
      const text = (value: string | undefined) => value ?? ''
      const required = (label: string | undefined) => `${label} ${arabic.required}`
      await page.goto(`${server.origin}/console/apps`)
      expect(await tabTo(page, text(addApp))).toEqual([skip, apps, managed, addApp])
      // The order of the stops is that of the page: the next one is further to the left.
      const [first, second] = await page
        .getByRole('navigation')
        .getByRole('link')
        .evaluateAll((links) => links.map((link) => link.getBoundingClientRect().x))
      expect(first).toBeGreaterThan(second ?? Number.NaN)
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/apps\/new/)
      for (const [label, typed] of [
        [required(arabic.name), 'أرشيف الفاكس'],
        [required(arabic.homepage), 'https://fax.example/'],
        [required(arabic.adminEmail), 'ops@fax.example'],
        [text(arabic.redirectUrl?.(1)), 'https://fax.example/callback'],
      ] as const) {
        await tabTo(page, label)
        await page.keyboard.type(typed)
      }
      await page.keyboard.press('Enter')
      await page.getByText(text(arabic.isRegistered).replace('{name}', 'أرشيف الفاكس')).waitFor()
      expect(await focused(page)).toContain('تم تسجيل أرشيف الفاكس')
      await tabTo(page, text(arabic.secretStored))
      await page.keyboard.press('Space')
      await tabTo(page, text(arabic.goToApp))
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'أرشيف الفاكس' }).waitFor()

      await tabTo(page, text(apps))
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/apps$/)
      await tabTo(page, `${active}: ${suspendApp?.('Call Reports')}`)
      await page.keyboard.press('Space')
      await page.getByText('تم إيقاف Call Reports').waitFor()
      expect(await focused(page)).toContain('تم إيقاف')
      await tabTo(page, `${suspended}: ${resumeApp?.('Call Reports')}`)
      await page.keyboard.press('Space')
      await page.getByText('عاد Call Reports نشطًا').waitFor()

      await tabTo(page, text(managed), 'Shift+Tab')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/managed$/)
      await tabTo(page, text(select?.('Call Reports')))
      await page.keyboard.press('Space')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/managed\/remove/)
      await tabTo(page, text(withdrawButton?.(1)))
      await page.keyboard.press('Enter')
      await page.getByText(text(arabic.withdrawn?.(1))).waitFor()
    })
  })

  it('signed out in the middle of a form, the keyboard alone signs in and sends it again (CON-25)', async () => {
    await using({}, async (page, server, context) => {
      await page.goto(`${server.origin}/console/apps/new`)
      for (const [label, typed] of Object.entries(FIELDS)) {
        await tabTo(page, label)
        await page.keyboard.type(typed)
      }
      server.state.viewer = undefined
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'You have been signed out' }).waitFor()
      expect(await focused(page)).toContain('You have been signed out')
      expect(await tabTo(page, 'Sign in in a new window')).toEqual(['Sign in in a new window'])
      const [other] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')])
      await other.getByRole('heading', { name: 'App registration' }).waitFor()
      await other.close()
      await page.bringToFront()
      expect(await tabTo(page, 'Send again')).toEqual(['Send again'])
      await page.keyboard.press('Enter')
      await page.getByText('Fax Archive is registered').waitFor()
      expect(await focused(page)).toContain('Fax Archive is registered')
    })
  })

  it('of two tabs that edit a field, the second sees both versions and decides (CON-24)', async () => {
    await using({}, async (page, server, context) => {
      const tabs = [page, await context.newPage()] as const
      for (const tab of tabs) await tab.goto(`${server.origin}/console/apps/${server.key}`)
      await fill(tabs[0], { 'Name required': 'Theirs', Description: 'Also theirs' })
      await press(tabs[0], 'OK')
      expect(await said(tabs[0])).toContain('Your changes are saved.')
      await fill(tabs[1], { 'Name required': 'Mine' })
      expect(await send(tabs[1], 'OK')).toBe(409)
      expect(await focused(tabs[1])).toContain('There is a problem with 1 field')
      expect(await tabs[1].locator('#name-error').innerText()).toContain('It is now: Theirs. You entered: Mine.')
      expect(await tabs[1].getByRole('textbox', { name: 'Description' }).inputValue()).toBe('Also theirs')
      expect(await storedApp(server)).toMatchObject({ name: 'Theirs' })
      await press(tabs[1], 'OK')
      expect(await said(tabs[1])).toContain('Your changes are saved.')
      expect(await storedApp(server)).toMatchObject({ name: 'Mine', description: 'Also theirs' })
    })
  })

  it('a form of a tab does nothing after another account has signed in in another tab', async () => {
    await using({}, async (page, server, context) => {
      await page.goto(`${server.origin}/console/apps/new`)
      await fill(page, FIELDS)
      server.state.viewer = { account: 'user', login: 'anna' }
      const other = await context.newPage()
      await other.goto(`${server.origin}/console/apps`)
      const before = server.observed.writes()
      expect(await send(page, 'OK')).toBe(409)
      expect(await said(page)).toContain('You are now signed in as anna.')
      expect(server.observed.writes()).toBe(before)
      await page.getByRole('link', { name: 'Go to your apps' }).click()
      expect(await page.getByRole('main').innerText()).toContain('No apps yet')
    })
  })

  it.each(WITH_AND_WITHOUT)(
    'of two tabs that regenerate a secret, one shows the secret that works, and the other none (script: %s, CON-30)',
    async (javaScriptEnabled) => {
      await using({ javaScriptEnabled }, async (page, server, context) => {
        const tabs = [page, await context.newPage()]
        for (const tab of tabs) await tab.goto(`${server.origin}/console/apps/${server.key}/regenerate`)
        const statuses = await Promise.all(tabs.map((tab) => send(tab, 'Regenerate')))
        expect(statuses.toSorted()).toEqual([200, 409])
        const [shown, refused] = statuses[0] === 200 ? tabs : tabs.toReversed()
        const secret = (await shown?.getByRole('textbox', { name: 'App secret' }).inputValue()) ?? ''
        expect(refused && (await said(refused))).toContain('The secret was regenerated a moment ago.')
        expect(await authenticates(server, secret)).toBe(true)
        expect(await authenticates(server, server.secret)).toBe(false)
      })
    },
  )

  it.each(WITH_AND_WITHOUT)(
    'Regenerate pressed twice shows the one secret that works (script: %s, CON-30)',
    async (javaScriptEnabled) => {
      await using({ javaScriptEnabled }, async (page, server) => {
        await page.goto(`${server.origin}/console/apps/${server.key}/regenerate`)
        const posts = () => server.state.requests.filter((line) => line.startsWith('POST')).length
        // By the mouse itself: `click` of a button waits until the page is there that its first press asks for.
        const box = await page.getByRole('button', { name: 'Regenerate' }).boundingBox()
        const pressThere = () => page.mouse.click((box?.x ?? 0) + 5, (box?.y ?? 0) + 5)
        const secretField = page.getByRole('textbox', { name: 'App secret' })
        const held = server.store.hold('replace')
        await pressThere()
        await held.reached
        await pressThere()
        // With script there is no second request. Without, it overtakes the first one, whose response nobody sees.
        if (!javaScriptEnabled) await secretField.waitFor()
        held.release()
        const secret = await secretField.inputValue()
        await page.getByRole('checkbox', { name: 'I have stored the secret' }).check()
        await page.getByRole('link', { name: 'Go to the app' }).click()
        await page.getByRole('heading', { name: 'Call Reports' }).waitFor()
        expect(posts()).toBe(javaScriptEnabled ? 1 : 2)
        expect((await storedApp(server))?.secrets).toHaveLength(1)
        expect(await authenticates(server, secret)).toBe(true)
      })
    },
  )

  it.each([
    [true, 'store'],
    [false, 'directory'],
  ] as const)(
    'a page and a form that fail can be repeated by one press (script: %s, failing: %s)',
    async (javaScriptEnabled, failing) => {
      await using({ javaScriptEnabled }, async (page, server) => {
        const fail = () => {
          if (failing === 'directory') return server.tree.setDown(true)
          for (const method of ['get', 'list', 'insert', 'replace'] as const) server.store.fail(method, 'before', 300)
        }
        const heal = () => {
          server.tree.setDown(false)
          server.store.heal()
        }
        fail()
        const response = await page.goto(`${server.origin}/console/apps`)
        expect([response?.status(), response?.headers()['retry-after']]).toEqual([503, '5'])
        expect(await said(page)).toContain('This page is not available at the moment')
        heal()
        await page.getByRole('link', { name: 'Try again' }).click()
        await page.getByRole('heading', { name: 'App registration' }).waitFor()

        await page.goto(`${server.origin}/console/apps/new`)
        await fill(page, FIELDS)
        const before = server.observed.writes()
        fail()
        expect(await send(page, 'OK')).toBe(503)
        expect(await said(page)).toContain('Nothing was changed.')
        expect(server.observed.writes()).toBe(before)
        // Without the directory it is not known whether the form may be shown. It still fails, and nothing typed is lost.
        const again = failing === 'store' ? 'OK' : 'Send again'
        expect(await send(page, again)).toBe(503)
        heal()
        await press(page, again)
        expect(await said(page)).toContain('Fax Archive is registered')
        const { items } = await server.appgrant.apps.list({ owner: 'org', name: 'Fax Archive' })
        expect(items).toMatchObject([{ homepage: 'https://fax.example/', adminEmail: 'ops@fax.example' }])
      })
    },
  )

  it('a write that fails, or whose outcome is not known, says which, keeps what was typed and is repeated', async () => {
    await using({}, async (page, server) => {
      await page.goto(`${server.origin}/console/apps/new`)
      await fill(page, FIELDS)
      for (const [when, sentence] of [
        ['before', 'Nothing was changed.'],
        ['after', 'It is not certain that the app was registered.'],
      ] as const) {
        server.store.fail('insert', when)
        expect(await send(page, 'OK')).toBe(503)
        expect(await focused(page)).toContain(sentence)
        for (const [name, value] of Object.entries(FIELDS))
          expect(await page.getByRole('textbox', { name }).inputValue()).toBe(value)
      }
      await press(page, 'OK')
      expect(await said(page)).toContain('Fax Archive was registered a moment ago.')
      expect((await server.appgrant.apps.list({ owner: 'org' })).items).toHaveLength(2)

      await page.goto(`${server.origin}/console/apps/${server.key}`)
      server.store.fail('replace', 'after')
      expect(await send(page, 'Active: suspend Call Reports')).toBe(503)
      expect(await said(page)).toContain('It is not certain that this was done.')
      await press(page, 'Send again')
      expect(await said(page)).toContain('Call Reports is suspended.')
    })
  })
})
