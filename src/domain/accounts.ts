import { createDeadline } from '../base/deadline.ts'
import { AppGrantError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { LiveApp } from '../records/app.ts'

/** What a permission is asked about: the part of an app that does not change what it is called. */
export interface AppIdentity {
  readonly key: string
  readonly owner: string
  readonly trusted: boolean
  readonly api?: string
}

/** An account as the host knows it. What is said of an account holds for all below it too (ACC-2). */
export interface AccountState {
  readonly id: string
  /** False: the account is blocked, and everything it holds is unusable. */
  readonly active: boolean
  /** Whether apps may act for it: of all apps, or of each. */
  readonly mayUseApps: boolean | ((app: AppIdentity) => boolean)
  /** Whether it may register apps, or the API types it may register apps for. */
  readonly mayRegisterApps: boolean | readonly string[]
  /** Whether it may make an app trusted. */
  readonly mayTrustApps: boolean
  /** Of the account itself: only accounts of the same tenant may authorise its apps, unless these are published (ACC-6). */
  readonly tenant?: string
  /** Of the account itself: when it changes, everything that was granted under another value is void (ACC-7). */
  readonly epoch?: string
}

/** What the host tells of its accounts. It is asked at use; nothing of the answer is stored. */
export interface AccountDirectory {
  /** The account, then its ancestors, nearest first; empty: no such account. A rejection is an outage, never a "no". */
  lineage(account: string): Promise<readonly AccountState[]>
}

/** An account, then its ancestors; empty where there is no such account. */
export type Lineage = readonly AccountState[]

/** Asks the directory, with a deadline. */
export interface Accounts {
  /** False where the host has no directory: then every account is on its own, active and permitted. */
  readonly hasDirectory: boolean
  lineage(account: string): Promise<Lineage>
  /** Why the app may not act for the account now, if it may not: it is gone or blocked, or it may not use this app. */
  useRefusal(lineage: Lineage, app: LiveApp): UseRefusal | undefined
}

/** Why an app may not act for an account. */
export type UseRefusal = 'account_blocked' | 'not_permitted'

const ALONE: Accounts = {
  hasDirectory: false,
  lineage: async (id) => [{ id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }],
  useRefusal: () => undefined,
}

export function createAccounts(
  directory: AccountDirectory | undefined,
  { timeoutMs, events }: { readonly timeoutMs: number; readonly events: Emitter },
): Accounts {
  if (!directory) return ALONE
  const withinDeadline = createDeadline(timeoutMs)
  const outage = (operation: string, cause: unknown) => {
    const code = 'directory_unavailable'
    events.emit('outage', {}, { code, operation, cause })
    return new AppGrantError(
      code,
      {},
      {
        message: 'the service is temporarily unavailable',
        hint: 'The account directory did not answer as it should; nothing was decided. See the cause.',
        cause,
      },
    )
  }
  const asked = async (account: string) => {
    const lineage = await directory.lineage(account)
    if (!isLineage(lineage, account)) throw new TypeError('lineage must answer with the account, then its ancestors')
    return lineage
  }
  return {
    hasDirectory: true,
    lineage: (account) =>
      withinDeadline(
        () => asked(account),
        (cause) => outage('lineage', cause),
      ),
    useRefusal(lineage, app) {
      if (!isActive(lineage)) return 'account_blocked'
      const identity = identityOf(app)
      const permits = ({ mayUseApps: may }: AccountState) => (typeof may === 'function' ? may(identity) : may) === true
      try {
        return lineage.every(permits) ? undefined : 'not_permitted'
      } catch (cause) {
        throw outage('mayUseApps', cause)
      }
    },
  }
}

function identityOf({ key, owner, trusted, fields: { api } }: LiveApp): AppIdentity {
  return { key, owner, trusted, ...(api !== undefined && { api }) }
}

function isLineage(lineage: unknown, account: string): lineage is Lineage {
  if (!Array.isArray(lineage)) return false
  const areStates = lineage.every(
    (state: Partial<AccountState> | null) => typeof state?.id === 'string' && typeof state.active === 'boolean',
  )
  return areStates && (lineage.length === 0 || lineage[0].id === account)
}

/** Whether the account exists, and neither it nor any above it is blocked. */
export function isActive(lineage: Lineage): boolean {
  return lineage.length > 0 && lineage.every((state) => state.active)
}

/** Whether the first of the lineage may register an app of that API type, by itself and everybody above. */
export function mayRegister(lineage: Lineage, api: string | undefined): boolean {
  return lineage.every(({ mayRegisterApps: may }) =>
    Array.isArray(may) ? api !== undefined && may.includes(api) : may === true,
  )
}

/** Whether the first of the lineage may make apps trusted. */
export function mayTrust(lineage: Lineage): boolean {
  return lineage.every(({ mayTrustApps }) => mayTrustApps === true)
}

/** The error for an account that may not do, or use, something. */
export function accountError(refusal: UseRefusal, hint: string): AppGrantError {
  const message = refusal === 'account_blocked' ? 'the account is blocked' : 'the account is not permitted to do this'
  return new AppGrantError(refusal, {}, { message, hint })
}
