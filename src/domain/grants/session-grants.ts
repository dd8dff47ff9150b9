import { AppGrantError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import { numberFromBase62, numberToBase62 } from '../../credentials/base62.ts'
import { digestOf, macOf, sameDigest } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { type TokenFields, type TokenFormat, WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired, type StoreRecord } from '../../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../../records/install.ts'
import { endedSession, type Session, sessionKind, sessionRef, tagOf } from '../../records/session.ts'
import { removedToken, tokenKind, tokenRef } from '../../records/token.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct, assertNotSuspended } from '../accounts/may-act.ts'
import type { AppAuthenticator, AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import { bindingOf, challengeOf } from '../authorization/pkce.ts'
import { idInput, objectInput, userAgentInput } from '../input/input.ts'
import { type Audiences, resourcesInput } from '../input/resources.ts'
import type { AccessTokenIssuer, TokenResponse } from '../tokens/access-token-issuer.ts'
import { narrowedScope, scopeTokens } from '../tokens/scope.ts'
import { invalidGrant } from './invalid-grant.ts'
import { seal, unseal } from './sealed-text.ts'

/** An attempt is repeated if a concurrent one with the same credential has overtaken it, so each time one of them succeeds. */
const MAX_TRIES = 100
/** How far the clock of the node that rotated the token may be ahead of this one. */
const CLOCK_TOLERANCE_MS = 1000
const REMEMBERED_TOKENS = 50
/** Longer than any redirect URL that an app can register. Nothing longer is hashed. */
const MAX_REDIRECT = 4096

/** The grants that use up a credential of a session: a code or a refresh token. */
export interface SessionGrants {
  exchangeCode(input: CodeInput): Promise<TokenResponse>
  refresh(input: RefreshInput): Promise<TokenResponse>
  /** Ends the session of a genuine code or refresh token of that app. Returns false if it is not one. */
  revoke(app: LiveApp, credential: Credential): Promise<boolean>
  /** Whether the credential was ever issued, to any app. */
  isGenuine(credential: Credential): Promise<boolean>
}

/** An authorization code to exchange, and the app that presents it. */
export type CodeInput = AppCredentials &
  RequestContext & {
    readonly code: string
    /** The PKCE verifier, 43–128 characters. */
    readonly codeVerifier: string
    /** The redirect URL of the authorization request, unmodified. */
    readonly redirectUrl: string
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[]
  }
/** A refresh token to exchange, and the app that presents it. */
export type RefreshInput = AppCredentials &
  RequestContext & {
    readonly refreshToken: string
    /** Which part of the granted scope the access token has. Default is all of it. */
    readonly scope?: readonly string[]
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[]
  }

type CredentialKind = 'ac' | 'rt'
/** A parsed code or refresh token. */
export type Credential = { readonly kind: CredentialKind } & TokenFields<CredentialKind>

/** A presented credential, and everything else the response depends on. */
interface Exchange {
  readonly app: LiveApp
  readonly credential: Credential
  readonly text: string
  /** Digest of challenge and redirect, for a code. */
  readonly binding?: string
  readonly scope: readonly string[] | undefined
  readonly resources: readonly string[] | undefined
  readonly userAgent?: string
}

/** A session that the presented credential belongs to, read together with its install. */
interface FoundSession {
  readonly record: StoreRecord
  readonly session: Session
  readonly install: LiveInstall | undefined
}

export interface SessionGrantParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly authenticator: AppAuthenticator
  readonly accessTokenIssuer: AccessTokenIssuer
  readonly format: TokenFormat
  readonly audiences: Audiences
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  readonly lifetimes: {
    readonly accessTokenSeconds: number
    readonly refreshIdleSeconds: number
    readonly refreshGraceSeconds: number
  }
}

export function createSessionGrants(parts: SessionGrantParts): SessionGrants {
  const { collection, accounts, authenticator, accessTokenIssuer, format, audiences, random, clock, lifetimes } = parts

  return {
    async exchangeCode(input) {
      const context = userAgentInput(objectInput(input, 'input').userAgent)
      const text = idInput(input.code, 'code')
      const codeVerifier = idInput(input.codeVerifier, 'codeVerifier')
      const redirectUrl = idInput(input.redirectUrl, 'redirectUrl')
      // Authenticate first: others must learn nothing about the code.
      const app = await authenticator.authenticate(input)
      const credential = read('ac', text, app)
      if (redirectUrl.length > MAX_REDIRECT) throw invalidGrant('ac')
      const binding = bindingOf(challengeOf(codeVerifier), redirectUrl)
      const resources = resourcesInput(input.resources)
      return exchange({ app, text, credential, binding, scope: undefined, resources, ...context })
    },
    async refresh(input) {
      const context = userAgentInput(objectInput(input, 'input').userAgent)
      const text = idInput(input.refreshToken, 'refreshToken')
      const app = await authenticator.authenticate(input)
      const credential = read('rt', text, app)
      const [scope, resources] = [scopeTokens(input.scope), resourcesInput(input.resources)]
      return exchange({ app, text, credential, scope, resources, ...context })
    },
    async revoke(app, credential) {
      const found = await find(app.key, credential)
      if (!found) return false
      await end(app, found, 'removed')
      return true
    },
    isGenuine: async (credential) => (await find(credential.app, credential)) !== undefined,
  }

  function read(kind: CredentialKind, text: string, app: LiveApp): Credential {
    assertNotSuspended(app)
    const parsed = format.read(text)
    if (parsed?.kind !== kind || parsed.app !== app.key) throw invalidGrant(kind)
    return parsed
  }

  /** The session of a genuine credential: its tag proves that it was issued, however long ago. */
  async function find(key: string, credential: Credential): Promise<FoundSession | undefined> {
    const [record, installRecord] = await collection.get([sessionRef(credential), installRef(credential)])
    if (!record || hasExpired(record, clock())) return undefined
    const session = sessionKind.unpack(record)
    const isTheirs = session.app === key && session.install?.id === credential.install
    if (!isTheirs || !sameDigest(tagOf(session, credential.kind, stageOf(credential)), credential.tag)) return undefined
    const install = installRecord && installKind.unpack(installRecord)
    const isCurrent = install?.state === 'live' && install.stamp === session.install?.stamp
    return { record, session, install: isCurrent ? install : undefined }
  }

  async function exchange(presented: Exchange): Promise<TokenResponse> {
    const { app, credential, binding } = presented
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await find(app.key, credential)
      if (!found || (binding !== undefined && !sameDigest(found.session.binding, binding)))
        throw invalidGrant(credential.kind)
      const { install, session } = found
      if (!install || session.stamp !== app.stamp) throw invalidGrant(credential.kind)
      if (install.epoch !== (await assertMayAct(app, install.account, accounts))) throw invalidGrant(credential.kind)
      const isCurrent = session.state === 'open' && stageOf(credential) === session.stage
      const response = isCurrent ? await advance(presented, found, install) : await retriedResponse(presented, session)
      if (response) return response
      if (isCurrent) continue
      // Genuine but not current: somebody else used it, or the store lost a step. End the session, even if it has already ended,
      // because only a write confirms it.
      await end(app, found, 'reused')
      throw invalidGrant(credential.kind)
    }
    throw new AppGrantError(
      'conflict',
      {},
      { message: 'too many concurrent attempts', hint: 'The code or refresh token is still valid: repeat the call.' },
    )
  }

  /** Advances the session to its next stage. Returns undefined if another attempt was faster. */
  async function advance(
    presented: Exchange,
    { record, session }: FoundSession,
    install: LiveInstall,
  ): Promise<TokenResponse | undefined> {
    const { app, credential, text, userAgent } = presented
    const now = clock()
    const isInvalid = now >= session.credentialEndsAt || !sameDigest(session.digest, digestOf(text))
    // Removing a redirect URL revokes its codes, but not the sessions they have started.
    const lostRedirect = credential.kind === 'ac' && !app.redirectStamps.includes(session.redirectStamp)
    if (isInvalid || lostRedirect) throw invalidGrant(credential.kind)
    const scope = narrowedScope(presented.scope, session.scope, app)
    const audience = audiences.narrowed(presented.resources, session.audience)
    const next = successor(session, { stage: session.stage + 1, salt: session.salt }, presented)
    // Store the token first: it is valid only once the session has reached its stage, so a failed insert uses up nothing.
    const token = await accessTokenIssuer.issue(next.access, {
      app,
      install,
      stage: session.stage + 1,
      scope,
      audience,
      ...(userAgent !== undefined && { userAgent }),
      issuedAt: now,
      expiresAt: Math.min(now + lifetimes.accessTokenSeconds * 1000, session.endsAt),
    })
    const salt = random(WIDTH.secret)
    if (!token) {
      // An earlier attempt left a token that is no longer valid: a new salt leads to a new token.
      await collection.replace(sessionKind, record, { ...session, salt })
      return undefined
    }
    const credentialEndsAt = Math.min(now + lifetimes.refreshIdleSeconds * 1000, session.endsAt)
    // A signature cannot be reproduced, so a retry needs the token itself. A code cannot be retried.
    const isRepeatable = accessTokenIssuer.areSigned && credential.kind === 'rt' && lifetimes.refreshGraceSeconds > 0
    const repeatable = isRepeatable ? { sealed: await seal(token.text, next.sealKey()) } : {}
    const live = session.tokens.filter(({ expiresAt }) => expiresAt > now)
    const isDone = await collection.replace(sessionKind, record, {
      ...session,
      stage: session.stage + 1,
      digest: digestOf(next.refreshToken),
      salt,
      last: { digest: session.digest, salt: session.salt, at: now, ...repeatable },
      credentialEndsAt,
      tokens: [...live, { id: token.id, expiresAt: token.expiresAt }].slice(-REMEMBERED_TOKENS),
      expiresAt: Math.max(session.expiresAt, credentialEndsAt, token.expiresAt),
    })
    if (!isDone) return undefined
    accessTokenIssuer.emitIssued(token, { app, account: install.account })
    return accessTokenIssuer.toResponse(token, { scope, refreshToken: next.refreshToken, at: now })
  }

  /** The response that the previous refresh token got, if it is retried in time and with the same parameters (TOK-8). */
  async function retriedResponse(presented: Exchange, session: Session): Promise<TokenResponse | undefined> {
    const { app, credential, text } = presented
    const { last } = session
    const newest = session.tokens.at(-1)
    if (credential.kind !== 'rt' || session.state !== 'open' || stageOf(credential) !== session.stage - 1)
      return undefined
    if (!last || !newest || !sameDigest(last.digest, digestOf(text))) return undefined
    const age = clock() - last.at
    if (lifetimes.refreshGraceSeconds === 0 || age < -CLOCK_TOLERANCE_MS || age >= lifetimes.refreshGraceSeconds * 1000)
      return undefined
    const { access, refreshToken, sealKey } = successor(session, { stage: session.stage, salt: last.salt }, presented)
    if (access.token !== newest.id || !sameDigest(session.digest, digestOf(refreshToken))) return undefined
    const scope = narrowedScope(presented.scope, session.scope, app)
    const accessToken =
      last.sealed === undefined ? format.write(access.kind, access) : await unseal(last.sealed, sealKey())
    return accessTokenIssuer.toResponse({ text: accessToken, ...newest }, { scope, refreshToken, at: clock() })
  }

  /** The next credentials: the same for every attempt, and not derivable from the record or the credential alone. */
  function successor(session: Session, step: { stage: number; salt: string }, presented: Exchange) {
    const { credential, scope, resources } = presented
    const { app, install, session: id, secret } = credential
    const asked = [scope, resources].map((list) => JSON.stringify(list ?? null))
    const derive = (what: string, width: number) => macOf(step.salt, width, what, secret, ...asked)
    const ids = { app, install, session: id }
    const refreshToken = format.write('rt', {
      ...ids,
      stage: numberToBase62(step.stage, WIDTH.stage),
      secret: derive('refresh', WIDTH.secret),
      tag: tagOf(session, 'rt', step.stage),
    })
    return {
      refreshToken,
      sealKey: () => derive('seal', WIDTH.secret),
      access: {
        kind: 'ut' as const,
        ...ids,
        token: derive('token', WIDTH.token),
        secret: derive('access', WIDTH.secret),
      },
    }
  }

  /** Ends the session with one write, then removes its tokens, which have already stopped working, from the list. */
  async function end(app: LiveApp, { record, install }: FoundSession, change: 'removed' | 'reused'): Promise<void> {
    let before: Session | undefined
    await collection.write(sessionKind, record, (session) => {
      if (session?.state === 'open') before = session
      return session && endedSession(session)
    })
    if (!before) return
    const account = install?.account ?? app.owner
    const tokenIds = before.tokens.map(({ id }) => id)
    parts.events.emit('token', { account }, { change, app: app.key, account, tokenIds })
    await Promise.allSettled(
      tokenIds.map((token) =>
        collection.write(tokenKind, tokenRef({ app: app.key, token }), (found) =>
          found?.state === 'live' ? removedToken(found) : undefined,
        ),
      ),
    )
  }
}

function stageOf({ stage }: Credential): number {
  return numberFromBase62(stage)
}
