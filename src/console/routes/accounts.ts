import { describeValue } from '../../base/describe-value.ts'
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
      const accounts = checkAccounts(await below(account, search))
      return { page: accountsPage({ search, accounts }, context), context }
    },
  }
}

type Accounts = Awaited<ReturnType<NonNullable<AccountBook['below']>>>

/** @throws TypeError that names what the host has returned wrongly. */
function checkAccounts(accounts: unknown): Accounts {
  if (!Array.isArray(accounts))
    throw new TypeError(`accounts.below: expected an array of { id, name }, received ${describeValue(accounts)}`)
  for (const [at, one] of accounts.entries())
    for (const name of ['id', 'name'])
      if (typeof one?.[name] !== 'string')
        throw new TypeError(
          `accounts.below: [${at}].${name}: expected a string, received ${describeValue(one?.[name])}`,
        )
  return accounts
}
