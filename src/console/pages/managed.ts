import { type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { appName } from '../parts/app-name.ts'
import { head } from '../parts/head.ts'
import { icon } from '../parts/icon.ts'
import { count, foot, hiddenFields, search, selectedCount } from '../parts/list.ts'
import { type Row, table } from '../parts/table.ts'
import { moment } from '../parts/when.ts'
import { withName } from '../parts/with-name.ts'
import { cutSearch, emptyList, type ListState, nothingFound } from './list-states.ts'

/** An app that an account authorizes. */
export interface InstallRow {
  readonly key: string
  readonly name: string
  /** The app's owner, as people call it. */
  readonly owner: string
  readonly installedAt: Date
  readonly approvedBy: string
  readonly scope: readonly string[]
  readonly liveTokens: number | undefined
}

export interface ManagedView {
  /** The account of the page, as people call it. */
  readonly account: string
  readonly rows: readonly InstallRow[]
  readonly search: string
  readonly list: ListState
  /** False if no app may act for the account. */
  readonly mayUse: boolean
  readonly message?: Html | undefined
}

/** The apps that may act for an account. It never leads to the page of an app: that is its owner's. */
export function managedPage(view: ManagedView, context: Context): Content {
  const { texts, hasAccounts, to } = context
  const other = hasAccounts && html`<a href="${to('accounts')}">${texts.otherAccount}</a>`
  const lead = html`${withName(texts.managedLead, view.account)} ${other}`
  const refusal = !view.mayUse && html`<p class="lead">${texts.mayNotUse}</p>`
  const main = html`${view.message}${head({ title: texts.managed, lead })}${refusal}${body(view, context)}`
  return { title: texts.managed, tab: 'managed', main }
}

function body(view: ManagedView, context: Context): Html {
  const { rows, search: name, list, account } = view
  const { texts, to, actsFor } = context
  if (rows.length === 0 && name === '' && list.isFirst && list.next === undefined)
    return emptyList({ title: texts.noInstalls, lead: texts.noInstallsLead })
  const whole = to('managed', { for: actsFor?.account })
  const path = (cursor?: string) => to('managed', { for: actsFor?.account, name, cursor })
  const isCut = list.isCut === true && list.next !== undefined
  const below = isCut
    ? cutSearch(path(list.next), context)
    : foot(
        {
          shown: list.isFirst ? texts.appsFirst(rows.length) : texts.appsHere(rows.length),
          first: list.isFirst ? undefined : path(),
          next: list.next === undefined ? undefined : path(list.next),
        },
        context,
      )
  return html`<section class="sheet" aria-labelledby="list">
<h2 id="list" class="hidden">${texts.managedTable(account)}</h2>
${bar(view, name === '' ? undefined : whole, context)}
${rows.length > 0 ? installsTable(view, context) : !isCut && nothingFound(name, whole, context)}
${(rows.length > 0 || isCut) && below}
</section>`
}

function bar({ rows, search: value }: ManagedView, clear: string | undefined, context: Context): Html {
  const { texts, actsFor } = context
  const remove =
    rows.length > 0 &&
    html`<div class="push">${selectedCount('selected', context)}<button class="button danger" form="bulk">${icon('remove')}${texts.removeSelected}</button></div>`
  const form = { label: texts.searchApps, name: 'name', value, hidden: { for: actsFor?.account }, clear }
  return html`<div class="bar">${search(form, context)}${remove}</div>`
}

function installsTable({ rows }: ManagedView, context: Context): Html {
  const { texts, to, actsFor } = context
  return html`<form method="get" id="bulk" action="${to('withdraw')}">
${hiddenFields({ for: actsFor?.account })}${rows.map(({ key }) => html`<input type="hidden" name="row" value="${key}">`)}
${table({
  labelledBy: 'list',
  select: { name: 'app', all: 'page', allLabel: texts.selectPage, countId: 'selected' },
  columns: [
    { label: texts.app, kind: 'head' },
    { label: texts.installed, kind: 'when' },
    { label: texts.approvedBy },
    { label: texts.mayDo, kind: 'wide' },
    { label: texts.accessTokens, kind: 'number' },
  ],
  rows: rows.map((row) => rowOf(row, context)),
})}
</form>`
}

function rowOf(install: InstallRow, context: Context): Row {
  const { texts, to, actsFor } = context
  const { key, name, owner, scope, liveTokens } = install
  const tokens = to('tokens', { key, for: actsFor?.account, from: 'managed' })
  return {
    pick: { value: key, label: texts.select(name) },
    cells: [
      appName(install, {
        name: html`<b><bdi>${name}</bdi></b>`,
        meta: html`<span>${texts.ownedBy} <bdi>${owner}</bdi></span>`,
      }),
      moment(install.installedAt, context),
      html`<bdi>${install.approvedBy}</bdi>`,
      scopeTags(scope, context),
      count(liveTokens, { to: tokens, name: texts.tokensOf(liveTokens ?? 0, name) }, context),
    ],
  }
}

/** What scopes mean, in the host's words; the scope itself if the host says nothing. */
export function scopeTags(scope: readonly string[], { texts, scopes }: Context): Html {
  if (scope.length === 0) return html`${texts.nothingParticular}`
  return html`${scope.map((name) => html`<span class="tag">${scopes[name] ?? name}</span> `)}`
}
