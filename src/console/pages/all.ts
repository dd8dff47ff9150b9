import { type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { appName } from '../parts/app-name.ts'
import { cameFrom, type Origin } from '../parts/came-from.ts'
import { head } from '../parts/head.ts'
import { icon } from '../parts/icon.ts'
import { count, foot, hiddenFields, search, selectedCount } from '../parts/list.ts'
import { type Status, status } from '../parts/status.ts'
import { type Row, table } from '../parts/table.ts'
import { registeredAndUsed } from './apps.ts'
import { cutSearch, type ListState, nothingFound } from './list-states.ts'

/** An app of any account. */
export interface AnyAppRow {
  readonly key: string
  readonly name: string
  readonly owner: { readonly account: string; readonly name: string }
  readonly status: Status
  readonly published: boolean
  readonly resourceServer?: string | undefined
  readonly instances: number | undefined
  readonly createdAt: Date
  /** The day of its last use, in UTC. Undefined if it has not been used yet. */
  readonly lastUsedOn?: string | undefined
  readonly origin?: Origin | undefined
}

export interface AllAppsView {
  readonly rows: readonly AnyAppRow[]
  /** Part of a name, or a whole key or account. */
  readonly search: string
  readonly list: ListState
  readonly message?: Html | undefined
}

/** Every app of every account, for the operator. */
export function allAppsPage(view: AllAppsView, context: Context): Content {
  const { texts, to } = context
  const { rows, search: name, list, message } = view
  const path = (cursor?: string) => to('all', { name, cursor })
  const isCut = list.isCut === true && list.next !== undefined
  const below = isCut
    ? cutSearch(path(list.next), context)
    : foot(
        {
          shown: texts.appsHere(rows.length),
          first: list.isFirst ? undefined : path(),
          next: list.next === undefined ? undefined : path(list.next),
        },
        context,
      )
  const main = html`${message}${head({ title: texts.all, lead: texts.allLead })}
<section class="sheet" aria-labelledby="list"><h2 class="hidden" id="list">${texts.all}</h2>
${bar(view, context)}
${rows.length > 0 ? appsTable(view, context) : !isCut && nothingFound(name, to('all'), context)}
${(rows.length > 0 || isCut) && below}
</section>`
  return { title: texts.all, tab: 'all', main }
}

function bar({ rows, search: value }: AllAppsView, context: Context): Html {
  const { texts, to, formProof } = context
  const clear = value === '' ? undefined : to('all')
  const buttons =
    rows.length > 0 &&
    html`<div class="push">${selectedCount('selected', context)}<button class="button" form="bulk" name="as" value="${formProof}" formmethod="post" formaction="${to('suspendAll')}">${icon('pause')}${texts.suspendSelected}</button><button class="button danger" form="bulk" formmethod="get" formaction="${to('removeApps')}">${icon('remove')}${texts.removeSelected}</button></div>`
  return html`<div class="bar">${search({ label: texts.searchAll, name: 'name', value, clear }, context)}${buttons}</div>`
}

function appsTable({ rows, search: name, list }: AllAppsView, context: Context): Html {
  const { texts, to } = context
  const place = { name, cursor: list.cursor }
  return html`<form method="post" id="bulk">
<button class="hidden" tabindex="-1" aria-hidden="true" formmethod="get" formaction="${to('removeApps')}"></button>
${hiddenFields({ from: 'all' })}${rows.map(({ key }) => html`<input type="hidden" name="row" value="${key}">`)}
${table({
  labelledBy: 'list',
  select: { name: 'app', all: 'page', allLabel: texts.selectPage, countId: 'selected' },
  columns: [
    { label: texts.status, isPlain: true },
    { label: texts.app, kind: 'head' },
    { label: texts.owner },
    { label: texts.reach },
    { label: texts.instances, kind: 'number' },
    { label: texts.configured, kind: 'when' },
  ],
  rows: rows.map((row) => rowOf(row, place, context)),
})}
</form>`
}

function rowOf(app: AnyAppRow, place: Readonly<Record<string, string | undefined>>, context: Context): Row {
  const { texts, to } = context
  const { key, name, owner, instances, origin } = app
  const reach = [
    app.published ? texts.published : texts.ownTenant,
    ...(app.resourceServer === undefined ? [] : [texts.resourceServer]),
  ]
  return {
    pick: { value: key, label: texts.select(name) },
    cells: [
      status(app, { from: 'all', query: place }, context),
      appName(app, {
        name: html`<a href="${to('app', { key })}"><bdi>${name}</bdi></a>`,
        meta: html`<code>${key}</code>${origin && html`<span>${cameFrom(origin, context)} · <bdi>${origin.host}</bdi></span>`}`,
      }),
      html`<a href="${to('apps', { for: owner.account })}"><bdi>${owner.name}</bdi></a>`,
      html`${reach.map((word) => html`<span class="tag">${word}</span> `)}`,
      count(instances, { to: to('instances', { key }), name: texts.instancesOf(instances ?? 0, name) }, context),
      registeredAndUsed(app, context),
    ],
  }
}
