import { fewAtOnce } from '../../base/few-at-once.ts'
import type { AddressParts } from '../addresses.ts'
import type { Call, ConsoleRoute, Reply } from '../call.ts'
import { selection } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { instancesPage } from '../pages/instances.ts'
import { removingInstances } from '../pages/list-confirmations.ts'
import { appOf } from './app-readings.ts'
import { confirming } from './confirming.ts'
import { eachOf } from './each-of.ts'
import { type Notice, saidIn, withNotice } from './notice.ts'
import { readPage } from './read-page.ts'

export const instancesRoute: ConsoleRoute = { get: (call) => showInstances(call) }

/** The accounts that authorize the app of the address, as far as the viewer may know them. */
async function showInstances(call: Call, notice?: Notice): Promise<Reply> {
  const app = await appOf(call)
  const { installs } = call.over(app.owner)
  const { items, list, changed } = await readPage(
    { cursor: call.query.get('cursor'), search: '', context: call.context },
    (page) => installs.listByApp({ app: app.key, ...page }),
  )
  const message = notice?.message ?? changed ?? (await saidIn(call, [app]))
  const named = items.flatMap(({ account, approvedBy }) => [account, approvedBy.account])
  const { context, nameOf } = await call.named(app.owner, named)
  const rows = items.map(({ account, installedAt, approvedBy, scope }) => ({
    account,
    name: nameOf(account),
    installedAt,
    approvedBy: nameOf(approvedBy.account ?? account),
    scope,
  }))
  const content = instancesPage({ app, rows, list, total: app.instances, message }, context)
  return withNotice(content, notice, context)
}

/** Takes from accounts what they have allowed to the app. */
export const removeInstancesRoute: ConsoleRoute = confirming(async (call, input, form) => {
  const app = await appOf(call)
  const { installs } = call.over(app.owner)
  const accounts = selection(input, 'account')
  if (!accounts) return { failure: 'invalidRequest' }
  if (accounts.length === 0)
    return showInstances(call, { message: warning(call.context.texts.selectAccount), status: 422 })
  const found = await fewAtOnce(accounts, (account) => installs.get({ app: app.key, account }))
  const held = found.flatMap((install) => install?.account ?? [])
  if (held.length === 0 && !form) return { failure: 'notFound' }
  if (held.length === 0) {
    // The form was sent before, and it may not be certain that this was done, which only a write settles (REV-7).
    await fewAtOnce(accounts, (account) => installs.withdraw({ app: app.key, account }))
    return { redirect: call.context.to('instances', { key: app.key, said: 'nothing-left' }) }
  }
  const { context, nameOf } = await call.named(app.owner, held)
  const named = held.map((account) => ({ account, name: nameOf(account) }))
  return {
    confirmation: removingInstances(app, named, context),
    context,
    async run() {
      const { texts, to } = context
      const withdraw = ({ account }: { account: string }) => installs.withdraw({ app: app.key, account })
      const list = (said: AddressParts = {}) => to('instances', { key: app.key, ...said })
      return eachOf(named, withdraw, {
        context,
        tab: 'apps',
        title: texts.removeSelected,
        done: texts.removed,
        back: list(),
        redirect: list({ said: 'instances-removed', count: String(held.length) }),
      })
    },
  }
})
