import { expect } from 'vitest'
import { closest, type Element, elementsIn, parseHtml } from './html-tree.ts'
import type { Exchange } from './world.ts'

const URL_ATTRIBUTES = ['href', 'src', 'action', 'formaction']

/** Fails if a response has anything that a page of the console must not have. */
/** @param stranger - a text of strangers, which must stay apart from the words around it wherever it is seen. */
export function expectClean({ path, status, headers, body }: Exchange, stranger?: string): void {
  const where = `${status} ${path}`
  expect(headers, where).toContain('cache-control: no-store')
  if (!headers.includes('content-type: text/html')) return
  for (const element of elementsIn(parseHtml(body))) {
    const names = [...element.attributes.keys()]
    expect(
      names.filter((name) => name === 'style' || name.startsWith('on')),
      where,
    ).toEqual([])
    for (const name of URL_ATTRIBUTES) {
      const url = element.attributes.get(name)
      // The console's own paths, fragments, and what leaves it in a new window without telling from where.
      if (url === undefined || /^(?:\/console(?:[/?]|$)|#|$)/.test(url)) continue
      const isDownload = element.attributes.has('download') && url.startsWith('data:text/plain')
      const isHomepage = element.attributes.get('rel') === 'noopener noreferrer' && /^https?:\/\//.test(url)
      const isIcon = element.attributes.get('rel') === 'icon'
      expect(isDownload || isHomepage || isIcon, `${where}: ${name}="${url}"`).toBe(true)
    }
    expect(['img', 'iframe', 'object', 'embed', 'base', 'style'], where).not.toContain(element.name)
    if (element.name === 'script')
      expect([element.attributes.get('type'), element.children.join('')]).toEqual(['module', ''])
    const isSeen = !closest(element, (one) => /^(?:title|textarea|option)$/.test(one.name) || isHidden(one))
    const isApart = closest(element, (one) => one.name === 'bdi' || one.attributes.get('dir') === 'auto')
    const says = element.children.filter((child) => typeof child === 'string').join('')
    if (stranger !== undefined && isSeen && !isApart) expect(says, `${where} <${element.name}>`).not.toContain(stranger)
  }
}

/** Only read by assistive technology, or by a search of the page. */
function isHidden({ attributes }: Element): boolean {
  return attributes.get('class') === 'hidden'
}
