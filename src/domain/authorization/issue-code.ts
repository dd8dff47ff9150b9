import { numberToBase62 } from '../../credentials/base62.ts'
import { digestOf, macOf } from '../../credentials/digest.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import { installId } from '../../records/install.ts'
import { CODE, type PendingSession, type Session, tagOf } from '../../records/session.ts'
import type { Approval, OpenSession } from './open-session.ts'
import type { DecidedSession } from './pending-consents.ts'

/** Turns approved consent requests into authorization codes. */
export interface IssueCode {
  /** Opens the session, whose code it returns. Undefined if {@link OpenSession.open} did not. */
  issue(session: PendingSession, ticket: string, approval: Approval): Promise<string | undefined>
  /** The same code again. Rejects with `invalid_ticket` if the account did not approve the same scope, or the code was exchanged. */
  repeat(session: DecidedSession, ticket: string, approval: Approval): Promise<string>
}

export function createIssueCode({
  opening,
  format,
}: {
  readonly opening: OpenSession
  readonly format: TokenFormat
}): IssueCode {
  return {
    async issue(session, ticket, approval) {
      const code = codeOf(session, ticket, approval)
      return (await opening.open(session, digestOf(code), approval)) ? code : undefined
    },
    async repeat(session, ticket, approval) {
      const code = codeOf(session, ticket, approval)
      await opening.repeat(session, digestOf(code), approval.scope)
      return code
    },
  }

  /** Derived from the ticket, so that a repeated approval leads to the same code. Neither record nor ticket is enough alone. */
  function codeOf(
    session: Session,
    ticket: string,
    { app, actor }: { readonly app: LiveApp; readonly actor: { readonly account: string } },
  ): string {
    return format.write('ac', {
      app: session.app,
      install: installId(app, actor.account),
      session: session.id,
      stage: numberToBase62(CODE, WIDTH.stage),
      secret: macOf(session.salt, WIDTH.secret, 'code', ticket),
      tag: tagOf(session, 'ac', CODE),
    })
  }
}
