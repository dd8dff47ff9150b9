import { accountError, isActive, type Lineage, mayRegister } from '../accounts/accounts.ts'
import { mayNotRegister } from './app-errors.ts'

/**
 * Rejects an account that may not register an app of that API type for itself.
 *
 * @param lineage - of the account.
 * @throws {@link AppGrantError} `account_blocked`, `not_permitted`
 */
export function assertMayRegister(lineage: Lineage, apiType: string | undefined): void {
  if (!isActive(lineage))
    throw accountError('account_blocked', 'The account or one above it is blocked or unknown to the directory.')
  if (!mayRegister(lineage, apiType)) throw mayNotRegister()
}
