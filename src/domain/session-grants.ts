import { AppGrantError } from '../base/errors.ts'
import type { EventSource } from '../base/events.ts'
import { sameDigest } from '../credentials/digest.ts'
import type { TokenFormat } from '../credentials/token-format.ts'
import type { LiveApp } from '../records/app.ts'
import { type Collection, hasExpired, type StoreRecord } from '../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../records/install.ts'
import { type Session, sessionKind, sessionRef, tagOf } from '../records/session.ts'
import type { Granted } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import type { AppAuthentication, AppCredentials, RequestFacts } from './app-authentication.ts'
import { resourcesInput } from './audience.ts'
import { bindingFault, bindingOf, challengeOf } from './code-binding.ts'
import { idInput, objectInput, sourceInput } from './input.ts'
import type { Refusals } from './refusals.ts'
import { scopeTokens } from './scope.ts'
import type { SessionEnding } from './session-ending.ts'
import type { Attempt, Presented, SessionSteps, Usable } from './session-steps.ts'
import { type Credential, stageOf } from './session-successor.ts'
import { gone, invalidCode } from './spent-credential.ts'
import { assertNotSuspended, assertUsable } from './standing.ts'

/** An attempt is repeated if a concurrent one with the same credential has overtaken it, so each time one of them succeeds. */
const MAX_TRIES = 100
/** Longer than any redirect URL that an app can register. Nothing longer is hashed. */
const MAX_REDIRECT = 4096

/** The grants that use up a credential of a session: a code or a refresh token. */
export interface SessionGrants {
  redeemCode(by: CodeInput): Promise<Granted>
  refresh(by: RefreshInput): Promise<Granted>
  /** Ends the session of a genuine code or refresh token of that app. Returns false if it is not one. */
  revoke(app: LiveApp, credential: Credential, source: EventSource): Promise<boolean>
  /** Whether the credential was ever issued, to any app. */
  isGenuine(credential: Credential): Promise<boolean>
}

/** An authorization code to exchange, and the app that presents it. */
export type CodeInput = AppCredentials &
  RequestFacts & {
    readonly code: string
    /** The PKCE verifier, 43–128 characters. */
    readonly verifier: string
    /** The redirect URL of the authorization request, unmodified. */
    readonly redirectUrl: string
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[]
  }
/** A refresh token to exchange, and the app that presents it. */
export type RefreshInput = AppCredentials &
  RequestFacts & {
    readonly refreshToken: string
    /** Which part of the granted scope the access token has. Default is all of it. */
    readonly scope?: readonly string[]
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[]
  }

/** A presented credential. A code must be bound to `binding`. */
interface Bound extends Presented {
  readonly binding?: string
}

/** A session that the presented credential belongs to, read together with its install. */
interface Found {
  readonly record: StoreRecord
  readonly session: Session
  readonly install: LiveInstall | undefined
  readonly isExpired: boolean
}

export interface SessionGrantParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly authentication: AppAuthentication
  readonly steps: SessionSteps
  readonly ending: SessionEnding
  readonly refusals: Refusals
  readonly format: TokenFormat
  readonly clock: () => number
}

export function createSessionGrants(parts: SessionGrantParts): SessionGrants {
  const { collection, accounts, authentication, steps, ending, refusals, format, clock } = parts

  return {
    async redeemCode(by) {
      const source = sourceInput(objectInput(by, 'by'))
      const text = idInput(by.code, 'code')
      const verifier = idInput(by.verifier, 'verifier')
      const redirectUrl = idInput(by.redirectUrl, 'redirectUrl')
      // Authenticate first: others must learn nothing about the code.
      const app = await authentication.authenticate(by)
      return refusals.watch({}, { app: app.key, ...source }, async () => {
        const credential = await read('ac', text, app)
        if (redirectUrl.length > MAX_REDIRECT) throw invalidCode('wrong_redirect')
        const binding = bindingOf(challengeOf(verifier), redirectUrl)
        const resources = resourcesInput(by.resources)
        return present({ app, text, credential, binding, scope: undefined, resources, source })
      })
    },
    async refresh(by) {
      const source = sourceInput(objectInput(by, 'by'))
      const text = idInput(by.refreshToken, 'refreshToken')
      const app = await authentication.authenticate(by)
      return refusals.watch({}, { app: app.key, ...source }, async () => {
        const credential = await read('rt', text, app)
        const [scope, resources] = [scopeTokens(by.scope), resourcesInput(by.resources)]
        return present({ app, text, credential, scope, resources, source })
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
    if (parsed?.kind !== kind) throw gone(kind, 'unknown')
    if (parsed.app !== app.key) throw gone(kind, (await isGenuine(parsed)) ? 'other_app' : 'unknown')
    return parsed
  }

  async function isGenuine(credential: Credential): Promise<boolean> {
    const found = await find(credential)
    return found !== undefined && !found.isExpired
  }

  /** The session of a genuine credential: its tag proves that it was issued, however long ago. */
  async function find(credential: Credential): Promise<Found | undefined> {
    const [record, installRecord] = await collection.get([sessionRef(credential), installRef(credential)])
    if (!record) return undefined
    const session = sessionKind.unpack(record)
    const isTheirs = session.app === credential.app && session.install?.id === credential.install
    if (!isTheirs || !sameDigest(tagOf(session, credential.kind, stageOf(credential)), credential.tag)) return undefined
    const install = installRecord && installKind.unpack(installRecord)
    const isCurrent = install?.state === 'live' && install.generation === session.install?.generation
    return { record, session, install: isCurrent ? install : undefined, isExpired: hasExpired(record, clock()) }
  }

  async function present(presented: Bound): Promise<Granted> {
    const attempt: Attempt = { hasStored: false }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await usable(presented)
      const taken = await steps.take(presented, found, attempt)
      if (taken === 'used') return refuseUsed(presented, found, attempt)
      if (taken !== 'overtaken') return taken
    }
    throw new AppGrantError(
      'conflict',
      {},
      { message: 'too many concurrent attempts', hint: 'The code or refresh token is still valid: repeat the call.' },
    )
  }

  /** The session of the presented credential, if the app may use it now. */
  async function usable({ app, credential, binding }: Bound): Promise<Usable> {
    const { kind } = credential
    const found = await find(credential)
    if (!found) throw gone(kind, 'unknown')
    const { session, install, isExpired } = found
    const fault = binding === undefined ? undefined : bindingFault(session.binding, binding)
    if (fault) throw invalidCode(fault)
    if (isExpired) throw gone(kind, 'expired')
    if (!install || session.generation !== app.generation) throw gone(kind, 'revoked')
    if (install.epoch !== (await assertUsable(app, install.account, accounts))) throw gone(kind, 'revoked')
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
    throw gone(credential.kind, ahead < 0 ? 'reused' : ahead > 0 ? 'lost_step' : 'revoked')
  }
}

function sessionOf(app: LiveApp, { session, install }: Pick<Found, 'session' | 'install'>) {
  return { app, session: session.id, install }
}
