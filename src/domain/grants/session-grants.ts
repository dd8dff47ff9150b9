import { AppGrantError } from '../../base/errors.ts'
import type { EventSource } from '../../base/events.ts'
import { sameDigest } from '../../credentials/digest.ts'
import type { TokenFormat } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired } from '../../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../../records/install.ts'
import { sessionKind, sessionRef, tagOf } from '../../records/session.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct, assertNotSuspended } from '../accounts/may-act.ts'
import type { AppAuthenticator, AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import { bindingFault, bindingOf, challengeOf } from '../authorization/pkce.ts'
import { idInput, objectInput, sourceInput } from '../input/input.ts'
import { resourcesInput } from '../input/resources.ts'
import type { Refusals } from '../refusals.ts'
import type { TokenResponse } from '../tokens/access-token-issuer.ts'
import { scopeTokens } from '../tokens/scope.ts'
import { invalidCode, invalidGrant } from './invalid-grant.ts'
import type { SessionEnding } from './session-ending.ts'
import type { Attempt, Presented, SessionSteps, Usable } from './session-steps.ts'
import { type Credential, stageOf } from './session-successor.ts'

/** An attempt is repeated if a concurrent one with the same credential has overtaken it, so each time one of them succeeds. */
const MAX_TRIES = 100
/** Longer than any redirect URL that an app can register. Nothing longer is hashed. */
const MAX_REDIRECT = 4096

/** The grants that use up a credential of a session: a code or a refresh token. */
export interface SessionGrants {
  exchangeCode(input: CodeInput): Promise<TokenResponse>
  refresh(input: RefreshInput): Promise<TokenResponse>
  /** Ends the session of a genuine code or refresh token of that app. Returns false if it is not one. */
  revoke(app: LiveApp, credential: Credential, source: EventSource): Promise<boolean>
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
    readonly resources?: readonly string[] | undefined
  }
/** A refresh token to exchange, and the app that presents it. */
export type RefreshInput = AppCredentials &
  RequestContext & {
    readonly refreshToken: string
    /** Which part of the granted scope the access token has. Default is all of it. */
    readonly scope?: readonly string[] | undefined
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[] | undefined
  }

/** A presented credential. A code must be bound to `binding`. */
interface Bound extends Presented {
  readonly binding?: string
}

/** A session that the presented credential belongs to, read together with its install. */
interface FoundSession extends Omit<Usable, 'install'> {
  readonly install: LiveInstall | undefined
  readonly isExpired: boolean
}

export interface SessionGrantParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly authenticator: AppAuthenticator
  readonly steps: SessionSteps
  readonly ending: SessionEnding
  readonly refusals: Refusals
  readonly format: TokenFormat
  readonly clock: () => number
}

