import type { ApiRoute } from './api-route.ts'
import { appsIn, MAX_SELECTED, resultOf } from './bulk.ts'
import { pageOf } from './paging.ts'

/** Routes for the apps that the signed-in account, or an account below it, has authorized (LST-2). */
export const installRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/installs',
    summary:
      'Lists the apps that the account, or `account` below it, has authorized, first to expire first. `name` searches by name.',
    query: ['account', 'name', 'cursor', 'limit'],
    status: 200,
    result: 'InstallPage',
    async run({ account, management, query }) {
      const of = { account: query.account ?? account, name: query.name, ...pageOf(query) }
      const { items, nextCursor } = await management.installs.list(of)
      return { items, nextCursor }
    },
  },
  {
    method: 'POST',
    path: '/installs/withdraw',
    summary: `Withdraws up to ${MAX_SELECTED} apps from the account independently, revoking everything they hold for it, and reports the outcome of each.`,
    body: 'WithdrawRequest',
    status: 200,
    result: 'Withdrawals',
    async run({ account, management, body }) {
      // The core validates its type.
      const { account: holder = account } = body as { readonly account?: string }
      const results = appsIn(body).map((app) =>
        resultOf({ app, withdrawn: false }, async () => ({
          app,
          withdrawn: await management.installs.withdraw({ app, account: holder }),
        })),
      )
      return { results: await Promise.all(results) }
    },
  },
]
