import type { Page } from 'playwright-core'

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
