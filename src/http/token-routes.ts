import type { AppAndAccount } from '../domain/token-store.ts'
import type { ApiRoute } from './account-api.ts'
import { pageOf } from './paging.ts'

/** The access tokens of (app, account): of the signed-in account, or of one below it that the request names (LST-3). */
export const tokenRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/tokens',
    summary: 'The live tokens of `app` for the account, or for `account` below it, first to expire first.',
    query: ['app', 'account', 'cursor', 'limit'],
    status: 200,
    result: 'TokenPage',
    async act({ account, rights, query }) {
      const { items, nextCursor } = await rights.tokens.list({ ...holder(query, account), ...pageOf(query) })
      return { items, nextCursor }
    },
  },
  {
    method: 'POST',
    path: '/tokens/remove',
    summary: 'Kills the tokens of these ids; an id that is none of theirs is passed over.',
    body: 'TokenIds',
    status: 204,
    // Whatever is no list of ids is refused there.
    act: ({ account, rights, body }) =>
      rights.tokens.remove({ ...holder(body, account), ids: body.ids as readonly string[] }),
  },
  {
    method: 'POST',
    path: '/tokens/remove-all',
    summary: 'Kills all tokens there are, in one act; those made afterwards are untouched.',
    body: 'TokenHolder',
    status: 204,
    act: ({ account, rights, body }) => rights.tokens.removeAll(holder(body, account)),
  },
]

/** Whose tokens the request names. Of what type its values are is judged by the core. */
function holder(named: Readonly<Record<string, unknown>>, account: string): AppAndAccount {
  return { app: named.app, account: named.account ?? account } as AppAndAccount
}
