import { type Html, html } from '../../frame/html.ts'

// Outlines on a grid of 24, drawn with a stroke of 2.
const SHAPES = {
  active: html`<circle cx="12" cy="12" r="5" fill="currentColor" stroke="none"/>`,
  back: html`<path d="m14 6-6 6 6 6"/>`,
  copy: html`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 5H6a2 2 0 0 0-2 2v8"/>`,
  done: html`<circle cx="12" cy="12" r="9"/><path d="m8.5 12.2 2.5 2.5 4.7-5"/>`,
  download: html`<path d="M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14"/>`,
  error: html`<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.5v.01"/>`,
  info: html`<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>`,
  lock: html`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
  next: html`<path d="m10 6 6 6-6 6"/>`,
  outside: html`<path d="M14 5h5v5M19 5l-8 8M17 14v5H5V7h5"/>`,
  pause: html`<path d="M9 6v12M15 6v12"/>`,
  plus: html`<path d="M12 5v14M5 12h14"/>`,
  remove: html`<path d="M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13"/>`,
  resume: html`<path d="m8 6 10 6-10 6z"/>`,
  search: html`<circle cx="11" cy="11" r="7"/><path d="m20 20-3.5-3.5"/>`,
  warning: html`<path d="M12 8v5M12 16.5v.01M12 3 2.5 20h19z"/>`,
} as const

export type IconName = keyof typeof SHAPES

// What points along the line of text turns round where that runs from right to left.
const DIRECTED: readonly IconName[] = ['back', 'next', 'resume', 'outside']

/** A small picture beside a word that says the same: assistive technology passes it over. */
export function icon(name: IconName): Html {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"${DIRECTED.includes(name) && html` class="turn"`}>${SHAPES[name]}</svg>`
}
