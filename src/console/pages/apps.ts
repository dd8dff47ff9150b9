import { type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { appName, homepageLink } from '../parts/app-name.ts'
import { head } from '../parts/head.ts'
import { icon } from '../parts/icon.ts'
import { count, foot, hiddenFields, search, selectedCount } from '../parts/list.ts'
import { note } from '../parts/note.ts'
import { type Status, status } from '../parts/status.ts'
import { type Row, table } from '../parts/table.ts'
import { day, lastUse } from '../parts/when.ts'
import { type AppFilters, filterFields, isFiltered } from './app-filters.ts'
import { addButton, cutSearch, emptyList, type ListState, nothingFound } from './list-states.ts'

/** A row of the list of apps. */
export interface AppRow {
  readonly key: string
  readonly name: string
  readonly homepage: string
  readonly homepageAscii: string
  readonly description?: string | undefined
  readonly status: Status
  /** What sets it apart from an app with one secret that acts only for accounts that approved it. */
  readonly tags: readonly string[]
  /** How many accounts authorize it; undefined if that is not known at the moment. */
  readonly instances: number | undefined
  /** Live tokens of the account of the page; undefined likewise. */
  readonly liveTokens: number | undefined
  readonly createdAt: Date
  /** The day of its last use, in UTC. Undefined if it has not been used yet. */
  readonly lastUsedOn?: string | undefined
}

export interface AppsView {
  /** The account of the page, as people call it. */
  readonly owner: string
  readonly rows: readonly AppRow[]
  readonly filters: AppFilters
  readonly list: ListState
  /** Whether the viewer may register apps here. */
  readonly mayRegister: boolean
  /** What was just done, or went wrong. */
  readonly message?: Html | undefined
  /** A dialog over the list, which then is inert. */
  readonly over?: Html | undefined
}

/** The apps that an account has registered. */
export function appsPage(view: AppsView, context: Context): Content {
  const { texts } = context
  const { message, over } = view
  const action = view.mayRegister && addButton(context)
  const lead = html`${texts.appsLead} ${otherAccount(context)}`
  const refusal = !view.mayRegister && note({ tone: 'info', body: html`<p>${texts.mayNotRegister}</p>` })
  const main = html`${message}${head({ title: texts.apps, lead, action })}${refusal}${body(view, context)}`
  return { title: texts.apps, tab: 'apps', main, ...(over && { over }) }
}

function otherAccount({ texts, to, hasAccounts }: Context): Html | undefined {
  return hasAccounts ? html`<a href="${to('accounts')}">${texts.otherAccount}</a>` : undefined
}

function body(view: AppsView, context: Context): Html {
  const { rows, filters, list } = view
  const { texts } = context
  if (rows.length === 0 && !isFiltered(filters) && list.isFirst && list.next === undefined)
    return emptyList({ title: texts.noApps, lead: texts.noAppsLead, action: view.mayRegister && addButton(context) })
  const isCut = list.isCut === true && list.next !== undefined
  const first = context.to('apps', { for: context.actsFor?.account })
  return html`<section class="sheet" aria-labelledby="list">
<h2 id="list" class="hidden">${texts.appsTable(view.owner)}</h2>
${bar(view, context)}
${rows.length > 0 ? appsTable(view, context) : !isCut && nothingFound(filters.name, first, context)}
${isCut ? cutSearch(pathTo(view, context, list.next), context) : rows.length > 0 && listFoot(view, context)}
</section>`
}

function bar({ filters, rows }: AppsView, context: Context): Html {
  const { texts, to, actsFor } = context
  const account = actsFor?.account
  const remove =
    rows.length > 0 &&
    html`<div class="push">${selectedCount('selected', context)}<button class="button danger" form="bulk" formmethod="get" formaction="${to('removeApps')}">${icon('remove')}${texts.removeSelected}</button></div>`
  const searchForm = search(
    {
      label: texts.searchApps,
      name: 'name',
      value: filters.name,
      hidden: { for: account },
      filters: filterFields(filters, context),
      clear: isFiltered(filters) ? to('apps', { for: account }) : undefined,
    },
    context,
  )
  return html`<div class="bar">${searchForm}${remove}</div>`
}

/** One form for the list: its first submit button is what Enter presses in it, and only asks. */
function appsTable({ rows, filters, list }: AppsView, context: Context): Html {
  const { texts, to, actsFor } = context
  return html`<form method="post" id="bulk">
<button class="hidden" tabindex="-1" aria-hidden="true" formmethod="get" formaction="${to('removeApps')}"></button>
${hiddenFields({ for: actsFor?.account })}${rows.map(({ key }) => html`<input type="hidden" name="row" value="${key}">`)}
${table({
  labelledBy: 'list',
  select: { name: 'app', all: 'page', allLabel: texts.selectPage, countId: 'selected' },
  columns: [
    { label: texts.status, isPlain: true },
    { label: texts.app, kind: 'head' },
    { label: texts.description, kind: 'wide', isPlain: true },
    { label: texts.instances, kind: 'number' },
    { label: texts.accessTokens, kind: 'number' },
    { label: texts.configured, kind: 'when' },
  ],
  rows: rows.map((row) => rowOf(row, { ...filters, cursor: list.cursor }, context)),
})}
</form>`
}

function rowOf(app: AppRow, place: Readonly<Record<string, string | undefined>>, context: Context): Row {
  const { texts, to, actsFor } = context
  const account = actsFor?.account
  const description = app.description ?? ''
  const tokens = to('apps', { for: account, ...place, tokens: app.key })
  return {
    pick: { value: app.key, label: texts.select(app.name) },
    cells: [
      status(app, { from: 'apps', query: place }, context),
      appName(app, {
        name: html`<a href="${to('app', { key: app.key })}"><bdi>${app.name}</bdi></a>`,
        meta: html`${homepageLink(app, context)}${app.tags.map((tag) => html`<span class="tag">${tag}</span>`)}`,
      }),
      description !== '' && html`<div class="clamp" title="${description}" dir="auto">${description}</div>`,
      count(
        app.instances,
        { to: to('instances', { key: app.key }), name: texts.instancesOf(app.instances ?? 0, app.name) },
        context,
      ),
      count(app.liveTokens, { to: tokens, name: texts.tokensOf(app.liveTokens ?? 0, app.name) }, context),
      registeredAndUsed(app, context),
    ],
  }
}

/** When an app was registered, and when it was last used. */
export function registeredAndUsed(
  app: { readonly createdAt: Date; readonly lastUsedOn?: string | undefined },
  context: Context,
): Html {
  const used = lastUse(app.lastUsedOn, context)
  const label = app.lastUsedOn !== undefined && html`${context.texts.lastUsed} `
  return html`${day(app.createdAt, context)}<span class="under">${label}${used}</span>`
}

function listFoot(view: AppsView, context: Context): Html {
  const { rows, list } = view
  const { texts } = context
  return foot(
    {
      shown: list.isFirst ? texts.appsFirst(rows.length) : texts.appsHere(rows.length),
      first: list.isFirst ? undefined : pathTo(view, context),
      next: list.next === undefined ? undefined : pathTo(view, context, list.next),
    },
    context,
  )
}

function pathTo({ filters }: AppsView, { to, actsFor }: Context, cursor?: string): string {
  return to('apps', { for: actsFor?.account, ...filters, cursor })
}
