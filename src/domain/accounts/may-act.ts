import { AppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Accounts, accountError, type Lineage, type UseRefusal } from './accounts.ts'

/** Why an app may not act for an account. */
export interface ActRefusal {
  readonly code: UseRefusal
  /** Whether it is about the app or its owner, and not about the account alone. */
  readonly ofApp: boolean
  readonly hint: string
}

/** Whether an app may act for an account now, according to the directory. */
export type MayAct =
  | { readonly refusal: ActRefusal; readonly epoch?: undefined }
  | { readonly refusal?: undefined; readonly epoch: string | undefined }

/** The app belongs to another holder of the owner's account id (ACC-7). */
export const OWNER_REPLACED: ActRefusal = {
  code: 'account_blocked',
  ofApp: true,
  hint: "The owner's epoch is not the one the app was given under: regenerate its secret or replace its keys from above, or remove it.",
}
const OTHER_TENANT: ActRefusal = {
  code: 'not_permitted',
  ofApp: true,
  hint: 'The app is not published, and the directory names another tenant for the account than for the owner of the app.',
}
const WITHOUT_DIRECTORY: MayAct = Object.freeze({ epoch: undefined })

/**
 * Asks the directory whether an app may act for an account. An app whose owner is blocked or was replaced is as good as suspended.
 * The account must belong to the owner's tenant unless the app is published, be active, and be allowed to use the app (ACC-2,
 * ACC-3, ACC-6, ACC-7).
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
  const refusal = ownerRefusal(app, owner, accounts) ?? (holder && holderRefusal(app, { owner, holder }, accounts))
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
  if (refusal) throw accountError(refusal.code, refusal.hint)
  return epoch
}

export function assertNotSuspended(app: LiveApp): void {
  if (!app.suspended) return
  throw new AppGrantError('app_suspended', {
    message: 'the app is suspended',
    hint: 'After apps.resume, the app and its unexpired tokens work again.',
  })
}

function ownerRefusal(app: LiveApp, owner: Lineage, accounts: Accounts): ActRefusal | undefined {
  const code = accounts.useRefusal(owner, app)
  if (code)
    return {
      code,
      ofApp: true,
      hint: 'The directory does not allow this for the owner of the app: check active and mayUseApps of it and of those above.',
    }
  return owner[0]?.epoch === app.epoch ? undefined : OWNER_REPLACED
}

function holderRefusal(
  app: LiveApp,
  { owner, holder }: { readonly owner: Lineage; readonly holder: Lineage },
  accounts: Accounts,
): ActRefusal | undefined {
  if (!app.published && holder[0]?.tenant !== owner[0]?.tenant) return OTHER_TENANT
  const code = accounts.useRefusal(holder, app)
  return (
    code && {
      code,
      ofApp: false,
      hint: 'The directory does not allow this for the account: check active and mayUseApps of it and of those above.',
    }
  )
}
