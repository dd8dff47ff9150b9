import { numberToBase62 } from '../../credentials/base62.ts'
import { digestOf, macOf, sameDigest } from '../../credentials/digest.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import { installId } from '../../records/install.ts'
import { CODE, type PendingSession, type Session, tagOf } from '../../records/session.ts'
import { absoluteEnd, type Lifetimes } from '../input/lifetimes.ts'
import { invalidTicket } from './invalid-ticket.ts'
import type { AskedAccount, DecidedSession, PendingConsents } from './pending-consents.ts'
import type { SaveInstall } from './save-install.ts'

/** What is granted, and by whom. */
export interface Approval {
  readonly app: LiveApp
  readonly actor: AskedAccount
  readonly scope: readonly string[]
  readonly epoch: string | undefined
  /** The stamp that the install must still have. Default is any: there may be no install yet. */
  readonly installStamp?: string | undefined
}

/** Turns approved consent requests into authorization codes. */
export interface IssueCode {
  /**
   * Installs the app for the account, unless it is new, and uses up the consent request for an authorization code.
   *
   * @returns undefined if it was decided meanwhile, or if the install has not the stamp that it must have.
   */
  issue(session: PendingSession, ticket: string, approval: Approval): Promise<string | undefined>
  /** The same code again. Rejects with `invalid_ticket` if the account did not approve the same scope, or the code was exchanged. */
  repeat(session: DecidedSession, ticket: string, scope: readonly string[]): Promise<string>
}

export function createIssueCode(parts: {
  readonly pending: PendingConsents
  readonly saveInstall: SaveInstall
  readonly format: TokenFormat
  readonly stamp: () => string
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}): IssueCode {
  const { pending, saveInstall, format, stamp, clock, lifetimes } = parts

  return {
    async issue(session, ticket, { app, scope, ...approval }) {
      const now = clock()
      const endsAt = absoluteEnd(app, lifetimes, now)
      // A new app has no installs. The exchange of the code registers and installs it, so that until then nothing is stored.
      const install = session.newApp
        ? { id: installId(app, approval.actor.account), stamp: stamp() }
        : await saveInstall(app, { ...approval, scope, audience: session.audience, endsAt })
      if (!install) return undefined
      const code = codeOf(session, install.id, ticket)
      const credentialEndsAt = now + lifetimes.codeSeconds * 1000
      const isDone = await pending.consume(session, ({ consentRequest: _, ...asked }, decided) => ({
        ...asked,
        state: 'open',
        stage: CODE,
        install: { id: install.id, stamp: install.stamp },
        scope,
        digest: digestOf(code),
        decided,
        credentialEndsAt,
        endsAt,
        expiresAt: credentialEndsAt,
      }))
      return isDone ? code : undefined
    },
    async repeat(session, ticket, scope) {
      const isApproval = session.state === 'open' && scope.length === session.scope.length
      const code = isApproval ? codeOf(session, session.install.id, ticket) : ''
      if (!sameDigest(session.digest, digestOf(code))) throw invalidTicket('used')
      await pending.confirm(session)
      return code
    },
  }

  /** Derived from the ticket, so that a repeated approval leads to the same code. Neither record nor ticket is enough alone. */
  function codeOf(session: Session, install: string, ticket: string): string {
    return format.write('ac', {
      app: session.app,
      install,
      session: session.id,
      stage: numberToBase62(CODE, WIDTH.stage),
      secret: macOf(session.salt, WIDTH.secret, 'code', ticket),
      tag: tagOf(session, 'ac', CODE),
    })
  }
}
