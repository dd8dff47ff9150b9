import { numberToBase62 } from '../../credentials/base62.ts'
import { digestOf } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import { CODE, type PendingSession, tagOf } from '../../records/session.ts'
import { absoluteEnd, type Lifetimes } from '../input/lifetimes.ts'
import type { AskedAccount, PendingConsents } from './pending-consents.ts'
import type { SaveInstall } from './save-install.ts'

/** What is granted, and by whom. */
export interface Approval {
  readonly app: LiveApp
  readonly actor: AskedAccount
  readonly scope: readonly string[]
  readonly epoch: string | undefined
}

/** Installs the app for the account, and uses up the consent request for an authorization code, which it returns. */
export type IssueCode = (session: PendingSession, approval: Approval) => Promise<string>

export function createIssueCode(parts: {
  readonly pending: PendingConsents
  readonly saveInstall: SaveInstall
  readonly format: TokenFormat
  readonly random: RandomText
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}): IssueCode {
  const { pending, saveInstall, format, random, clock, lifetimes } = parts

  return async (session, { app, actor, scope, epoch }) => {
    const now = clock()
    const endsAt = absoluteEnd(app, lifetimes, now)
    const install = await saveInstall(app, { actor, scope, audience: session.audience, epoch, endsAt })
    const code = format.write('ac', {
      app: app.key,
      install: install.id,
      session: session.id,
      stage: numberToBase62(CODE, WIDTH.stage),
      secret: random(WIDTH.secret),
      tag: tagOf(session, 'ac', CODE),
    })
    const credentialEndsAt = now + lifetimes.codeSeconds * 1000
    await pending.consume(session, ({ consentRequest: _, ...asked }) => ({
      ...asked,
      state: 'open',
      stage: CODE,
      install: { id: install.id, stamp: install.stamp },
      scope,
      digest: digestOf(code),
      credentialEndsAt,
      endsAt,
      expiresAt: credentialEndsAt,
    }))
    return code
  }
}
