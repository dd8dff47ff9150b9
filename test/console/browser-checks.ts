import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe-core finds. It comes by the debugging protocol, which no policy of the page concerns. */
export async function violations(page: Page): Promise<readonly unknown[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations: found } = await inPage.run({ runOnly: tags, resultTypes: ['violations'] })
    return found.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)])
  })
}

/** The page, if it is wider than the window, and elements whose content is wider than they are. */
export async function overflows(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    // Their content is hidden from sight, or meant to be cut or scrolled.
    const meant = '.hidden, .pick, .rows thead, pre, input, textarea, select, svg, .clamp'
    const wide = [...document.querySelectorAll('.ag *')].filter(
      (element) =>
        element.scrollWidth > element.clientWidth + 1 &&
        element.clientWidth > 0 &&
        !element.closest(meant) &&
        getComputedStyle(element).display !== 'inline',
    )
    const found = wide.map((element) => element.outerHTML.slice(0, 120))
    return document.documentElement.scrollWidth > innerWidth ? ['the page', ...found] : found
  })
}

/** Everything a page complains of, or asks another origin for. */
export function complaintsOf(page: Page, origin: string): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    // Chromium reports the status of a page that is an error.
    if (!/status of [45]\d\d/.test(message.text())) complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  return complaints
}
