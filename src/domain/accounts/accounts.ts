import { createDeadline } from '../../base/deadline.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import type { AppOrigin, LiveApp } from '../../records/app.ts'
import { decisionOf, lineageFault } from './lineage-fault.ts'
import type { Scopes } from './scopes.ts'

/** The part of an app that permission checks may depend on. */
export interface AppIdentity {
  readonly key: string
  readonly owner: string
  readonly trusted: boolean
  readonly apiType?: string
  /** The scopes that it registered and that are in the scope catalogue. */
  readonly scopes: readonly string[]
  /** Where the app comes from, if it has registered itself: `origin.hosts` says where it gets its responses. */
  readonly origin?: AppOrigin
}

/** An account as the host knows it. Accounts below it are blocked with it, and have no permission that it lacks (ACC-2). */
export interface AccountState {
  readonly id: string
  /** False if the account is blocked: everything it holds is then unusable. */
  readonly active: boolean
  /** Whether apps may act for the account: a decision for all apps, or one per app, made at once: a promise is an outage. */
  readonly mayUseApps: boolean | ((app: AppIdentity) => boolean)
  /** Whether the account may register apps. A list allows only apps of these API types. */
  readonly mayRegisterApps: boolean | readonly string[]
  /**
   * The scopes that apps of the account, and of every account below it, may register. Default is every scope of the catalogue, the
   * option `scopes` of `createAppGrant` (ACC-8).
   */
  readonly mayRegisterScopes?: readonly string[] | undefined
  /** Whether the account may make apps trusted. */
  readonly mayTrustApps: boolean
  /**
   * Only accounts of the same tenant may authorize the account's apps, unless these are published (ACC-6). Not inherited from
   * ancestors.
   */
  readonly tenant?: string | undefined
  /** When it changes, everything granted under another value becomes invalid (ACC-7). Not inherited from ancestors. */
  readonly epoch?: string | undefined
}

/** The host's accounts. The directory is asked at every use, and its results are not stored. */
export interface AccountDirectory {
  /**
   * Returns the account, then its ancestors, nearest first; an empty array if there is no such account. A rejection is an
   * outage, not a denial, and so is a wrong reply. Other members are ignored, except that one with a name like `tenant`, `epoch`
   * or `mayRegisterScopes` is an outage if that member itself does not exist.
   */
  lineage(account: string): Promise<readonly AccountState[]>
}

/** An account, then its ancestors; empty if there is no such account. */
export type Lineage = readonly AccountState[]

/** Calls the directory, with a deadline. */
export interface Accounts {
  /** False if the host has no directory: every account is then independent, active and permitted, but may not trust apps. */
  readonly hasDirectory: boolean
  lineage(account: string): Promise<Lineage>
  /** Why the app may not act for the account now; undefined if it may. */
  useRefusal(lineage: Lineage, app: LiveApp): UseRefusal | undefined
}

/** The account is blocked or does not exist, or it may not use this app. */
export type UseRefusal = 'account_blocked' | 'not_permitted'

const ALONE: Accounts = {
  hasDirectory: false,
  lineage: async (id) => [{ id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: false }],
  useRefusal: () => undefined,
}

export function createAccounts(
  directory: AccountDirectory | undefined,
  parts: {
    readonly timeoutMs: number
    readonly events: Emitter
    readonly identityOf: IdentityOf
  },
): Accounts {
  if (!directory) return ALONE
  const { timeoutMs, events, identityOf } = parts
  const withinDeadline = createDeadline(timeoutMs)
  const outage = (operation: string, cause: unknown) => {
    const code = 'directory_unavailable'
    events.emit('outage', {}, { code, operation, cause })
    return new AppGrantError(code, {
      message: 'the service is temporarily unavailable',
      hint: 'The account directory failed, timed out or returned an invalid value. Nothing was decided. The cause names the account, the member and the value.',
      cause,
    })
  }
  const asked = async (account: string) => {
    let lineage: readonly AccountState[]
    try {
      lineage = await directory.lineage(account)
    } catch (error) {
      throw sanitizeError(error)
    }
    const fault = lineageFault(lineage, account)
    if (fault !== undefined) throw new TypeError(fault)
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
      const permits = ({ id, mayUseApps: may }: AccountState) =>
        typeof may === 'function' ? decisionOf(() => may(identity), id) : may
      try {
        return lineage.every(permits) ? undefined : 'not_permitted'
      } catch (cause) {
        throw outage('mayUseApps', cause)
      }
    },
  }
}

/** The same directory for one decision, which may take several attempts: each account is asked for once (ACC-1). */
export function askingOnce(accounts: Accounts): Accounts {
  const asked = new Map<string, Promise<Lineage>>()
  const lineage = (account: string) => {
    const known = asked.get(account)
    const reply = known ?? accounts.lineage(account)
    if (!known) asked.set(account, reply)
    return reply
  }
  return { ...accounts, lineage }
}

/** Returns what permission checks of the host get to know of an app. */
export type IdentityOf = (app: LiveApp) => AppIdentity

export function createIdentityOf(scopes: Scopes): IdentityOf {
  // Many verifications share one app object.
  const identities = new WeakMap<LiveApp, AppIdentity>()
  return (app) => {
    let identity = identities.get(app)
    if (!identity) {
      const { key, owner, trusted, fields, origin } = app
      const { apiType } = fields
      const held = Object.freeze([...scopes.held(app)])
      // A copy: the record is shared by everything that reads the app.
      const from = origin && Object.freeze({ ...origin, hosts: Object.freeze([...origin.hosts]) })
      const optional = { ...(apiType !== undefined && { apiType }), ...(from && { origin: from }) }
      identity = Object.freeze({ key, owner, trusted, ...optional, scopes: held })
      identities.set(app, identity)
    }
    return identity
  }
}

/** Whether the account exists, and neither it nor any of its ancestors is blocked. */
export function isActive(lineage: Lineage): boolean {
  return lineage.length > 0 && lineage.every((state) => state.active)
}

/** Whether the account and all of its ancestors allow it to register an app of that API type. */
export function mayRegister(lineage: Lineage, apiType: string | undefined): boolean {
  return lineage.every(({ mayRegisterApps: may }) =>
    Array.isArray(may) ? apiType !== undefined && may.includes(apiType) : may === true,
  )
}

/** Whether the account and all of its ancestors allow its apps to register the scope. */
export function mayRegisterScope(lineage: Lineage, scope: string): boolean {
  return lineage.every(({ mayRegisterScopes: may }) => may === undefined || (Array.isArray(may) && may.includes(scope)))
}

/** Whether the account and all of its ancestors allow it to make apps trusted. */
export function mayTrust(lineage: Lineage): boolean {
  return lineage.every(({ mayTrustApps }) => mayTrustApps === true)
}

/** The error for an account that is blocked or lacks a permission. */
export function accountError(refusal: UseRefusal, hint: string): AppGrantError {
  const message = refusal === 'account_blocked' ? 'the account is blocked' : 'the account is not permitted to do this'
  return new AppGrantError(refusal, { message, hint })
}
