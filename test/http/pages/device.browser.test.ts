import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { manualClock } from '../../../src/testing/index.ts'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../../support/browser.ts'
import { codeOf } from '../../support/code-of.ts'
import { DEVICES, devicesOf } from '../../support/devices.ts'
import { realServer } from '../../support/real-server.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { expectAccessible, LOOKS, opened, tabTo } from './in-chromium.ts'

describeWith('the pages on which a user connects a device, in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof realServer>>
  const clock = manualClock()
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
    server = await realServer({}, { ...DEVICES, clock, limits: { userCodesPerHour: 1000 } })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  /** A device, and a browser at the address that it shows. */
  async function shown({ complete = false, ...options }: BrowserContextOptions & { readonly complete?: boolean } = {}) {
    const { app } = await server.register({ public: true, name: 'Desk Phone' })
    const devices = devicesOf(server.appgrant)
    const { deviceCode, userCode } = await devices.authorize({ key: app.key })
    const poll = () => {
      clock.advance(5000)
      const context = { userAgent: 'DeskPhone/4.2 (SIP-T54W)', remoteAddress: '203.0.113.7' }
      return devices.exchange({ key: app.key, deviceCode, ...context })
    }
    const url = `${server.issuer}/device${complete ? `?user_code=${userCode}` : ''}`
    const tab = await opened(browser, url, { viewport: { width: 768, height: 900 }, ...options })
    return { ...tab, userCode, poll }
  }

  const heading = (page: Page) => page.locator('h1').innerText()

  it('a user connects a device by keyboard alone, without script (DEV-1, DEV-2, HTTP-8)', async () => {
    const { page, userCode, poll, complaints, close } = await shown({ javaScriptEnabled: false })
    try {
      await page.keyboard.press('Tab')
      await page.keyboard.type(userCode.toLowerCase().replace('-', ''))
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/device\/request/)
      expect(await heading(page)).toBe('Waiting for the device')
      // The next page has the same address and heading.
      const goOn = async () => {
        await tabTo(page, 'Continue')
        await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
      }
      await goOn()
      expect(await heading(page)).toBe('Waiting for the device')
      expect(await codeOf(poll())).toBe('authorization_pending')
      await goOn()
      await page.getByText('Allow Desk Phone on a device').waitFor()
      expect(await tabTo(page, 'Approve')).toEqual([
        'See your calls calls:read',
        'Make calls for you calls:write',
        'Deny',
        'Approve',
      ])
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/device\/done$/)
      expect(await heading(page)).toBe('Your decision was saved')
      expect((await poll()).scope).toEqual(['calls:read', 'calls:write'])
      expect(complaints).toEqual([])
    } finally {
      await close()
    }
  })

  it('a stray Enter on the page about a device denies', async () => {
    const { page, poll, close } = await shown({ complete: true })
    try {
      await page.getByRole('button', { name: 'Continue' }).click()
      await codeOf(poll())
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('Allow Desk Phone on a device').waitFor()
      await tabTo(page, 'See your calls calls:read')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/device\/done$/)
      expect(await codeOf(poll())).toBe('access_denied')
    } finally {
      await close()
    }
  })

  it.each(LOOKS)('axe-core finds nothing on the pages about a device (%s)', async (name, options) => {
    const { page, complaints, close } = await shown(options)
    const second = await shown({ ...options, complete: true })
    try {
      const looks = (which: string, at: Page) => expectAccessible(at, `device-${which}-${name}`)
      await looks('entry', page)
      await looks('compare', second.page)
      await second.page.getByRole('button', { name: 'Continue' }).click()
      await looks('waiting', second.page)
      await codeOf(second.poll())
      await second.page.getByRole('button', { name: 'Continue' }).click()
      await second.page.getByText('Allow Desk Phone on a device').waitFor()
      await looks('consent', second.page)
      await second.page.getByRole('button', { name: 'Deny' }).click()
      await looks('done', second.page)
      await page.getByRole('textbox').fill('AAAA')
      await page.getByRole('button', { name: 'Continue' }).click()
      await looks('error', page)
      expect([...complaints, ...second.complaints].filter((text) => !text.includes('400'))).toEqual([])
    } finally {
      await close()
      await second.close()
    }
  })
})
