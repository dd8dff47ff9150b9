import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { type ConsoleServer, consoleServer } from './console-server.ts'

export type ConsoleUse = (page: Page, server: ConsoleServer, context: BrowserContext) => Promise<void>

/** Uses a console of its own in a browser context of its own. */
export async function inChromium(
  browser: Browser,
  options: Parameters<typeof consoleServer>[0] & { readonly javaScriptEnabled?: boolean },
  use: ConsoleUse,
): Promise<void> {
  const { javaScriptEnabled = true, ...rest } = options
  const server = await consoleServer(rest)
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled })
  context.setDefaultTimeout(10_000)
  try {
    await use(await context.newPage(), server, context)
  } finally {
    await context.close()
    await server.close()
  }
}

/** What a page says was done, or why it was not. */
export const said = (page: Page) => page.locator('.note[autofocus]').innerText()

/** Presses Tab, or Shift+Tab, until the wanted control has the focus, and returns the way. */
export async function tabTo(page: Page, wanted: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<readonly string[]> {
  const way: string[] = []
  while (way.at(-1) !== wanted) {
    if (way.length > 60) throw new Error(`never reached "${wanted}": ${way.join(' | ')}`)
    await page.keyboard.press(key)
    const [name, outline] = await page.locator(':focus').evaluate((element) => {
      const label = (element as HTMLInputElement).labels?.[0]
      const copy = (label ?? element).cloneNode(true) as Element
      for (const hidden of copy.querySelectorAll('[aria-hidden]')) hidden.remove()
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return [copy.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '', `${outlineStyle} ${outlineWidth}`] as const
    })
    expect([name, outline]).toEqual([name, 'solid 3px'])
    way.push(name)
  }
  return way
}
