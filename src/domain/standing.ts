import { AppGrantError } from '../base/errors.ts'
import type { LiveApp } from '../records/app.ts'
import { type Accounts, accountError, type Lineage, type UseRefusal } from './accounts.ts'

/** Whether an app may act for an account now, by what the host says of both. */
export type Standing =
  | { readonly refusal: UseRefusal; readonly epoch?: undefined }
  | { readonly refusal?: undefined; readonly epoch: string | undefined }

const UNASKED: Standing = Object.freeze({ epoch: undefined })

/**
 * An app whose owner is blocked is as good as suspended; the account itself must be in good standing, be allowed to use the
 * app, and be of the owner's tenant unless the app is published (ACC-2, ACC-3, ACC-6).
 *
 * @returns the account's present epoch, or why not.
 */
export function standingOf(app: LiveApp, account: string, accounts: Accounts): Standing | Promise<Standing> {
  return accounts.hasDirectory ? askedStanding(app, account, accounts) : UNASKED
}

async function askedStanding(app: LiveApp, account: string, accounts: Accounts): Promise<Standing> {
  const asked = accounts.lineage(app.owner)
  const [holder] = account === app.owner ? [] : await Promise.all([accounts.lineage(account), asked])
  const owner = await asked
  const refusal = accounts.useRefusal(owner, app) ?? (holder && refusalOf(app, owner, holder, accounts))
  return refusal ? { refusal } : { epoch: (holder ?? owner)[0]?.epoch }
}

/**
 * Refuses an app that has proven who it is but may get nothing now: nothing is spent, for all of this can be undone.
 *
 * @returns the present epoch of the account it would act for.
 * @throws `app_suspended`, `account_blocked`, `not_permitted`
 */
export async function assertUsable(app: LiveApp, account: string, accounts: Accounts): Promise<string | undefined> {
  assertNotSuspended(app)
  const { refusal, epoch } = await standingOf(app, account, accounts)
  if (refusal)
    throw accountError(
      refusal,
      'The directory refuses the account or the owner of the app: see active, mayUseApps and tenant.',
    )
  return epoch
}

export function assertNotSuspended(app: LiveApp): void {
  if (!app.suspended) return
  throw new AppGrantError(
    'app_suspended',
    {},
    {
      message: 'the app is suspended',
      hint: 'It works again, with the tokens it has, after apps.resume.',
    },
  )
}

function refusalOf(app: LiveApp, owner: Lineage, holder: Lineage, accounts: Accounts): UseRefusal | undefined {
  const isForeign = holder[0]?.tenant !== owner[0]?.tenant
  return accounts.useRefusal(holder, app) ?? (isForeign && !app.published ? 'not_permitted' : undefined)
}
