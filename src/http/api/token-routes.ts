import type { AppAndAccount } from '../../domain/input/app-and-account.ts'
import type { ApiRoute } from './api-route.ts'
import { pageOf } from './paging.ts'

/** Routes for the access tokens of an app and the signed-in account, or an account below it (LST-3). */
export const tokenRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/tokens',
    summary: 'Lists the live tokens of `app` for the account, or for `account` below it, first to expire first.',
    query: ['app', 'account', 'cursor', 'limit'],
    status: 200,
    result: 'TokenPage',
    async run({ account, management, query }) {
      const { items, nextCursor } = await management.tokens.list({ ...holder(query, account), ...pageOf(query) })
      return { items, nextCursor }
    },
  },
  {
    method: 'POST',
    path: '/tokens/remove',
    summary: 'Revokes the tokens with these ids. Ids of no such token are ignored.',
    body: 'TokenIds',
    status: 204,
    // `remove` validates the ids.
    run: ({ account, management, body }) =>
      management.tokens.remove({ ...holder(body, account), ids: body.ids as readonly string[] }),
  },
  {
    method: 'POST',
    path: '/tokens/remove-all',
    summary: 'Revokes all existing tokens in one atomic operation. Tokens issued afterwards are not affected.',
    body: 'TokenHolder',
    status: 204,
    run: ({ account, management, body }) => management.tokens.removeAll(holder(body, account)),
  },
]

/** The app and account in the request, unvalidated: the core checks their types. */
function holder(named: Readonly<Record<string, unknown>>, account: string): AppAndAccount {
  const { app, account: holding = account } = named
  return { app, account: holding } as AppAndAccount
}
