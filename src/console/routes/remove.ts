import { fewAtOnce } from '../../base/few-at-once.ts'
import type { AddressParts } from '../addresses.ts'
import type { Call, ConsoleRoute, Named, Reply } from '../call.ts'
import type { Context } from '../context.ts'
import { selection } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { confirmPage } from '../pages/confirm.ts'
import { removingApps } from '../pages/list-confirmations.ts'
import { showAll } from './all.ts'
import { appOf, type ReadApp } from './app-readings.ts'
import { showApps } from './apps.ts'
import { confirming } from './confirming.ts'
import { eachOf } from './each-of.ts'

const AT_ONCE = 10

/** Asks about one app. Its form is sent to where several are removed. */
export const removeRoute: ConsoleRoute = {
  danger: 'remove',
  async get(call) {
    const app = await appOf(call)
    const { context } = await call.named(app.owner)
    return { page: confirmPage(removingApps([app], 'app', context), {}, context), context }
  },
}

/** Removes the selected apps. One refusal does not undo the rest. */
export const removeAppsRoute: ConsoleRoute = confirming(
  async (call, input, form) => {
    const keys = selection(input, 'app')
    if (!keys) return { failure: 'invalidRequest' }
    const from = sourceIn(call, input)
    if (keys.length === 0) return nothingSelected(call, from)
    const { apps } = call.over(undefined)
    const found = await fewAtOnce(keys, (key) => apps.get(key, { counts: true }), AT_ONCE)
    const all = found.filter((app) => app !== undefined)
    const [first] = all
    if (!first && !form) return { failure: 'notFound' }
    if (!first) {
      // The form was sent before, and it may not be certain that this was done, which only a write settles (REV-7).
      await fewAtOnce(keys, (key) => apps.remove(key), AT_ONCE)
      return { redirect: listOf(from, call.context, call.query.get('for') ?? '')({ said: 'nothing-left' }) }
    }
    const named = await call.named(from === 'all' ? undefined : first.owner)
    const { context } = named
    return {
      confirmation: removingApps(all, from, context),
      context,
      run: () => removeAll(call, all, { from, named }),
    }
  },
  { danger: 'remove' },
)

type Source = 'app' | 'apps' | 'all'

function sourceIn({ context }: Call, input: URLSearchParams): Source {
  const from = input.get('from')
  if (from === 'all') return context.viewer.operator === true ? 'all' : 'apps'
  return from === 'app' ? 'app' : 'apps'
}

function nothingSelected(call: Call, from: Source): Promise<Reply> {
  const notice = { message: warning(call.context.texts.selectApp), status: 422 }
  return from === 'all' ? showAll(call, notice) : showApps(call, { notice })
}

/** The list that the apps were on. */
function listOf(from: Source, { to, actsFor }: Context, account = actsFor?.account) {
  return (said: AddressParts = {}) => (from === 'all' ? to('all', said) : to('apps', { for: account, ...said }))
}

async function removeAll(
  call: Call,
  all: readonly ReadApp[],
  { from, named: { context } }: { readonly from: Source; readonly named: Named },
): Promise<Reply> {
  const { texts } = context
  const remove = ({ key, owner }: ReadApp) => call.over(from === 'all' ? undefined : owner).apps.remove(key)
  const list = listOf(from, context)
  return eachOf(all, remove, {
    context,
    tab: from === 'all' ? 'all' : 'apps',
    title: texts.removeSelected,
    done: texts.removed,
    back: list(),
    redirect: list({ said: 'apps-removed', count: String(all.length) }),
  })
}
