import { AppGrantError } from '../base/errors.ts'
import type { LiveApp } from '../records/app.ts'
import { type Accounts, accountError, type Lineage } from './accounts.ts'

/**
 * Refuses an app that has proven who it is but may get nothing now: nothing is spent, for all of this can be undone.
 *
 * @returns the lineage of its owner.
 * @throws `app_suspended`, `account_blocked`, `not_permitted`
 */
export async function assertUsable(app: LiveApp, accounts: Accounts): Promise<Lineage> {
  if (app.suspended) {
    throw new AppGrantError(
      'app_suspended',
      {},
      {
        message: 'the app is suspended',
        hint: 'It works again, with the tokens it has, after apps.resume.',
      },
    )
  }
  const owner = await accounts.lineage(app.owner)
  const refusal = accounts.useRefusal(owner, app)
  if (refusal)
    throw accountError(
      refusal,
      'The directory refuses the owner of the app, or an account above it: see active and mayUseApps.',
    )
  return owner
}
