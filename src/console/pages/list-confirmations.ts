import { type Html, html } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { appName } from '../parts/app-name.ts'
import { hasRegisteredItself, type Origin } from '../parts/came-from.ts'
import { type Column, table } from '../parts/table.ts'
import { withName } from '../parts/with-name.ts'
import type { Confirmation } from './confirm.ts'

/** An app about to be removed. Counts are undefined if they are not known at the moment. */
export interface RemovedApp {
  readonly key: string
  readonly name: string
  readonly instances?: number | undefined
  readonly liveTokens?: number | undefined
  readonly origin?: Origin | undefined
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (all, one) => (all === undefined || one === undefined ? undefined : all + one),
    0,
  )
}

/** @param from - the page that the apps were selected on. */
export function removingApps(
  apps: readonly RemovedApp[],
  from: 'app' | 'apps' | 'all',
  context: Context,
): Confirmation {
  const { texts, to, actsFor } = context
  const [only] = apps
  const lost = sum(apps.map(({ instances }) => instances))
  const isOne = only !== undefined && apps.length === 1
  const title = isOne ? texts.removeOneTitle(only.name) : texts.removeAppsTitle(apps.length)
  const account = actsFor?.account
  const mayReturn = apps.some(hasRegisteredItself)
  const cancel = { app: to('app', { key: only?.key }), apps: to('apps', { for: account }), all: to('all') }[from]
  return {
    tab: from === 'all' ? 'all' : 'apps',
    title,
    ...(isOne && { heading: withName(texts.removeOneTitle, only.name) }),
    lead: texts.removeAppsLead,
    body: appsTable(apps, context),
    effects: mayReturn ? [texts.removeIsNoBan] : [],
    gentler: { heading: texts.onlyStop, body: mayReturn ? texts.suspendProgramInstead : texts.suspendInstead },
    tick: lost === 0 ? undefined : texts.understandLoss(lost),
    button: texts.removeAppsButton(apps.length),
    action: to('removeApps', { for: account }),
    hidden: { from },
    repeated: { app: apps.map(({ key }) => key) },
    cancel,
  }
}

function appsTable(apps: readonly RemovedApp[], context: Context): Html {
  const { texts, to, formats } = context
  const columns: readonly Column[] = [
    { label: texts.app, kind: 'head' },
    { label: texts.accountsLosing, kind: 'number' },
    { label: texts.tokensLost, kind: 'number' },
  ]
  const shown = (amount: number | undefined) =>
    amount === undefined ? html`?<span class="hidden"> ${texts.countUnknown}</span>` : formats.number(amount)
  return html`<h2 class="hidden" id="selected-apps">${texts.selectedApps}</h2>${table({
    labelledBy: 'selected-apps',
    columns,
    rows: apps.map(({ key, name, instances, liveTokens }) => ({
      cells: [
        appName(
          { key, name },
          { name: html`<a href="${to('app', { key })}"><bdi>${name}</bdi></a>`, meta: html`<code>${key}</code>` },
        ),
        html`<b>${shown(instances)}</b>`,
        shown(liveTokens),
      ],
    })),
  })}`
}

/** @param account - of the page, as people call it. */
export function withdrawing(
  apps: readonly { readonly key: string; readonly name: string }[],
  account: string,
  context: Context,
): Confirmation {
  const { texts, to, actsFor } = context
  const parts = { for: actsFor?.account }
  return {
    tab: 'managed',
    title: texts.withdrawTitle(apps.length),
    lead: withName(texts.withdrawLead, account),
    body: names(apps.map(({ name }) => name)),
    effects: [withName(texts.withdrawEffect, account)],
    kept: texts.withdrawKept,
    button: texts.withdrawButton(apps.length),
    action: to('withdraw', parts),
    hidden: {},
    repeated: { app: apps.map(({ key }) => key) },
    cancel: to('managed', parts),
  }
}

export function removingInstances(
  app: { readonly key: string; readonly name: string },
  accounts: readonly { readonly account: string; readonly name: string }[],
  context: Context,
): Confirmation {
  const { texts, to } = context
  return {
    title: texts.removeInstancesTitle(accounts.length),
    lead: withName(texts.removeInstancesLead, app.name),
    body: names(accounts.map(({ name }) => name)),
    effects: [texts.removeInstancesEffect],
    kept: texts.withdrawKept,
    button: texts.removeInstancesButton(accounts.length),
    action: to('removeInstances', { key: app.key }),
    hidden: {},
    repeated: { account: accounts.map(({ account }) => account) },
    cancel: to('instances', { key: app.key }),
  }
}

function names(all: readonly string[]): Html {
  return html`<ul class="names">${all.map((name) => html`<li><bdi>${name}</bdi></li>`)}</ul>`
}
