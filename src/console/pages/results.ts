import { html } from '../../frame/html.ts'
import type { Content, Context, Tab } from '../context.ts'
import { head } from '../parts/head.ts'
import { note } from '../parts/note.ts'

/** What became of several operations of which at least one failed. One refusal does not undo the rest. */
export interface ResultsView {
  readonly tab: Tab
  readonly title: string
  readonly results: readonly { readonly name: string; readonly problem?: string | undefined }[]
  readonly done: string
  readonly back: string
}

export function resultsPage({ tab, title, results, done, back }: ResultsView, { texts }: Context): Content {
  const failed = results.filter(({ problem }) => problem !== undefined).length
  const lines = results.map(
    ({ name, problem }) => html`<li><strong><bdi>${name}</bdi></strong><span>${problem ?? done}</span></li>\n`,
  )
  const main = html`${note({ tone: 'error', isAnnounced: true, isNarrow: true, heading: texts.someFailed(failed) })}${head({ title })}
<section class="sheet narrow" aria-label="${title}"><ul class="actions">${lines}</ul>
<div class="save"><a class="button main" href="${back}">${texts.back}</a></div></section>`
  return { title, tab, main, failed: true }
}
