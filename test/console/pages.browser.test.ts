import { mkdirSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFormats } from '../../src/console/formats.ts'
import { createConsoleLanguages } from '../../src/console/texts/languages.ts'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../support/browser.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { violations } from '../support/violations.ts'
import { arabic } from './arabic.ts'
import { complaintsOf, overflows } from './browser-checks.ts'
import { sampleServer } from './sample-server.ts'
import { SAMPLES } from './samples.ts'

const RESULTS = new URL('../../test-results/console/', import.meta.url).pathname

const language = createConsoleLanguages({ ar: arabic })
const formats = createFormats()
const LANGUAGES = Object.fromEntries(
  ['en-GB', 'de', 'ar'].map((tag) => [tag, { ...language(tag), formats: formats(tag, 'Europe/Berlin') }]),
)

const ALL = Object.keys(SAMPLES)
/** Those with every part that there is: they stand for the rest in the other looks. */
const MAIN = [
  'apps',
  'apps-said',
  'tokens-dialog',
  'new-app-wrong',
  'app',
  'app-itself',
  'secret',
  'managed',
  'instances',
  'all',
  'remove-apps',
  'remove-itself',
  'accounts',
  'down',
]

/** One of each kind of page. */
const FEW = ['apps', 'new-app-wrong', 'app', 'secret', 'managed', 'remove-apps']

const LOOKS: readonly (readonly [string, string, number, BrowserContextOptions['colorScheme'], readonly string[]])[] = [
  ['1280 px, light, English', 'en-GB', 1280, 'light', ALL],
  ['768 px, dark, German', 'de', 768, 'dark', MAIN],
  ['320 px, light, English', 'en-GB', 320, 'light', ALL],
  ['320 px, dark, German', 'de', 320, 'dark', MAIN],
  ['1280 px, dark, Arabic', 'ar', 1280, 'dark', MAIN],
  ['320 px, light, Arabic', 'ar', 320, 'light', MAIN],
  ['1280 px, dark, English', 'en-GB', 1280, 'dark', FEW],
  ['768 px, light, English', 'en-GB', 768, 'light', FEW],
  ['1280 px, light, Arabic', 'ar', 1280, 'light', FEW],
  ['768 px, light, Arabic', 'ar', 768, 'light', FEW],
  ['768 px, dark, Arabic', 'ar', 768, 'dark', FEW],
  ['320 px, dark, Arabic', 'ar', 320, 'dark', FEW],
]

describeWith('the pages of the console in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof sampleServer>>
  beforeAll(async () => {
    mkdirSync(RESULTS, { recursive: true })
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
    server = await sampleServer(LANGUAGES)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  it.each(LOOKS)(
    'axe-core finds nothing on any page, and nothing is wider than its place (%s)',
    async (_, lang, width, colorScheme, names) => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: colorScheme ?? null })
      const page = await context.newPage()
      const complaints = complaintsOf(page, server.origin)
      const problems: unknown[] = []
      for (const name of names) {
        await page.goto(`${server.origin}/console/samples/${name}?lang=${lang}`)
        await page.screenshot({ path: `${RESULTS}${name}-${width}-${colorScheme}-${lang}.png`, fullPage: true })
        problems.push(
          ...(await violations(page)).map((found) => [name, found]),
          ...(await overflows(page)).map((found) => [name, found]),
        )
      }
      // Without its style sheet a page has no problems of this kind either.
      const isStyled = await page
        .locator('.ag')
        .evaluate((element) => getComputedStyle(element).overflowWrap === 'anywhere')
      await context.close()
      expect(problems).toEqual([])
      expect(complaints).toEqual([])
      expect(isStyled).toBe(true)
    },
    180_000,
  )

  it.each([
    ['forced colours', { forcedColors: 'active' }],
    ['reduced motion', { reducedMotion: 'reduce' }],
  ] as [string, BrowserContextOptions][])('axe-core finds nothing with %s', async (name, options) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    for (const sample of ['apps', 'new-app-wrong']) {
      await page.goto(`${server.origin}/console/samples/${sample}`)
      await page.screenshot({ path: `${RESULTS}${sample}-${name.replace(' ', '-')}.png`, fullPage: true })
      expect(await violations(page)).toEqual([])
    }
    await context.close()
  })

  it.each(['apps', 'new-app-wrong', 'tokens-dialog', 'remove-apps', 'secret'])(
    'assistive technology reads of %s what its file says',
    async (name) => {
      const page = await browser.newPage()
      await page.goto(`${server.origin}/console/samples/${name}?lang=en-GB`)
      await expect(`${await page.locator('body').ariaSnapshot()}\n`).toMatchFileSnapshot(`aria/${name}.yaml`)
      await page.close()
    },
  )

  it('text of twice the size fits', async () => {
    const context = await browser.newContext({ viewport: { width: 640, height: 900 } })
    const page = await context.newPage()
    for (const name of MAIN) {
      await page.goto(`${server.origin}/console/samples/${name}`)
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%'
      })
      expect([name, await overflows(page)]).toEqual([name, []])
    }
    await context.close()
  })
})
