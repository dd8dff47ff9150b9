import { type Html, html, type Part } from '../../frame/html.ts'

/**
 * What is seen, and what assistive technology reads in its place: it begins with what is seen, so that it can be spoken to press it
 * (WCAG 2.2, 2.5.3). One text beside the other would be read with a gap between them.
 */
export function spoken(seen: Part, read: string): Html {
  return html`<span aria-hidden="true">${seen}</span><span class="hidden">${read}</span>`
}
