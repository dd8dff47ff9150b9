import { type Browser, type BrowserContextOptions, chromium, type Page, type Route } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BROWSER_FLAGS, browser as chromiumBinary } from '../support/browser.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { sampleServer } from './sample-server.ts'

describeWith('the script of the console in Chromium', chromiumBinary, (executablePath) => {
  let browser: Browser
  let server: Awaited<ReturnType<typeof sampleServer>>
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
    // Without a zone of the viewer: the page then takes that of the browser.
    server = await sampleServer({ nowhere: { viewer: { account: 'org-7' } } })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function open(sample: string, use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) {
    const context = await browser.newContext(options)
    try {
      const page = await context.newPage()
      await page.goto(`${server.origin}/console/samples/${sample}`)
      await use(page)
    } finally {
      await context.close()
    }
  }

  it('the box in the header of a list selects its rows, and is mixed when only some are', async () => {
    await open('apps', async (page) => {
      const all = page.getByRole('checkbox', { name: 'Select all on this page' })
      const first = page.getByRole('checkbox', { name: 'Select Call Reports' })
      await all.check()
      expect(await page.locator('tbody .pick :checked').count()).toBe(7)
      expect(await page.locator('#selected').textContent()).toBe('7 selected')
      await first.uncheck()
      expect(await all.evaluate((box: HTMLInputElement) => [box.checked, box.indeterminate])).toEqual([false, true])
      await first.check()
      expect(await all.isChecked()).toBe(true)
      await all.uncheck()
      expect(await page.locator('#selected').textContent()).toBe('')
    })
  })

  it('ticking every token by hand does not come to mean all there are', async () => {
    await open('tokens', async (page) => {
      const all = page.getByRole('checkbox', { name: 'Select all there are now' })
      for (const box of await page.locator('tbody .pick input').all()) await box.check()
      expect(await all.evaluate((box: HTMLInputElement) => [box.checked, box.indeterminate])).toEqual([false, true])
      await all.check()
      expect(await all.isChecked()).toBe(true)
      await page.locator('tbody .pick input').first().uncheck()
      expect(await all.isChecked()).toBe(false)
    })
  })

  it('a click with Shift selects a range', async () => {
    await open('apps', async (page) => {
      const boxes = page.locator('tbody .pick input')
      await boxes.nth(1).check()
      await boxes.nth(4).click({ modifiers: ['Shift'] })
      expect(await page.locator('#selected').textContent()).toBe('4 selected')
    })
  })

  it('a secret is copied, and this is said', async () => {
    await open(
      'secret',
      async (page) => {
        await page.getByRole('button', { name: 'Copy secret' }).click()
        await page.getByRole('status').filter({ hasText: 'The secret has been copied' }).waitFor({ state: 'attached' })
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('z3JhR3Kz53bL4zgAvM2qc739Qz63acwQ')
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
  })

  it('a secret that cannot be copied is selected, and this is said', async () => {
    await open('secret', async (page) => {
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'clipboard', { value: undefined })
        document.execCommand = () => false
      })
      await page.getByRole('button', { name: 'Copy secret' }).click()
      await page.getByRole('status').filter({ hasText: 'could not be copied' }).waitFor({ state: 'attached' })
      expect(await page.evaluate(() => getSelection()?.toString())).toBe('z3JhR3Kz53bL4zgAvM2qc739Qz63acwQ')
    })
  })

  it('a page with a secret takes the address of the app, so that a reload shows no secret (APP-8)', async () => {
    await open('secret', async (page) => {
      expect(new URL(page.url()).pathname).toBe('/console/apps/k7QUEQY4YKxRAkqWxmX2UfXHS5y1mKQE')
    })
  })

  it('the file to download has key and secret in it', async () => {
    await open('secret', async (page) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download .env' }).click(),
      ])
      expect(download.suggestedFilename()).toBe('call-reports.env')
      const chunks: Buffer[] = []
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks).toString()).toBe(
        'APP_KEY=k7QUEQY4YKxRAkqWxmX2UfXHS5y1mKQE\nAPP_SECRET=z3JhR3Kz53bL4zgAvM2qc739Qz63acwQ\n',
      )
    })
  })

  it('leaving a secret that was not stored asks, and leaving one that was does not', async () => {
    await open('secret', async (page) => {
      const asked: string[] = []
      page.on('dialog', (dialog) => {
        asked.push(dialog.type())
        void dialog.dismiss()
      })
      await page.getByRole('link', { name: 'Go to the app' }).click()
      await expect.poll(() => asked).toEqual(['beforeunload'])
      await page.getByRole('checkbox', { name: 'I have stored the secret' }).check()
      await page.getByRole('link', { name: 'Go to the app' }).click()
      await page.waitForLoadState()
      expect(asked).toEqual(['beforeunload'])
    })
  })

  it('the dialog is modal, begins with the focus in it, and Escape leads back to the list', async () => {
    await open('tokens-dialog', async (page) => {
      const dialog = page.getByRole('dialog', { name: 'Access tokens of Call Reports' })
      expect(await dialog.evaluate((element) => element.matches(':modal'))).toBe(true)
      expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true)
      await page.keyboard.press('Escape')
      await page.waitForURL(/\/console\/apps$/)
    })
  })

  it('without script the dialog is there too, and what is behind it cannot be reached', async () => {
    await open(
      'tokens-dialog',
      async (page) => {
        expect(await page.getByRole('dialog').isVisible()).toBe(true)
        const stops: string[] = []
        for (let n = 0; n < 8; n++) {
          await page.keyboard.press('Tab')
          stops.push(
            await page.evaluate(() => {
              const { activeElement } = document
              if (activeElement === document.body) return 'none'
              return activeElement?.closest('dialog') ? 'in' : 'out'
            }),
          )
        }
        expect(stops).not.toContain('out')
      },
      { javaScriptEnabled: false },
    )
  })

  it('dates are put into the zone of the browser if that of the viewer is not known', async () => {
    await open(
      'app?lang=nowhere',
      async (page) => {
        const time = page.locator('.lead time')
        expect([await time.textContent(), await time.getAttribute('title')]).toEqual(['12 Nov 2026', '12 Nov 2026 UTC'])
      },
      { timezoneId: 'Pacific/Kiritimati' },
    )
    await open(
      'tokens?lang=nowhere',
      async (page) => {
        expect(await page.locator('tbody time').first().textContent()).toBe('26 Nov 2026, 10:43')
      },
      { timezoneId: 'Pacific/Kiritimati' },
    )
  })

  it('a button pressed twice sends its form once', async () => {
    await open('remove-one', async (page) => {
      const posts: Route[] = []
      await page.route('**/console/apps/remove', (route) => void posts.push(route))
      await page.getByRole('checkbox').check()
      await page.getByRole('button', { name: 'Remove 1 app' }).dblclick({ noWaitAfter: true })
      await expect.poll(() => posts.length).toBeGreaterThan(0)
      expect(posts).toHaveLength(1)
      await posts[0]?.abort()
    })
  })

  it('Enter in a field of the form presses OK, not "Add another URL"', async () => {
    await open('new-app', async (page) => {
      const bodies: (string | null)[] = []
      await page.route('**/console/apps/new', (route) => {
        bodies.push(route.request().postData())
        return route.abort()
      })
      await page.getByRole('textbox', { name: 'Redirect URL 1' }).press('Enter')
      await expect.poll(() => bodies.length).toBe(1)
      expect(bodies[0]).not.toContain('more=')
    })
  })

  it('the first stop is the link to the content, and an error has the focus when the page opens', async () => {
    await open('apps', async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.locator(':focus').textContent()).toBe('Skip to content')
    })
    await open(
      'new-app-wrong',
      async (page) => {
        expect(await page.locator(':focus').getAttribute('role')).toBe('alert')
        await page.keyboard.press('Tab')
        await page.keyboard.press('Enter')
        expect(await page.locator(':focus').getAttribute('id')).toBe('homepage')
      },
      { javaScriptEnabled: false },
    )
  })
})
