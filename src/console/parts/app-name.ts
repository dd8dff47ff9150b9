import { type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { icon } from './icon.ts'

const COLOURS = 4

/** The name of an app with a tile of its initials, which tells rows apart at a glance. */
export function appName(
  app: { readonly key: string; readonly name: string },
  parts: { name: Part; meta?: Part },
): Html {
  const meta = parts.meta !== undefined && html`<div class="meta">${parts.meta}</div>`
  return html`<div class="name"><span class="tile t${colourOf(app.key)}" aria-hidden="true">${initials(app.name)}</span><div>${parts.name}${meta}</div></div>`
}

/** The link to the homepage of an app, which opens in a new window and learns nothing of this page. */
export function homepageLink(
  app: { readonly homepage: string; readonly homepageAscii: string },
  { texts }: Context,
): Html {
  const host = hostOf(app.homepage)
  // The core accepts nothing else (APP-1); a link that could run script is worth asking twice.
  if (!/^https?:\/\//i.test(app.homepageAscii)) return html`<bdi>${host}</bdi>`
  return html`<a class="out" href="${app.homepageAscii}" target="_blank" rel="noopener noreferrer"><span class="hidden">${texts.homepageOpens} </span><bdi>${host}</bdi>${icon('outside')}</a>`
}

/** The host as it was written, in its own script. */
export function hostOf(homepage: string): string {
  return /^[a-z]+:\/\/([^/?#]+)/i.exec(homepage)?.[1] ?? homepage
}

function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  return words
    .slice(0, 2)
    .map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0))
    .join('')
    .toUpperCase()
}

function colourOf(key: string): number {
  return 1 + ([...key].reduce((sum, character) => sum + character.charCodeAt(0), 0) % COLOURS)
}
