import { AppGrantError } from '../../base/errors.ts'
import type { Emitter, EventSource } from '../../base/events.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import { isPublic, type LiveApp } from '../../records/app.ts'
import type { Collection, StoreRecord } from '../../records/collection.ts'
import type { LiveInstall } from '../../records/install.ts'
import {
  type EndedSession,
  type LastStep,
  type OpenSession,
  type Session,
  type StepToken,
  sessionKind,
} from '../../records/session.ts'
import type { AppIdentity, IdentityOf } from '../accounts/accounts.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { accessTokenMs, type Lifetimes, refreshIdleMs } from '../input/lifetimes.ts'
import type { Audiences } from '../input/resources.ts'
import type {
  AccessTokenFields,
  AccessTokenIssuer,
  StoredAccessToken,
  TokenResponse,
} from '../tokens/access-token-issuer.ts'
import { narrowedScope } from '../tokens/scope.ts'
import { invalidGrant } from './invalid-grant.ts'
import { seal, unseal } from './sealed-text.ts'
import {
  type Credential,
  type DerivedToken,
  type StepAccess,
  type Successor,
  stageOf,
  successorOf,
} from './session-successor.ts'

/** How far the clock of the node that rotated the token may be ahead of this one. */
const CLOCK_TOLERANCE_MS = 1000
/** How many sets of parameters one refresh token can be used with: each is another access token. */
const MAX_STEP_TOKENS = 8
/** The life of a refresh token that is kept is extended in steps of this length, so that parallel uses write once. */
const IDLE_STEP_MS = 1000

/** A presented credential, and everything else the response depends on. */
export interface Presented {
  readonly app: LiveApp
  readonly credential: Credential
  readonly text: string
  readonly scope: readonly string[] | undefined
  readonly resources: readonly string[] | undefined
  readonly source: EventSource
}

/** The session of the presented credential, with its install. */
export interface Usable {
  readonly record: StoreRecord
  readonly session: OpenSession | EndedSession
  readonly install: LiveInstall
}

/** The same while the session is open. */
interface Open extends Usable {
  readonly session: OpenSession
}

/** What a call has done so far. */
export interface Attempt {
  /** Whether it may have stored an access token that is not valid, because the session ended meanwhile. */
  hasStored: boolean
}

/** The step that a retry repeats, and what it led to. */
interface Retried {
  readonly last: LastStep
  readonly next: Successor
}

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

export interface SessionStepParts {
  readonly collection: Collection
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly format: TokenFormat
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly identityOf: IdentityOf
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  readonly rotatesRefreshTokens: (app: AppIdentity) => boolean
  readonly lifetimes: Lifetimes
}

