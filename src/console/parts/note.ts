import { type Html, html, type Part } from '../../frame/html.ts'
import { type IconName, icon } from './icon.ts'

/** A message in a box of its own. */
export interface Note {
  readonly tone: 'done' | 'warning' | 'error' | 'info'
  readonly heading?: Part
  /** Default is 2. */
  readonly level?: 1 | 2
  readonly body?: Part
  /** Whether it is read out and gets the focus when the page opens. At most one on a page. */
  readonly isAnnounced?: boolean
  readonly isNarrow?: boolean
}

const ICONS: Readonly<Record<Note['tone'], IconName>> = {
  done: 'done',
  warning: 'warning',
  error: 'warning',
  info: 'info',
}
const CLASSES: Readonly<Record<Note['tone'], string>> = { done: 'ok', warning: 'warn', error: 'bad', info: 'plain' }

export function note({ tone, heading, level = 2, body, isAnnounced = false, isNarrow = false }: Note): Html {
  const role = tone === 'error' ? 'alert' : 'status'
  const announced = isAnnounced && html` role="${role}" tabindex="-1" autofocus`
  const title = level === 1 ? html`<h1>${heading}</h1>` : html`<h2>${heading}</h2>`
  return html`<div class="note ${CLASSES[tone]}${isNarrow && ' narrow'}"${announced}>${icon(ICONS[tone])}<div>${heading !== undefined && title}${body}</div></div>`
}
