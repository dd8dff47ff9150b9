import { futureRecord, MAX_CLOCK_DIFFERENCE_MS } from '../../base/clock-difference.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { TokenFormat } from '../../credentials/token-format.ts'
import { isPublic } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { type LastStep, type OpenSession, sessionKind } from '../../records/session.ts'
import type { AccessTokenIssuer, StoredAccessToken, TokenResponse } from '../tokens/access-token-issuer.ts'
import type { Attempt, Presented, UsableOpen } from './presented.ts'
import { stageOf } from './session-credential.ts'
import { type Successor, successorOf } from './session-successor.ts'
import type { StepTokens } from './step-tokens.ts'
import type { UnconfirmedSteps } from './unconfirmed-steps.ts'

/** How many sets of parameters one refresh token can be used with: each is another access token. */
const MAX_STEP_TOKENS = 8

/** The step that a retry repeats, and what it led to. */
interface Retried {
  readonly last: LastStep
  readonly next: Successor
}

/** The last step of a session, repeated by a retry of the credential that it consumed. */
export interface RepeatedStep {
  /**
   * The step that a retry of the previous credential repeats; undefined if it is too late, or another credential (TOK-8). A code has
   * no grace period: only an exchange that was not confirmed is repeated (TOK-9).
   */
  find(presented: Presented, session: OpenSession): Retried | undefined
  /**
   * Responds to a retry: with the same response or, if it has other parameters, with the same refresh token and an access token of
   * its own. Returns undefined if another attempt has changed the session.
   */
  respond(
    presented: Presented,
    found: UsableOpen,
    retried: Retried & { readonly attempt: Attempt },
  ): Promise<TokenResponse | undefined>
}

export function createRepeatedStep(parts: {
  readonly collection: Collection
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly tokens: StepTokens
  readonly unconfirmed: UnconfirmedSteps
  readonly format: TokenFormat
  readonly events: Emitter
  readonly clock: () => number
  readonly lifetimes: { readonly refreshGraceSeconds: number }
}): RepeatedStep {
  const { collection, accessTokenIssuer, tokens, unconfirmed, format, events, clock, lifetimes } = parts
  const graceMs = lifetimes.refreshGraceSeconds * 1000

  return {
    find({ app, credential, text, jkt }, session) {
      const { last, stage, boundTo } = session
      if (stageOf(credential) !== stage - 1 || !last || !sameDigest(last.digest, digestOf(text))) return undefined
      // The step has bound the session to a key. Without it, this is not a retry by the client that took the step.
      if (boundTo && isPublic(app) && boundTo.jkt !== jkt) return undefined
      const isCode = credential.kind === 'ac'
      const isInTime = ageOf(last, clock(), events) < graceMs && !isCode
      const isRepeated = isInTime || unconfirmed.isRepeatable(session, isCode ? 0 : graceMs)
      if (graceMs === 0 || !isRepeated) return undefined
      const next = successorOf(credential, session, { stage, salt: last.salt, format })
      return sameDigest(session.digest, digestOf(next.refreshToken)) ? { last, next } : undefined
    },

    async respond(presented, found, { last, next, attempt }) {
      const { app, credential, source } = presented
      const { record, session, install } = found
      const now = clock()
      const access = tokens.accessOf(presented, session)
      const derived = next.token(access)
      const known = last.tokens.find(({ id }) => id === derived.fields.token)
      const write = (next: OpenSession) => unconfirmed.write(next, () => collection.replace(sessionKind, record, next))
      let token: StoredAccessToken
      if (known) {
        // What was read may be a step that was never confirmed, and that a failover would undo (REV-7).
        // A code is exchanged once: only one of those that repeat it may write.
        const rewrite = credential.kind === 'ac' ? collection.replace : collection.confirm
        if (!(await unconfirmed.write(session, () => rewrite(sessionKind, record, session)))) return undefined
        token = { ...known, text: await tokens.textOf(known, derived) }
      } else {
        if (last.tokens.length >= MAX_STEP_TOKENS) throw tooManyVariants()
        const { stage } = session
        const stored = await tokens.store(derived.fields, presented, found, { ...access, stage, now, attempt })
        // An earlier attempt stored it, and it was removed since: to this caller it has expired, and the refresh token has not.
        token = stored ?? { id: derived.fields.token, text: format.write('ut', derived.fields), expiresAt: now }
        const kept = [...last.tokens, await tokens.keep(token, derived)]
        const expiresAt = Math.max(session.expiresAt, token.expiresAt)
        if (!(await write({ ...session, last: { ...last, tokens: kept }, expiresAt }))) return undefined
        if (stored) accessTokenIssuer.emitIssued(stored, { app, install, source })
      }
      const { account } = install
      events.emit('token', {}, { change: 'repeated', app: app.key, account, tokenIds: [token.id], ...source })
      return accessTokenIssuer.toResponse(token, { ...access, refreshToken: next.refreshToken, at: now })
    },
  }
}

/**
 * How long ago a step was, in ms. It may be a second in the future, because clocks differ.
 *
 * @throws {@link AppGrantError} `clock_skew` if it is more than a second in the future.
 */
export function ageOf({ at }: LastStep, now: number, events: Emitter): number {
  if (at - now > MAX_CLOCK_DIFFERENCE_MS) throw futureRecord('refresh', at - now, events)
  return now - at
}

function tooManyVariants(): AppGrantError {
  return new AppGrantError('invalid_request', {
    message: `the refresh token was used with more than ${MAX_STEP_TOKENS} different scopes or resources`,
    hint: 'Use the refresh token of the last response. Nothing was revoked.',
  })
}
