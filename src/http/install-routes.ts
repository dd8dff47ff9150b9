import type { ApiRoute } from './account-api.ts'
import { pageOf } from './paging.ts'
import { keysIn, MAX_SELECTED, resultOf } from './selection.ts'

/** The apps that the signed-in account authorises, or one below it that the request names (LST-2). */
export const installRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/installs',
    summary:
      'The apps that the account, or `account` below it, authorises, first to expire first; `name` searches in names.',
    query: ['account', 'name', 'cursor', 'limit'],
    status: 200,
    result: 'InstallPage',
    async act({ account, rights, query }) {
      const search = query.name === undefined ? {} : { name: query.name }
      const of = { account: query.account ?? account, ...search, ...pageOf(query) }
      const { items, nextCursor } = await rights.installs.list(of)
      return { items, nextCursor }
    },
  },
  {
    method: 'POST',
    path: '/installs/withdraw',
    summary: `Withdraws up to ${MAX_SELECTED} apps, each for itself: all they hold for the account dies. The answer tells of each whether it held anything, or why not.`,
    body: 'Withdrawn',
    status: 200,
    result: 'Withdrawals',
    async act({ account, rights, body }) {
      // Of what type the account is is judged by the core.
      const holder = (body.account ?? account) as string
      const results = keysIn(body, 'apps').map((app) =>
        resultOf({ app, withdrawn: false }, async () => ({
          app,
          withdrawn: await rights.installs.withdraw({ app, account: holder }),
        })),
      )
      return { results: await Promise.all(results) }
    },
  },
]
