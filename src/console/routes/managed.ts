import { fewAtOnce } from '../../base/few-at-once.ts'
import type { AddressParts } from '../addresses.ts'
import type { Call, ConsoleRoute, Reply } from '../call.ts'
import { selection } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { withdrawing } from '../pages/list-confirmations.ts'
import { managedPage } from '../pages/managed.ts'
import { confirming } from './confirming.ts'
import { eachOf } from './each-of.ts'
import { type Notice, saidIn, withNotice } from './notice.ts'
import { readPage } from './read-page.ts'

export const managedRoute: ConsoleRoute = { get: (call) => showManaged(call) }

/** The apps that may act for the account of the address. */
async function showManaged(call: Call, notice?: Notice): Promise<Reply> {
  const { query, account } = call
  if (account === undefined) return { redirect: call.context.to('all') }
  const { installs } = call.over(account)
  const search = query.get('name') ?? ''
  const [may, { items, list, changed }] = await Promise.all([
    call.over(account).permissions({ owner: account }),
    readPage({ cursor: query.get('cursor'), search, context: call.context }, (page) =>
      installs.list({ account, ...(search !== '' && { name: search }), counts: true, ...page }),
    ),
  ])
  const message = notice?.message ?? changed ?? (await saidIn(call))
  const others = items.flatMap(({ app, approvedBy }) => [app.owner, approvedBy.account])
  const { context, nameOf } = await call.named(account, others)
  const rows = items.map(({ app, installedAt, approvedBy, scope, liveTokens }) => ({
    key: app.key,
    name: app.name,
    owner: nameOf(app.owner),
    installedAt,
    approvedBy: nameOf(approvedBy.account ?? account),
    scope,
    liveTokens,
  }))
  const content = managedPage({ account: nameOf(account), rows, search, list, mayUse: may.useApps, message }, context)
  return withNotice(content, notice, context)
}

/** Takes back what the account has allowed to the selected apps. */
export const withdrawRoute: ConsoleRoute = confirming(async (call, input, form) => {
  const { account } = call
  const keys = selection(input, 'app')
  if (account === undefined || !keys) return { failure: 'invalidRequest' }
  if (keys.length === 0) return showManaged(call, { message: warning(call.context.texts.selectApp), status: 422 })
  const { installs } = call.over(account)
  const found = await fewAtOnce(keys, (app) => installs.get({ app, account }))
  const apps = found.flatMap((install) => install?.app ?? [])
  if (apps.length === 0 && !form) return { failure: 'notFound' }
  if (apps.length === 0) {
    // The form was sent before, and it may not be certain that this was done, which only a write settles (REV-7).
    await fewAtOnce(keys, (app) => installs.withdraw({ app, account }))
    return { redirect: call.context.to('managed', { for: call.query.get('for') ?? '', said: 'nothing-left' }) }
  }
  const { context, nameOf } = await call.named(account)
  return {
    confirmation: withdrawing(apps, nameOf(account), context),
    context,
    async run() {
      const { texts, to, actsFor } = context
      const withdraw = ({ key }: { key: string }) => installs.withdraw({ app: key, account })
      const list = (said: AddressParts = {}) => to('managed', { for: actsFor?.account, ...said })
      return eachOf(apps, withdraw, {
        context,
        tab: 'managed',
        title: texts.removeSelected,
        done: texts.removed,
        back: list(),
        redirect: list({ said: 'withdrawn', count: String(apps.length) }),
      })
    },
  }
})
