import { AppGrantError, invalidOption } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { createKey } from '../../credentials/app-key.ts'
import type { RandomText } from '../../credentials/random.ts'
import { appKind, appsOfClient, type CheckedFields, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import { type Accounts, type Lineage, mayRegisterScope } from '../accounts/accounts.ts'
import { assertNotSuspended } from '../accounts/may-act.ts'
import { assertMayRegister } from '../apps/assert-may-register.ts'
import { assertRoom } from '../apps/assert-room.ts'
import { newApp } from '../apps/new-app.ts'
import type { AskedAccount } from '../input/input.ts'
import { receiverOf } from '../input/redirect-policy.ts'
import { because } from '../refusals.ts'
import { createFollowDocument, type DescribedBefore, describedFields } from './follow-document.ts'
import type { Proposal } from './proposal.ts'
import type { SelfRegistrationPolicy } from './self-registration-options.ts'

/** The app of an account. */
export interface ClientApp {
  readonly app: LiveApp
  /** Whether nothing of it is stored. */
  readonly isNew: boolean
  /** What the app was until this request, if its document says something else since. */
  readonly before?: DescribedBefore
}

/** The apps that accounts have of programs that registered themselves. */
export interface ClientApps {
  /**
   * The account's app of that client, or else a new one that is not stored. Nothing is written, unless the document of the client says
   * something else than when the account approved it: its app follows it.
   *
   * @param redirectUrl - of the request, one of the proposal's.
   * @param accounts - the directory, for this one decision.
   * @throws {@link AppGrantError} for a new app `account_blocked`, `not_permitted` and `app_limit_reached`.
   */
  appFor(
    proposal: Proposal,
    by: AskedAccount & { readonly redirectUrl: string },
    accounts: Accounts,
  ): Promise<ClientApp>
  /**
   * Whether an app that was approved may still be registered. If the program was approved several times at once, the account may have
   * suspended another app of it since.
   *
   * @throws {@link AppGrantError} `account_blocked`, `not_permitted`, `app_suspended`
   */
  assertMayRegister(app: LiveApp, accounts: Accounts): Promise<void>
}

export function createClientApps(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly random: RandomText
  readonly stamp: () => string
  readonly clock: () => number
  readonly appsPerOwner: number
  readonly events: Emitter
  readonly selfRegistration: SelfRegistrationPolicy | undefined
}): ClientApps {
  const { collection, pages, random, clock, selfRegistration: policy } = parts
  const followDocument = createFollowDocument(parts)

  return {
    async appFor(proposal, { redirectUrl, ...by }, accounts) {
      const { account } = by
      const [lineage, apps] = await Promise.all([accounts.lineage(account), appsOf(account, proposal)])
      assertAdmitted(proposal, by)
      const epoch = lineage[0]?.epoch
      const current = apps.filter((app) => app.epoch === epoch)
      // If it was approved several times at once, suspending one of them is enough to keep the program out.
      for (const app of [...current.filter(({ suspended }) => suspended), ...current]) {
        const followed = await followDocument(app, proposal, by)
        if (followed) return { ...followed, isNew: false }
      }
      assertMayRegister(lineage, undefined)
      await assertRoom(account, parts)
      const { publisher, hosts, identity } = proposal
      const host = publisher ?? receiverOf(redirectUrl).hostname
      const origin = { by: 'itself', host, hosts, ...(publisher !== undefined && { publisher }), identity } as const
      const checked = { fields: fieldsOf(proposal, lineage), trusted: false }
      const given = { key: createKey(account, random), owner: account, epoch, createdAt: clock(), checked, origin }
      return { app: newApp(parts, { ...given, credentials: { type: 'none' } }), isNew: true }
    },
    async assertMayRegister({ owner, epoch, origin: { identity } = {} }, accounts) {
      const [lineage, apps] = await Promise.all([
        accounts.lineage(owner),
        identity === undefined ? [] : appsOf(owner, { identity }),
      ])
      assertMayRegister(lineage, undefined)
      for (const app of apps) if (app.epoch === epoch) assertNotSuspended(app)
    },
  }

  /** One, or a few if it was approved several times at once. */
  async function appsOf(owner: string, { identity }: Pick<Proposal, 'identity'>): Promise<readonly LiveApp[]> {
    for await (const records of pages.walk(appsOfClient({ owner, identity }), { position: 0, id: '' }))
      return records.map((record) => collection.unpack(appKind, record)).filter((app) => app.state === 'live')
    return []
  }

  function fieldsOf(proposal: Proposal, lineage: Lineage): CheckedFields {
    const scopes = policy?.scopes.filter((scope) => mayRegisterScope(lineage, scope)) ?? []
    return { ...describedFields(proposal), scopes }
  }

  function assertAdmitted(proposal: Proposal, by: AskedAccount): void {
    const isAdmitted: unknown = policy?.admit(proposal, by) ?? false
    if (typeof isAdmitted !== 'boolean')
      throw invalidOption(
        'createAppGrant',
        'selfRegistration.admit',
        'a function that returns true or false',
        isAdmitted,
      )
    if (isAdmitted) return
    const hint = 'The option selfRegistration.admit of createAppGrant does not let this program in.'
    throw because(
      new AppGrantError('not_permitted', { message: 'this platform does not let this app in', hint }),
      'not_admitted',
    )
  }
}
