import { fill, type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { backLink, head } from '../parts/head.ts'
import { icon } from '../parts/icon.ts'
import { foot, hiddenFields, selectedCount } from '../parts/list.ts'
import { table } from '../parts/table.ts'
import { moment } from '../parts/when.ts'
import { emptyList, type ListState } from './list-states.ts'
import { scopeTags } from './managed.ts'

/** An account that authorizes an app. */
export interface InstanceRow {
  readonly account: string
  /** The account, as people call it. */
  readonly name: string
  readonly installedAt: Date
  readonly approvedBy: string
  readonly scope: readonly string[]
}

export interface InstancesView {
  readonly app: { readonly key: string; readonly name: string }
  /** Those that the viewer is or is above (LST-4). */
  readonly rows: readonly InstanceRow[]
  readonly list: ListState
  /** All accounts that authorize the app; undefined if not known at the moment. */
  readonly total: number | undefined
  readonly message?: Html | undefined
}

/** The accounts that authorize an app, as far as the viewer may know them, and how many there are. */
export function instancesPage(view: InstancesView, context: Context): Content {
  const { app, rows, total, list, message } = view
  const { texts, to } = context
  const title = fill(texts.instancesTitle, { name: html`<bdi>${app.name}</bdi>` })
  const back = backLink({ to: to('app', { key: app.key }), text: html`<bdi>${app.name}</bdi>` })
  const lead = total === undefined ? texts.countUnknown : texts.instancesLead(total)
  // On the first of several pages it is not known how many of the rest may be seen.
  const unseen = total !== undefined && list.isFirst && list.next === undefined ? Math.max(0, total - rows.length) : 0
  const main = html`${back}${message}${head({ title: html`<span id="list">${title}</span>`, lead })}${
    rows.length === 0 && list.isFirst
      ? emptyList({ title: texts.noInstances, lead: unseen > 0 ? texts.unseen(unseen) : texts.noInstancesLead })
      : instances(view, unseen, context)
  }`
  return { title: texts.instancesTitle.replace('{name}', () => app.name), tab: 'apps', main }
}

function instances({ app, rows, list }: InstancesView, unseen: number, context: Context): Html {
  const { texts, to } = context
  const path = (cursor?: string) => to('instances', { key: app.key, cursor })
  return html`<section class="sheet" aria-labelledby="list">
<div class="bar"><div class="push">${selectedCount('selected', context)}<button class="button danger" form="bulk">${icon('remove')}${texts.removeSelected}</button></div></div>
<form method="get" id="bulk" action="${to('removeInstances', { key: app.key })}">
${rows.map(({ account }) => hiddenFields({ row: account }))}
${table({
  labelledBy: 'list',
  select: { name: 'account', all: 'page', allLabel: texts.selectPage, countId: 'selected' },
  columns: [
    { label: texts.account, kind: 'head' },
    { label: texts.installed, kind: 'when' },
    { label: texts.approvedBy },
    { label: texts.mayDo, kind: 'wide' },
  ],
  rows: rows.map(({ account, name, installedAt, approvedBy, scope }) => ({
    pick: { value: account, label: texts.select(name) },
    cells: [
      html`<b><bdi>${name}</bdi></b>`,
      moment(installedAt, context),
      html`<bdi>${approvedBy}</bdi>`,
      scopeTags(scope, context),
    ],
  })),
})}
</form>
${foot(
  {
    shown: unseen > 0 ? texts.unseen(unseen) : '',
    first: list.isFirst ? undefined : path(),
    next: list.next === undefined ? undefined : path(list.next),
  },
  context,
)}
</section>`
}
