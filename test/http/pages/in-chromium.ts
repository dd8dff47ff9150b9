import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { closed, listening } from '../../support/real-server.ts'
import { violations } from '../../support/violations.ts'

const RESULTS = new URL('../../../test-results/', import.meta.url).pathname

/** How every page is looked at: at the widths of a phone, a tablet and a desk, and in the dark. */
export const LOOKS = [
  ['320', { viewport: { width: 320, height: 900 } }],
  ['768', { viewport: { width: 768, height: 900 } }],
  ['1280', { viewport: { width: 1280, height: 900 } }],
  ['dark', { colorScheme: 'dark' }],
] as const satisfies readonly (readonly [string, BrowserContextOptions])[]

/** Takes a screenshot of that name, and fails if axe-core finds something, or if the page is wider than its window. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  mkdirSync(RESULTS, { recursive: true })
  await page.screenshot({ path: `${RESULTS}${name}.png`, fullPage: true })
  expect(await violations(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
}

/** Opens a page in a browser context of its own, and notes what the browser complains about. */
export async function opened(browser: Browser, url: string, options: BrowserContextOptions) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

/** Presses Tab until the wanted element has the focus, and returns what had it on the way. */
export async function tabTo(page: Page, last: string): Promise<string[]> {
  const way: string[] = []
  while (way.at(-1) !== last && way.length < 10) {
    await page.keyboard.press('Tab')
    way.push(
      await page.locator(':focus').evaluate((element) => element.closest('label, button')?.textContent?.trim() ?? ''),
    )
  }
  return way
}

/** An app that a user comes back to. */
export async function returnedTo(host?: string) {
  const arrived: string[] = []
  const app = createServer((request, response) => {
    if (request.url?.startsWith('/callback')) arrived.push(request.url, request.headers.referer ?? 'no referrer')
    response.end('Welcome back')
  })
  const origin = await listening(app, host)
  return {
    callback: `${origin}/callback`,
    /** What the browser has brought: the parameters of the callback, and the referrer. */
    async arrivedBy(page: Page) {
      await page.getByText('Welcome back').waitFor()
      const [path = '', referrer] = arrived
      return { params: new URL(path, origin).searchParams, referrer }
    },
    close: () => closed(app),
  }
}

/** Fails unless the browser brings the app a denial. */
export async function expectDenied(page: Page): Promise<void> {
  await page.waitForURL(/\/callback\?/)
  expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied')
}

/** Fails unless the page says where the response goes before the name that an app gives itself, which is in no title, heading or button. */
export async function expectHostFirst(page: Page, { host, name }: { readonly host: string; readonly name: string }) {
  const text = await page.locator('main').innerText()
  expect(text.indexOf(host)).toBeGreaterThan(-1)
  expect(text.indexOf(host)).toBeLessThan(text.indexOf(name))
  for (const shown of [await page.title(), ...(await page.locator('h1, button').allInnerTexts())])
    expect(shown).not.toContain(name)
}
