import type { Emitter } from '../../base/events.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import { isPublic, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { type OpenSession, sessionKind } from '../../records/session.ts'
import type { AppIdentity, IdentityOf } from '../accounts/accounts.ts'
import { type Lifetimes, refreshIdleMs } from '../input/lifetimes.ts'
import type { AccessTokenIssuer, TokenResponse } from '../tokens/access-token-issuer.ts'
import type { NewAppSteps } from './new-app-steps.ts'
import type { Attempt, Presented, Usable, UsableOpen } from './presented.ts'
import { ageOf, type RepeatedStep } from './repeated-step.ts'
import { type Credential, stageOf } from './session-credential.ts'
import { successorOf } from './session-successor.ts'
import type { StepTokens } from './step-tokens.ts'
import type { UnconfirmedSteps } from './unconfirmed-steps.ts'

/** The life of a refresh token that is kept is extended in steps of this length, so that parallel uses write once. */
const IDLE_STEP_MS = 1000

/** The steps of a session: each exchanges a credential for tokens. */
export interface SessionSteps {
  /**
   * Exchanges the credential.
   *
   * @returns the tokens; `overtaken` if another attempt changed the session first: read it and try again; `used` if it is neither
   *   the current credential nor a retry.
   */
  take(presented: Presented, found: Usable, attempt: Attempt): Promise<TokenResponse | 'overtaken' | 'used'>
}

export function createSessionSteps(parts: {
  readonly collection: Collection
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly tokens: StepTokens
  readonly repeated: RepeatedStep
  readonly unconfirmed: UnconfirmedSteps
  readonly newApps: NewAppSteps
  readonly format: TokenFormat
  readonly identityOf: IdentityOf
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  readonly rotatesRefreshTokens: (app: AppIdentity) => boolean
  readonly lifetimes: Lifetimes
}): SessionSteps {
  const { collection, accessTokenIssuer, tokens, repeated, unconfirmed, newApps, format } = parts
  const { events, random, clock, lifetimes } = parts

  return {
    async take(presented, found, attempt) {
      const { app, credential, grant } = presented
      const { session } = found
      if (session.state !== 'open') return 'used'
      const open = { ...found, session }
      const retried = repeated.find(presented, session)
      if (retried && found.isExpired) throw grant.invalid('expired')
      if (retried) return (await repeated.respond(presented, open, { ...retried, attempt })) ?? 'overtaken'
      if (stageOf(credential) !== session.stage) return 'used'
      const step = keeps(app, credential) ? keep : advance
      return (await step(presented, open, attempt)) ?? 'overtaken'
    },
  }

  /** Advances the session to its next stage. Returns undefined if another attempt was faster. */
  async function advance(
    presented: Presented,
    before: UsableOpen,
    attempt: Attempt,
  ): Promise<TokenResponse | undefined> {
    const { app, credential, source } = presented
    const { record, session } = before
    const now = clock()
    assertCurrent(presented, session, now)
    const access = tokens.accessOf(presented, session)
    const stage = session.stage + 1
    const next = successorOf(credential, session, { stage, salt: session.salt, format })
    const derived = next.token(access)
    const install = session.newApp ? await newApps.register(presented, before) : before.install
    const found = { ...before, install }
    // Store the token first: it is valid only once the session has reached its stage, so a failed insert uses up nothing.
    const token = await tokens.store(derived.fields, presented, found, { ...access, stage, now, attempt })
    const salt = random(WIDTH.secret)
    if (!token) {
      // An earlier attempt left a token that is no longer valid: a new salt leads to a new token.
      await collection.replace(sessionKind, record, { ...session, salt })
      return undefined
    }
    const credentialEndsAt = idleEnd(app, session, now)
    const { jkt } = access
    const boundTo = session.boundTo ?? (jkt !== undefined && isPublic(app) ? { jkt, fromStage: stage } : undefined)
    const { decided: _, newApp: __, ...exchanged } = session
    const advanced: OpenSession = {
      ...exchanged,
      ...(boundTo && { boundTo }),
      stage,
      digest: digestOf(next.refreshToken),
      salt,
      last: { digest: session.digest, salt: session.salt, at: now, tokens: [await tokens.keep(token, derived)] },
      credentialEndsAt,
      expiresAt: Math.max(session.expiresAt, credentialEndsAt, token.expiresAt),
    }
    const write = () => collection.replace(sessionKind, record, advanced)
    if (!(await unconfirmed.write(advanced, write))) return undefined
    accessTokenIssuer.emitIssued(token, { app, install, source })
    return accessTokenIssuer.toResponse(token, { ...access, refreshToken: next.refreshToken, at: now })
  }

  /** Issues an access token, and leaves the refresh token as it is. */
  async function keep(presented: Presented, found: UsableOpen, attempt: Attempt): Promise<TokenResponse | undefined> {
    const { app, credential, text, source } = presented
    const { app: key, install, session: id } = credential
    const now = clock()
    assertCurrent(presented, found.session, now)
    const access = tokens.accessOf(presented, found.session)
    const { last, ...session } = found.session
    const credentialEndsAt = idleEnd(app, session, now)
    // The previous refresh token can no longer be retried once its successor was used.
    if (last || credentialEndsAt - session.credentialEndsAt >= IDLE_STEP_MS) {
      const expiresAt = Math.max(session.expiresAt, credentialEndsAt)
      if (!(await collection.replace(sessionKind, found.record, { ...session, credentialEndsAt, expiresAt })))
        return undefined
    }
    const fields = { kind: 'ut', app: key, install, session: id } as const
    const token = await tokens.store(
      { ...fields, token: random(WIDTH.token), secret: random(WIDTH.secret) },
      presented,
      found,
      { ...access, stage: session.stage, now, attempt },
    )
    if (!token) throw new Error('the same random token id was generated twice')
    // The session may have ended before the token was stored: then nobody else takes it out of the list.
    if ((await collection.load(sessionKind, found.record))?.state !== 'open') return undefined
    accessTokenIssuer.emitIssued(token, { app, install: found.install, source })
    return accessTokenIssuer.toResponse(token, { ...access, refreshToken: text, at: now })
  }

  function assertCurrent({ grant, text }: Presented, session: OpenSession, now: number): void {
    if (!sameDigest(session.digest, digestOf(text))) throw grant.invalid('unknown')
    if (session.last) ageOf(session.last, now, events)
    if (now >= session.credentialEndsAt) throw grant.invalid('expired')
    grant.assertCurrent?.(session)
  }

  function idleEnd(app: LiveApp, { endsAt }: Pick<OpenSession, 'endsAt'>, now: number): number {
    return Math.min(now + refreshIdleMs(app, lifetimes), endsAt)
  }

  /** A public app always gets a new refresh token: its rotation is all that reveals a theft. */
  function keeps(app: LiveApp, { kind }: Credential): boolean {
    return kind === 'rt' && !isPublic(app) && !parts.rotatesRefreshTokens(parts.identityOf(app))
  }
}