export function createSessionGrants(parts: SessionGrantParts): SessionGrants {
  const { collection, accounts, authenticator, steps, ending, refusals, format, clock } = parts

  return {
    async exchangeCode(input) {
      const source = sourceInput(objectInput(input, 'input'))
      const text = idInput(input.code, 'code')
      const codeVerifier = idInput(input.codeVerifier, 'codeVerifier')
      const redirectUrl = idInput(input.redirectUrl, 'redirectUrl')
      // Authenticate first: others must learn nothing about the code.
      const app = await authenticator.authenticate(input)
      return refusals.watch({}, { app: app.key, ...source }, async () => {
        const credential = await read('ac', text, app)
        if (redirectUrl.length > MAX_REDIRECT) throw invalidCode('wrong_redirect')
        const binding = bindingOf(challengeOf(codeVerifier), redirectUrl)
        const resources = resourcesInput(input.resources)
        return exchange({ app, text, credential, binding, scope: undefined, resources, source })
      })
    },
    async refresh(input) {
      const source = sourceInput(objectInput(input, 'input'))
      const text = idInput(input.refreshToken, 'refreshToken')
      const app = await authenticator.authenticate(input)
      return refusals.watch({}, { app: app.key, ...source }, async () => {
        const credential = await read('rt', text, app)
        const [scope, resources] = [scopeTokens(input.scope), resourcesInput(input.resources)]
        return exchange({ app, text, credential, scope, resources, source })
      })
    },
    async revoke(app, credential, source) {
      const found = await find(credential)
      if (!found) return false
      await ending.end(sessionOf(app, found), { change: 'removed', source })
      return true
    },
    isGenuine,
  }

  async function read(kind: Credential['kind'], text: string, app: LiveApp): Promise<Credential> {
    assertNotSuspended(app)
    const parsed = format.read(text)
    if (parsed?.kind !== kind) throw invalidGrant(kind, 'unknown')
    if (parsed.app !== app.key) throw invalidGrant(kind, (await isGenuine(parsed)) ? 'other_app' : 'unknown')
    return parsed
  }

  async function isGenuine(credential: Credential): Promise<boolean> {
    const found = await find(credential)
    return found !== undefined && !found.isExpired
  }

  /** The session of a genuine credential: its tag proves that it was issued, however long ago. */
  async function find(credential: Credential): Promise<FoundSession | undefined> {
    const [record, installRecord] = await collection.get([sessionRef(credential), installRef(credential)])
    if (!record) return undefined
    const session = sessionKind.unpack(record)
    if (session.state === 'pending') return undefined
    const isTheirs = session.app === credential.app && session.install?.id === credential.install
    if (!isTheirs || !sameDigest(tagOf(session, credential.kind, stageOf(credential)), credential.tag)) return undefined
    const install = installRecord && installKind.unpack(installRecord)
    const isCurrent = install?.state === 'live' && install.stamp === session.install?.stamp
    return { record, session, install: isCurrent ? install : undefined, isExpired: hasExpired(record, clock()) }
  }

  async function exchange(presented: Bound): Promise<TokenResponse> {
    const attempt: Attempt = { hasStored: false }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await usable(presented)
      const taken = await steps.take(presented, found, attempt)
      if (taken === 'used') return refuseUsed(presented, found, attempt)
      if (taken !== 'overtaken') return taken
    }
    throw new AppGrantError('conflict', {
      message: 'too many concurrent attempts',
      hint: 'The code or refresh token is still valid: repeat the call.',
    })
  }

  /** The session of the presented credential, if the app may use it now. */
  async function usable({ app, credential, binding }: Bound): Promise<Usable> {
    const { kind } = credential
    const found = await find(credential)
    if (!found) throw invalidGrant(kind, 'unknown')
    const { session, install, isExpired } = found
    const fault = binding === undefined ? undefined : bindingFault(session.binding, binding)
    if (fault) throw invalidCode(fault)
    if (isExpired) throw invalidGrant(kind, 'expired')
    if (!install || session.stamp !== app.stamp) throw invalidGrant(kind, 'revoked')
    if (install.epoch !== (await assertMayAct(app, install.account, accounts))) throw invalidGrant(kind, 'revoked')
    return { ...found, install }
  }

  /**
   * Refuses a genuine credential that is not the current one: somebody else has used it, or the store has lost a step. The session
   * is ended even if it has ended already, because only a write confirms it.
   */
  async function refuseUsed(presented: Presented, found: Usable, attempt: Attempt): Promise<never> {
    const { app, credential, source } = presented
    const ahead = stageOf(credential) - found.session.stage
    const of = sessionOf(app, found)
    await ending.end(of, { change: 'reused', source })
    if (attempt.hasStored) await ending.delist(of)
    throw invalidGrant(credential.kind, ahead < 0 ? 'reused' : ahead > 0 ? 'lost_step' : 'revoked')
  }
}

function sessionOf(app: LiveApp, { session, install }: Pick<FoundSession, 'session' | 'install'>) {
  return { app, session: session.id, install }
}
