import { type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { icon } from './icon.ts'
import { spoken } from './spoken.ts'

/**
 * A count, with a link to what is counted. A count that is not known is never shown as 0.
 *
 * @param link - `name`: the count in words, which assistive technology reads in its place.
 */
export function count(
  amount: number | undefined,
  link: { readonly to: string | undefined; readonly name: string },
  { texts, formats }: Context,
): Html {
  if (amount === undefined)
    return html`<span title="${texts.countUnknown}">?<span class="hidden"> ${texts.countUnknown}</span></span>`
  if (amount === 0 || link.to === undefined) return html`${formats.number(amount)}`
  return html`<a href="${link.to}">${spoken(formats.number(amount), link.name)}</a>`
}

/** The search above a list, with the words that it was searched by. */
export interface Search {
  readonly label: string
  readonly name: string
  readonly value: string
  /** Fields that are sent along, such as the account acted for. */
  readonly hidden?: Readonly<Record<string, string | undefined>>
  readonly filters?: Part
  /** The address of the whole list; undefined if that is what is shown. */
  readonly clear?: string | undefined
}

export function search({ label, name, value, hidden = {}, filters, clear }: Search, { texts }: Context): Html {
  return html`<form class="search" role="search" method="get"><label class="hidden" for="q">${label}</label>${hiddenFields(hidden)}
<input class="input" id="q" type="search" name="${name}" value="${value}" maxlength="100" placeholder="${label}" autocomplete="off">${filters}<button class="button">${icon('search')}${texts.search}</button>${clear !== undefined && html`<a class="clear" href="${clear}">${texts.clearSearch}</a>`}</form>`
}

export function hiddenFields(fields: Readonly<Record<string, string | undefined>>): readonly Html[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
}

/** What is below a list: how much of it is shown, and the ways to the rest. */
export interface Foot {
  readonly shown: string
  readonly first?: string | undefined
  readonly next?: string | undefined
}

export function foot({ shown, first, next }: Foot, { texts }: Context): Html {
  return html`<div class="foot"><span>${shown}</span><span class="buttons">${first !== undefined && html`<a class="button small" href="${first}">${texts.firstPage}</a>`}${next !== undefined && html`<a class="button small" href="${next}">${texts.nextPage}${icon('next')}</a>`}</span></div>`
}

/** The number of selected rows, which the script keeps. `{n}` in the text stands for it. */
export function selectedCount(id: string, { texts }: Context): Html {
  return html`<span class="count" id="${id}" data-text="${texts.selected}" role="status"></span>`
}
