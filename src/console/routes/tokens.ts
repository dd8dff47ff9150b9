import type { Call, ConsoleRoute, Reply } from '../call.ts'
import type { Form } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { tokensPage } from '../pages/tokens.ts'
import { filtersIn, showApps } from './apps.ts'
import { type Notice, saidIn, withNotice } from './notice.ts'
import { readTokens } from './read-tokens.ts'

export const tokensRoute: ConsoleRoute = {
  get: (call) => showTokens(call),
  post: removeTokens,
}

async function showTokens(call: Call, notice?: Notice): Promise<Reply> {
  const { match, query, account } = call
  if (account === undefined) return { failure: 'notFound' }
  const key = match.parts.key ?? ''
  const view = await readTokens(call, { app: key, account, cursor: query.get('cursor') })
  const message = notice?.message ?? view.message ?? (await saidIn(call, [view.app]))
  const { context, nameOf } = await call.named(account)
  const { texts, to, actsFor } = context
  const isManaged = query.get('from') === 'managed'
  const back = isManaged
    ? { to: to('managed', { for: actsFor?.account }), text: texts.managed, from: 'managed' }
    : { to: to('apps', { for: actsFor?.account }), text: texts.apps }
  const content = tokensPage({ ...view, account: nameOf(account), message, back }, context)
  const tab = isManaged ? 'managed' : 'apps'
  return withNotice({ ...content, tab }, notice, context)
}

/** The checkbox in the header means all there are, those on other pages too. */
async function removeTokens(call: Call, form: Form): Promise<Reply> {
  const { match, query, account, context } = call
  if (account === undefined) return { failure: 'notFound' }
  const { tokens } = call.over(account)
  const of = { app: match.parts.key ?? '', account }
  const ids = [...new Set(form.getAll('token'))]
  const isAll = form.get('all') === 'all'
  const isOverList = query.get('from') === 'apps'
  if (!isAll && ids.length === 0) {
    const notice = { message: warning(context.texts.selectAnyToken), status: 422 }
    return isOverList ? showApps(call, { notice, tokensOf: of.app }) : showTokens(call, notice)
  }
  await (isAll ? tokens.removeAll(of) : tokens.remove({ ...of, ids }))
  const said = isAll ? { said: 'all-tokens-removed' } : { said: 'tokens-removed', count: String(ids.length) }
  const whose = { for: query.get('for') ?? '', cursor: query.get('cursor') ?? '', ...said }
  if (isOverList) return { redirect: context.to('apps', { ...whose, ...filtersIn(query), tokens: of.app }) }
  return { redirect: context.to('tokens', { ...whose, key: of.app, from: query.get('from') ?? '' }) }
}
