import { appNotFound } from '../../domain/apps/app-errors.ts'
import type { Call } from '../call.ts'
import type { TokensView } from '../pages/tokens.ts'
import { ifKnown } from './app-readings.ts'
import { readPage } from './read-page.ts'

/** The tokens that an app has for an account, without what depends on where they are shown. */
export async function readTokens(
  call: Call,
  { app, account, cursor }: { readonly app: string; readonly account: string; readonly cursor: string | null },
): Promise<Omit<TokensView, 'account' | 'back'>> {
  const { tokens } = call.over(account)
  const of = { app, account }
  const { items, list, changed } = await readPage({ cursor, search: '', context: call.context }, (page) =>
    tokens.list({ ...of, ...page }),
  )
  const isAll = list.isFirst && list.next === undefined
  return {
    app: await namedApp(call, of),
    rows: items,
    total: isAll ? items.length : await ifKnown(tokens.count(of)),
    list,
    message: changed,
  }
}

/** An app that an account has authorized is not the account's own, and only its name is for the viewer. */
async function namedApp(call: Call, of: { readonly app: string; readonly account: string }) {
  const { installs, apps } = call.over(of.account)
  return (await installs.get(of))?.app ?? (await apps.get(of.app)) ?? Promise.reject(appNotFound())
}
