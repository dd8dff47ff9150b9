import { sameDigest } from '../../credentials/digest.ts'
import type { LiveApp } from '../../records/app.ts'
import { installId } from '../../records/install.ts'
import { CODE, type PendingSession } from '../../records/session.ts'
import { type Accounts, askingOnce } from '../accounts/accounts.ts'
import { assertMayAct } from '../accounts/may-act.ts'
import type { Scopes } from '../accounts/scopes.ts'
import type { AskedAccount } from '../input/input.ts'
import { absoluteEnd, type Lifetimes } from '../input/lifetimes.ts'
import type { ClientApps } from '../registration/client-apps.ts'
import { narrowedScope, scopeTokens } from '../tokens/scope.ts'
import { invalidTicket } from './invalid-ticket.ts'
import type { AskedConsent, DecidedSession, PendingConsents } from './pending-consents.ts'
import type { SaveInstall } from './save-install.ts'

/** What is granted, and by whom. */
export interface Approval {
  readonly app: LiveApp
  readonly actor: AskedAccount
  readonly scope: readonly string[]
  readonly epoch: string | undefined
  /** The stamp that the install must still have. Default is any: there may be no install yet. */
  readonly installStamp?: string | undefined
  /** Until when the credential can be used, in ms since 1970. Default is the lifetime of a code. */
  readonly credentialEndsAt?: number
}

/** Turns approved consent requests into sessions. */
export interface OpenSession {
  /** What the account may approve now. @param requested - the part of the requested scope to grant; default is all of it. */
  approvalOf(asked: AskedConsent, actor: AskedAccount, requested: readonly string[] | undefined): Promise<Approval>
  /**
   * Installs the app for the account, unless it is new, and uses up the consent request: the session is open, and waits for the
   * credential with that digest.
   *
   * @returns false if it was decided meanwhile, or if the install has not the stamp that it must have.
   */
  open(session: PendingSession, digest: string, approval: Approval): Promise<boolean>
  /** Confirms an approval. Rejects with `invalid_ticket` if the account did not approve the same, or the credential was used. */
  repeat(session: DecidedSession, digest: string, scope: readonly string[]): Promise<void>
}

export function createOpenSession(parts: {
  readonly pending: PendingConsents
  readonly accounts: Accounts
  readonly clientApps: ClientApps
  readonly scopes: Scopes
  readonly saveInstall: SaveInstall
  readonly stamp: () => string
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}): OpenSession {
  const { pending, accounts, clientApps, scopes, saveInstall, stamp, clock, lifetimes } = parts

  return {
    async approvalOf({ session, app, consentRequest }, actor, requested) {
      const asked = askingOnce(accounts)
      const epoch = await assertMayAct(app, actor.account, asked)
      if (session.newApp) await clientApps.assertMayRegister(app, asked)
      const scope = narrowedScope(scopeTokens(requested), session.scope, { app, scopes })
      if (epoch !== consentRequest.epoch) throw invalidTicket('revoked')
      return { app, actor, scope, epoch }
    },
    async open(session, digest, { app, scope, credentialEndsAt: given, ...approval }) {
      const now = clock()
      const endsAt = absoluteEnd(app, lifetimes, now)
      // A new app has no installs. The first exchange registers and installs it, so that until then nothing is stored.
      const install = session.newApp
        ? { id: installId(app, approval.actor.account), stamp: stamp() }
        : await saveInstall(app, { ...approval, scope, audience: session.audience, endsAt })
      if (!install) return false
      const credentialEndsAt = given ?? now + lifetimes.codeSeconds * 1000
      return pending.consume(session, ({ consentRequest: _, ...asked }, decided) => ({
        ...asked,
        state: 'open',
        stage: CODE,
        install: { id: install.id, stamp: install.stamp },
        scope,
        digest,
        decided,
        credentialEndsAt,
        endsAt,
        expiresAt: credentialEndsAt,
      }))
    },
    async repeat(session, digest, scope) {
      const isApproval = session.state === 'open' && scope.length === session.scope.length
      if (!isApproval || !sameDigest(session.digest, digest)) throw invalidTicket('used')
      await pending.confirm(session)
    },
  }
}
