import { type Html, html, type Part } from '../../frame/html.ts'
import { icon } from './icon.ts'

/** The beginning of a page: its heading, what it is for, and its main action. */
export interface Head {
  readonly title: Part
  readonly lead?: Part
  readonly action?: Part
}

export function head({ title, lead, action }: Head): Html {
  return html`<div class="head"><div><h1>${title}</h1>${lead !== undefined && html`<p class="lead">${lead}</p>`}</div>${action}</div>
`
}

export function backLink({ to, text }: { readonly to: string; readonly text: Part }): Html {
  return html`<a class="back" href="${to}">${icon('back')}${text}</a>
`
}
