import { fill, type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { icon } from '../parts/icon.ts'

/** Where in a list a page is. */
export interface ListState {
  readonly isFirst: boolean
  /** That of this page, to come back to it. */
  readonly cursor?: string | undefined
  /** That of the page after it; undefined on the last one. */
  readonly next?: string | undefined
  /** Whether a search ended early, after looking through as many as one page may. */
  readonly isCut?: boolean
}

export function addButton({ texts, to, actsFor }: Context): Html {
  return html`<a class="button main" href="${to('newApp', { for: actsFor?.account })}">${icon('plus')}${texts.addApp}</a>`
}

/** Nothing to list yet, and what to do about it. */
export function emptyList({
  title,
  lead,
  action,
}: {
  readonly title: string
  readonly lead: string
  readonly action?: Part
}): Html {
  return html`<section class="sheet empty" aria-labelledby="none"><h2 id="none">${title}</h2><p class="lead">${lead}</p>${action}</section>`
}

/** Nothing that was searched for. */
export function nothingFound(name: string, clear: string, { texts }: Context): Html {
  const sentence =
    name === '' ? html`${texts.nothingMatches}` : fill(texts.nothingFound, { name: html`<bdi>${name}</bdi>` })
  return html`<div class="empty"><p class="lead">${sentence}</p><a class="button" href="${clear}">${texts.clearSearch}</a></div>`
}

/** A search that looks through so many at a time (LST-5), and the way on. */
export function cutSearch(next: string, { texts }: Context): Html {
  return html`<div class="foot"><span>${texts.searchCut}</span><a class="button small" href="${next}">${texts.lookFurther}</a></div>`
}
