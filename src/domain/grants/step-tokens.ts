import type { TokenFormat } from '../../credentials/token-format.ts'
import type { OpenSession, StepToken } from '../../records/session.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { accessTokenMs, type Lifetimes } from '../input/lifetimes.ts'
import type { Audiences } from '../input/resources.ts'
import type { AccessTokenFields, AccessTokenIssuer, StoredAccessToken } from '../tokens/access-token-issuer.ts'
import { narrowedScope } from '../tokens/scope.ts'
import type { Attempt, Presented, UsableOpen } from './presented.ts'
import { seal, unseal } from './sealed-text.ts'
import type { DerivedToken, StepAccess } from './session-successor.ts'

/** The access tokens of a session. */
export interface StepTokens {
  /** What the access token is for. Parameters that mean the same have the same result, whatever their form. */
  accessOf(presented: Presented, session: OpenSession): StepAccess
  /** Stores an access token that is valid once the session has reached `stage`. */
  store(
    fields: AccessTokenFields,
    presented: Presented,
    found: UsableOpen,
    step: StepAccess & { readonly stage: number; readonly now: number; readonly attempt: Attempt },
  ): Promise<StoredAccessToken | undefined>
  /** What the session keeps of a token for retries: a signature cannot be reproduced. */
  keep(token: StoredAccessToken, derived: DerivedToken): Promise<StepToken>
  /** The text of a token that the session has kept. */
  textOf(kept: StepToken, derived: DerivedToken): Promise<string>
}

export function createStepTokens(parts: {
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly format: TokenFormat
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly lifetimes: Lifetimes
}): StepTokens {
  const { accessTokenIssuer, format, audiences, scopes, lifetimes } = parts

  return {
    accessOf: ({ app, scope, resources, jkt }, session) => ({
      scope: narrowedScope(scope, session.scope, { app, scopes }),
      audience: audiences.narrowed(resources, session.audience),
      jkt,
    }),

    async store(fields, { app, source: { userAgent } }, { session, install }, { now, stage, attempt, ...access }) {
      const counted = accessTokenIssuer.assertMayIssue(app, install)
      if (counted) await counted
      attempt.hasStored = true
      return accessTokenIssuer.issue(fields, {
        app,
        user: { install, session, stage },
        ...access,
        ...(userAgent !== undefined && { userAgent }),
        issuedAt: now,
        expiresAt: Math.min(now + accessTokenMs(app, lifetimes), session.endsAt),
      })
    },

    async keep({ id, expiresAt, text }, { sealKey }) {
      const isSealed = accessTokenIssuer.areSigned && lifetimes.refreshGraceSeconds > 0
      return { id, expiresAt, ...(isSealed && { sealed: await seal(text, sealKey()) }) }
    },

    async textOf({ sealed }, { fields, sealKey }) {
      return sealed === undefined ? format.write('ut', fields) : unseal(sealed, sealKey())
    },
  }
}
