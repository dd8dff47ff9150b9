import { fill, type Html, html } from '../../frame/html.ts'
import type { AddressParts } from '../addresses.ts'
import type { Content, Context } from '../context.ts'
import { backLink, head } from '../parts/head.ts'
import { icon } from '../parts/icon.ts'
import { foot, hiddenFields, selectedCount } from '../parts/list.ts'
import { table } from '../parts/table.ts'
import { moment } from '../parts/when.ts'
import type { ListState } from './list-states.ts'

export interface TokenRow {
  readonly id: string
  /** `app`: the app got it from its own credentials. `user`: the account approved it. */
  readonly kind: 'app' | 'user'
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly userAgent?: string | undefined
}

/** The live access tokens of an app that act for an account. */
export interface TokensView {
  readonly app: { readonly key: string; readonly name: string }
  /** The account that they act for, as people call it. */
  readonly account: string
  readonly rows: readonly TokenRow[]
  /** All there are; undefined if not known at the moment. */
  readonly total: number | undefined
  readonly list: ListState
  readonly message?: Html | undefined
  /** Where it was opened from. `from` and `query` are what the form carries to come back there. */
  readonly back: {
    readonly to: string
    readonly text: string
    readonly from?: string
    readonly query?: AddressParts
  }
}

/** The tokens as a page of their own. */
export function tokensPage(view: TokensView, context: Context): Content {
  const { texts } = context
  const title = fill(texts.tokensTitle, { name: html`<bdi>${view.app.name}</bdi>` })
  const main = html`${backLink(view.back)}${view.message}${head({ title: html`<span id="tokens-title">${title}</span>`, lead: lead(view, context) })}
${body(view, context)}`
  return { title: texts.tokensTitle.replace('{name}', () => view.app.name), tab: 'apps', main }
}

/** The tokens over the list that they were opened from. Without script too; with it, the dialog becomes modal. */
export function tokensDialog(view: TokensView, context: Context): Html {
  const { texts } = context
  const title = fill(texts.tokensTitle, { name: html`<bdi>${view.app.name}</bdi>` })
  return html`<div class="veil"></div>
<dialog class="pop" open data-back="${view.back.to}" aria-labelledby="tokens-title">
<div class="head"><div><h2 class="title" id="tokens-title" tabindex="-1" autofocus>${title}</h2><p class="lead">${lead(view, context)}</p></div><a class="button" href="${view.back.to}">${texts.close}</a></div>
${view.message}${body(view, context)}
</dialog>
`
}

function lead({ account }: TokensView, { texts }: Context): Html {
  return fill(texts.tokensLead, { account: html`<bdi>${account}</bdi>` })
}

function body(view: TokensView, context: Context): Html {
  const { app, rows, total, list, back } = view
  const { texts, to, actsFor, formProof } = context
  const place = { key: app.key, for: actsFor?.account }
  if (rows.length === 0 && list.isFirst)
    return html`<section class="sheet empty" aria-labelledby="tokens-title"><p class="lead">${texts.noTokens}</p></section>`
  const path = (cursor?: string) => to('tokens', { ...place, ...(!back.query && { from: back.from }), cursor })
  const action = to('tokens', { cursor: list.cursor, ...back.query, from: back.from, ...place })
  return html`<section class="sheet" aria-labelledby="tokens-title">
<div class="bar"><span class="count">${total === undefined ? texts.countUnknown : texts.tokensCount(total)}</span><div class="push">${selectedCount('tokens-selected', context)}<button class="button danger" form="tokens">${icon('remove')}${texts.removeSelected}</button></div></div>
<form method="post" id="tokens" action="${action}">${hiddenFields({ as: formProof })}
${tokenTable(rows, context)}
</form>
${(!list.isFirst || list.next !== undefined) && foot({ shown: '', first: list.isFirst ? undefined : path(), next: list.next && path(list.next) }, context)}
</section>`
}

/** The checkbox in the header means all there are, those on other pages too: one write, whatever their number. */
function tokenTable(rows: readonly TokenRow[], context: Context): Html {
  const { texts, formats, now } = context
  return table({
    labelledBy: 'tokens-title',
    select: { name: 'token', all: 'all', allLabel: texts.selectAllNow, countId: 'tokens-selected' },
    columns: [
      { label: texts.expires, kind: 'head' },
      { label: texts.userAgent, kind: 'wide' },
      { label: texts.howObtained },
      { label: texts.issued, kind: 'when' },
    ],
    rows: rows.map(({ id, kind, issuedAt, expiresAt, userAgent }) => ({
      pick: { value: id, label: texts.selectToken(formats.dateAndTime(expiresAt)) },
      cells: [
        html`${moment(expiresAt, context)}<small class="under">${formats.distance(expiresAt, now)}</small>`,
        userAgent === undefined ? texts.notGiven : html`<bdi>${userAgent}</bdi>`,
        kind === 'app' ? texts.byItself : texts.byApproval,
        moment(issuedAt, context),
      ],
    })),
  })
}
