import { AppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Accounts, accountError, type Lineage, type UseRefusal } from './accounts.ts'

/** Whether an app may act for an account now, according to the directory. */
export type MayAct =
  | { readonly refusal: UseRefusal; readonly epoch?: undefined }
  | { readonly refusal?: undefined; readonly epoch: string | undefined }

const WITHOUT_DIRECTORY: MayAct = Object.freeze({ epoch: undefined })

/**
 * Asks the directory whether an app may act for an account. An app whose owner is blocked is treated as suspended. The account
 * must be active, be allowed to use the app, and belong to the owner's tenant unless the app is published (ACC-2, ACC-3,
 * ACC-6).
 *
 * @returns the account's current epoch, or why the app may not act.
 */
export function mayAct(app: LiveApp, account: string, accounts: Accounts): MayAct | Promise<MayAct> {
  return accounts.hasDirectory ? askDirectory(app, account, accounts) : WITHOUT_DIRECTORY
}

async function askDirectory(app: LiveApp, account: string, accounts: Accounts): Promise<MayAct> {
  const asked = accounts.lineage(app.owner)
  const [holder] = account === app.owner ? [] : await Promise.all([accounts.lineage(account), asked])
  const owner = await asked
  const refusal = accounts.useRefusal(owner, app) ?? (holder && refusalOf(app, owner, holder, accounts))
  return refusal ? { refusal } : { epoch: (holder ?? owner)[0]?.epoch }
}

/**
 * Rejects an authenticated app that may not act now. Its credentials must stay valid, because each of these reasons can be
 * undone.
 *
 * @returns the current epoch of the account.
 * @throws {@link AppGrantError} `app_suspended`, `account_blocked`, `not_permitted`
 */
export async function assertMayAct(app: LiveApp, account: string, accounts: Accounts): Promise<string | undefined> {
  assertNotSuspended(app)
  const { refusal, epoch } = await mayAct(app, account, accounts)
  if (refusal)
    throw accountError(
      refusal,
      'The directory does not allow this for the account or the owner of the app: check active, mayUseApps and tenant.',
    )
  return epoch
}

export function assertNotSuspended(app: LiveApp): void {
  if (!app.suspended) return
  throw new AppGrantError('app_suspended', {
    message: 'the app is suspended',
    hint: 'After apps.resume, the app and its unexpired tokens work again.',
  })
}

function refusalOf(app: LiveApp, owner: Lineage, holder: Lineage, accounts: Accounts): UseRefusal | undefined {
  const isForeign = holder[0]?.tenant !== owner[0]?.tenant
  return accounts.useRefusal(holder, app) ?? (isForeign && !app.published ? 'not_permitted' : undefined)
}
