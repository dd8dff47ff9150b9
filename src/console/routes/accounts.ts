import type { ConsoleRoute } from '../call.ts'
import type { AccountBook } from '../options.ts'
import { accountsPage } from '../pages/accounts.ts'

const MAX_SEARCH = 100

/** The accounts below that of the viewer, to act for. */
export function accountsRoute(below: NonNullable<AccountBook['below']>): ConsoleRoute {
  return {
    async get({ context, query, over }) {
      const { account } = context.viewer
      if (account === undefined) return { failure: 'notFound' }
      // One that is blocked sees no lists.
      await over(account).permissions()
      const search = (query.get('name') ?? '').slice(0, MAX_SEARCH)
      const accounts = await below(account, search)
      return { page: accountsPage({ search, accounts }, context), context }
    },
  }
}