export function createSessionSteps(parts: SessionStepParts): SessionSteps {
  const { collection, accessTokenIssuer, format, audiences, scopes, random, clock, lifetimes } = parts

  return {
    async take(presented, found, attempt) {
      const { app, credential } = presented
      const { session } = found
      if (session.state !== 'open') return 'used'
      const open = { ...found, session }
      const retried = retriedStep(presented, session)
      if (retried) return (await repeat(presented, open, { ...retried, attempt })) ?? 'overtaken'
      if (stageOf(credential) !== session.stage) return 'used'
      const step = keeps(app, credential) ? keep : advance
      return (await step(presented, open, attempt)) ?? 'overtaken'
    },
  }

  /** Advances the session to its next stage. Returns undefined if another attempt was faster. */
  async function advance(presented: Presented, found: Open, attempt: Attempt): Promise<TokenResponse | undefined> {
    const { app, credential, source } = presented
    const { record, session, install } = found
    const now = clock()
    assertCurrent(presented, session, now)
    const access = accessOf(presented, session)
    const stage = session.stage + 1
    const next = successorOf(credential, session, { stage, salt: session.salt, format })
    const derived = next.token(access)
    // Store the token first: it is valid only once the session has reached its stage, so a failed insert uses up nothing.
    const token = await store(derived.fields, presented, found, { ...access, stage, now, attempt })
    const salt = random(WIDTH.secret)
    if (!token) {
      // An earlier attempt left a token that is no longer valid: a new salt leads to a new token.
      await collection.replace(sessionKind, record, { ...session, salt })
      return undefined
    }
    const credentialEndsAt = idleEnd(app, session, now)
    // A code cannot be retried.
    const tokens = credential.kind === 'rt' ? [await stepToken(token, derived)] : []
    const isDone = await collection.replace(sessionKind, record, {
      ...session,
      stage,
      digest: digestOf(next.refreshToken),
      salt,
      last: { digest: session.digest, salt: session.salt, at: now, tokens },
      credentialEndsAt,
      expiresAt: Math.max(session.expiresAt, credentialEndsAt, token.expiresAt),
    })
    if (!isDone) return undefined
    accessTokenIssuer.emitIssued(token, { app, account: install.account, source })
    return accessTokenIssuer.toResponse(token, { scope: access.scope, refreshToken: next.refreshToken, at: now })
  }

  /** Issues an access token, and leaves the refresh token as it is. */
  async function keep(presented: Presented, found: Open, attempt: Attempt): Promise<TokenResponse | undefined> {
    const { app, credential, text, source } = presented
    const { app: key, install, session: id } = credential
    const now = clock()
    assertCurrent(presented, found.session, now)
    const access = accessOf(presented, found.session)
    const { last, ...session } = found.session
    const credentialEndsAt = idleEnd(app, session, now)
    // The previous refresh token can no longer be retried once its successor was used.
    if (last || credentialEndsAt - session.credentialEndsAt >= IDLE_STEP_MS) {
      const expiresAt = Math.max(session.expiresAt, credentialEndsAt)
      if (!(await collection.replace(sessionKind, found.record, { ...session, credentialEndsAt, expiresAt })))
        return undefined
    }
    const fields = { kind: 'ut', app: key, install, session: id } as const
    const token = await store(
      { ...fields, token: random(WIDTH.token), secret: random(WIDTH.secret) },
      presented,
      found,
      { ...access, stage: session.stage, now, attempt },
    )
    if (!token) throw new Error('the same random token id was generated twice')
    // The session may have ended before the token was stored: then nobody else takes it out of the list.
    if ((await collection.load(sessionKind, found.record))?.state !== 'open') return undefined
    accessTokenIssuer.emitIssued(token, { app, account: found.install.account, source })
    return accessTokenIssuer.toResponse(token, { scope: access.scope, refreshToken: text, at: now })
  }

  /** The step that a retry of the previous refresh token repeats; undefined if it is too late, or not that token (TOK-8). */
  function retriedStep({ credential, text }: Presented, session: OpenSession): Retried | undefined {
    const { last, stage } = session
    if (credential.kind !== 'rt' || stageOf(credential) !== stage - 1) return undefined
    if (!last || !sameDigest(last.digest, digestOf(text))) return undefined
    const age = clock() - last.at
    const { refreshGraceSeconds } = lifetimes
    if (refreshGraceSeconds === 0 || age < -CLOCK_TOLERANCE_MS || age >= refreshGraceSeconds * 1000) return undefined
    const next = successorOf(credential, session, { stage, salt: last.salt, format })
    return sameDigest(session.digest, digestOf(next.refreshToken)) ? { last, next } : undefined
  }

  /**
   * Responds to a retry: with the same response or, if it has other parameters, with the same refresh token and an access token of
   * its own. Returns undefined if another attempt has changed the session.
   */
  async function repeat(
    presented: Presented,
    found: Open,
    { last, next, attempt }: Retried & { readonly attempt: Attempt },
  ): Promise<TokenResponse | undefined> {
    const { app, source } = presented
    const { record, session, install } = found
    const now = clock()
    const access = accessOf(presented, session)
    const derived = next.token(access)
    const known = last.tokens.find(({ id }) => id === derived.fields.token)
    let token = known && { ...known, text: await textOf(known, derived) }
    if (!token) {
      if (last.tokens.length >= MAX_STEP_TOKENS) throw tooManyVariants()
      const { stage } = session
      const stored = await store(derived.fields, presented, found, { ...access, stage, now, attempt })
      // An earlier attempt stored it, and it was removed since: to this caller it has expired, and the refresh token has not.
      token = stored ?? { id: derived.fields.token, text: format.write('ut', derived.fields), expiresAt: now }
      const tokens = [...last.tokens, await stepToken(token, derived)]
      const expiresAt = Math.max(session.expiresAt, token.expiresAt)
      if (!(await collection.replace(sessionKind, record, { ...session, last: { ...last, tokens }, expiresAt })))
        return undefined
      if (stored) accessTokenIssuer.emitIssued(stored, { app, account: install.account, source })
    }
    const { account } = install
    parts.events.emit('token', {}, { change: 'repeated', app: app.key, account, tokenIds: [token.id], ...source })
    return accessTokenIssuer.toResponse(token, { scope: access.scope, refreshToken: next.refreshToken, at: now })
  }

  function assertCurrent({ app, credential, text }: Presented, session: Session, now: number): void {
    const { kind } = credential
    if (!sameDigest(session.digest, digestOf(text))) throw invalidGrant(kind, 'unknown')
    if (now >= session.credentialEndsAt) throw invalidGrant(kind, 'expired')
    // Removing a redirect URL revokes its codes, but not the sessions they have started.
    if (kind === 'ac' && !app.redirectStamps.includes(session.redirectStamp)) throw invalidGrant(kind, 'revoked')
  }

  /** What the access token is for. Parameters that mean the same have the same result, whatever their form. */
  function accessOf({ app, scope, resources }: Presented, session: Session): StepAccess {
    return {
      scope: narrowedScope(scope, session.scope, { app, scopes }),
      audience: audiences.narrowed(resources, session.audience),
    }
  }

  async function store(
    fields: AccessTokenFields,
    { app, source: { userAgent } }: Presented,
    { session, install }: Open,
    {
      now,
      stage,
      attempt,
      ...access
    }: StepAccess & { readonly stage: number; readonly now: number; readonly attempt: Attempt },
  ): Promise<StoredAccessToken | undefined> {
    attempt.hasStored = true
    return accessTokenIssuer.issue(fields, {
      app,
      user: { install, session: session.id, stage },
      ...access,
      ...(userAgent !== undefined && { userAgent }),
      issuedAt: now,
      expiresAt: Math.min(now + accessTokenMs(app, lifetimes), session.endsAt),
    })
  }

  /** What the session keeps of a token for retries: a signature cannot be reproduced. */
  async function stepToken({ id, expiresAt, text }: StoredAccessToken, { sealKey }: DerivedToken): Promise<StepToken> {
    const isSealed = accessTokenIssuer.areSigned && lifetimes.refreshGraceSeconds > 0
    return { id, expiresAt, ...(isSealed && { sealed: await seal(text, sealKey()) }) }
  }

  async function textOf({ sealed }: StepToken, { fields, sealKey }: DerivedToken): Promise<string> {
    return sealed === undefined ? format.write('ut', fields) : unseal(sealed, sealKey())
  }

  function idleEnd(app: LiveApp, { endsAt }: Pick<Session, 'endsAt'>, now: number): number {
    return Math.min(now + refreshIdleMs(app, lifetimes), endsAt)
  }

  /** A public app always gets a new refresh token: its rotation is all that reveals a theft. */
  function keeps(app: LiveApp, { kind }: Credential): boolean {
    return kind === 'rt' && !isPublic(app) && !parts.rotatesRefreshTokens(parts.identityOf(app))
  }
}

function tooManyVariants(): AppGrantError {
  return new AppGrantError('invalid_request', {
    message: `the refresh token was used with more than ${MAX_STEP_TOKENS} different scopes or resources`,
    hint: 'Use the refresh token of the last response. Nothing was revoked.',
  })
}
