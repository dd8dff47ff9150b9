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
