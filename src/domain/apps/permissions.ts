import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { isActive, type Lineage, mayTrust } from '../accounts/accounts.ts'
import { accountInput, objectInput } from '../input/input.ts'
import { appNotFound } from './app-errors.ts'
import type { VisibleApps } from './visible-apps.ts'

/** What an authority may do now, according to the directory. */
export interface Permissions {
  /** False if no app may act for the account; true also if the directory decides it for each app. */
  readonly useApps: boolean
  /** Whether apps can be registered. A list if only apps of these API types can; it is never empty. */
  readonly registerApps: boolean | readonly string[]
  /** Whether apps can be made trusted. */
  readonly trustApps: boolean
}

/**
 * Returns what the caller may do now, so that a page can offer only that. Nothing needs it: every method checks permissions itself.
 *
 * @param options - `owner`: the account for which the caller would act. `registerApps` and `trustApps` are still permissions of the
 *   caller; `useApps` is that of the owner, and if it is blocked, `useApps` and `registerApps` are false. Default is the acting
 *   account; the host may do everything.
 * @throws {@link AppGrantError} `account_blocked` if the acting account is blocked; `app_not_found` if the caller may not see the
 *   owner's apps; `directory_unavailable`.
 */
export type ReadPermissions = (options?: { readonly owner?: string | undefined }) => Promise<Permissions>

const OPTIONS = knownMembers<NonNullable<Parameters<ReadPermissions>[0]>>({ owner: true }, { account: 'owner' })
const ALL: Permissions = Object.freeze({ useApps: true, registerApps: true, trustApps: true })

export function createReadPermissions({ visibleApps }: { readonly visibleApps: VisibleApps }, actor: Actor) {
  const permissions: ReadPermissions = async (options = {}) => {
    const { owner = actor.account } = objectInput(options, 'options', OPTIONS)
    if (owner === undefined) return ALL
    const authority = await visibleApps.reach(actor, accountInput(owner, 'owner'))
    if (!authority) throw appNotFound()
    const lineage = await authority.lineage()
    const isUsable = isActive(lineage)
    return {
      useApps: isUsable && lineage.every(({ mayUseApps }) => mayUseApps !== false),
      registerApps: isUsable && typesToRegister(authority.actorLineage),
      trustApps: mayTrust(authority.actorLineage),
    }
  }
  return { permissions }
}

/** The API types that the account and all of its ancestors allow; true if all do. */
function typesToRegister(lineage: Lineage): boolean | readonly string[] {
  let allowed: true | readonly string[] = true
  for (const { mayRegisterApps: may } of lineage) {
    if (may === true) continue
    const types = new Set(may === false ? [] : may)
    allowed = allowed === true ? [...types] : allowed.filter((type) => types.has(type))
  }
  return allowed !== true && allowed.length === 0 ? false : allowed
}
