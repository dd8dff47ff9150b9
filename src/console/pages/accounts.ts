import { html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { head } from '../parts/head.ts'
import { search } from '../parts/list.ts'
import { spoken } from '../parts/spoken.ts'
import { nothingFound } from './list-states.ts'

export interface AccountsView {
  readonly search: string
  readonly accounts: readonly { readonly id: string; readonly name: string }[]
}

/** The accounts below the viewer's, to act for. */
export function accountsPage({ search: value, accounts }: AccountsView, context: Context): Content {
  const { texts, to } = context
  const clear = value === '' ? undefined : to('accounts')
  const rows = accounts.map(
    ({ id, name }) =>
      html`<li><strong><bdi>${name}</bdi></strong><span class="buttons"><a class="button small" href="${to('apps', { for: id })}">${spoken(texts.apps, `${texts.apps}: ${name}`)}</a><a class="button small" href="${to('managed', { for: id })}">${spoken(texts.managed, `${texts.managed}: ${name}`)}</a></span></li>\n`,
  )
  const main = html`${head({ title: texts.accounts, lead: texts.accountsLead })}
<section class="sheet" aria-label="${texts.accounts}">
<div class="bar">${search({ label: texts.searchAccounts, name: 'name', value, clear }, context)}</div>
${rows.length === 0 ? nothingFound(value, to('accounts'), context) : html`<ul class="actions">${rows}</ul>`}
</section>`
  return { title: texts.accounts, tab: 'apps', main }
}
