import type { EventSource } from '../../base/events.ts'
import { sameDigest } from '../../credentials/digest.ts'
import type { ParsedToken, TokenFormat } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { installKind, installRef, type LiveInstall } from '../../records/install.ts'
import { conflict, type Retries } from '../../records/retries.ts'
import { isOver, sessionKind, sessionRef, tagOf } from '../../records/session.ts'
import { type Accounts, askingOnce } from '../accounts/accounts.ts'
import { assertMayAct, assertNotSuspended } from '../accounts/may-act.ts'
import type { AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import { type FailureLimiter, tooManyFailures } from '../apps/failure-limiter.ts'
import { sourceInput } from '../input/input.ts'
import { because, type Known, type Refusals } from '../refusals.ts'
import type { CredentialApp } from '../registration/app-of-credential.ts'
import type { ClientApps } from '../registration/client-apps.ts'
import type { TokenResponse } from '../tokens/access-token-issuer.ts'
import { assertBoundKey, assertKeyOf } from './bound-keys.ts'
import type { FindLegacy } from './find-legacy.ts'
import { newInstallOf } from './new-app-steps.ts'
import type { Attempt, Presented, Usable } from './presented.ts'
import type { PresentingApps } from './presenting-apps.ts'
import { type Credential, isCredential, stageOf } from './session-credential.ts'
import type { SessionEnding } from './session-ending.ts'
import type { SessionGrant } from './session-grant.ts'
import type { SessionSteps } from './session-steps.ts'

/** The exchange of a session's credential for tokens, which is the same for every grant that has sessions. */
export interface SessionExchange {
  /** The app that presents a credential of the grant. A refusal is reported. */
  authenticate(
    grant: Pick<SessionGrant, 'kind' | 'invalid'>,
    text: string,
    input: AppCredentials & RequestContext,
  ): Promise<CredentialApp>
  /** Reads a presented credential of the grant, which must be one of the app's. */
  read(grant: Pick<SessionGrant, 'kind' | 'invalid'>, text: string, app: LiveApp): Promise<Credential>
  /** Exchanges it, or ends its session if it was used before. */
  exchange(presented: Presented): Promise<TokenResponse>
  /**
   * Ends the session of a genuine credential of that app; nothing is written for any other.
   *
   * @returns the account whose session it was; undefined if the session gave nothing any more.
   */
  revoke(app: LiveApp, identified: Identified, source: EventSource): Promise<string | undefined>
  /** Whether the credential was ever issued, to any app. */
  isGenuine(identified: Identified): Promise<boolean>
  /** What a text is that is no access token: what it was parsed as, which need not be genuine, or an imported refresh token. */
  identify(text: string, parsed: ParsedToken | undefined): Promise<Identified | undefined>
}

/** A credential of a session, and its text. */
export type Identified = Pick<Presented, 'credential' | 'text'>

/** A session that the presented credential belongs to, read together with its install. */
interface FoundSession extends Omit<Usable, 'install'> {
  readonly install: LiveInstall | undefined
  /** The credential as the session knows it. */
  readonly credential: Credential
}

export function createSessionExchange(parts: {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly presentingApps: PresentingApps
  readonly clientApps: ClientApps
  readonly refusals: Refusals
  readonly steps: SessionSteps
  readonly ending: SessionEnding
  readonly findLegacy: FindLegacy
  readonly failures: FailureLimiter
  readonly format: TokenFormat
  readonly retries: Retries
  readonly clock: () => number
}): SessionExchange {
  const {
    collection,
    accounts,
    presentingApps,
    clientApps,
    refusals,
    steps,
    ending,
    findLegacy,
    failures,
    format,
    retries,
    clock,
  } = parts

  return {
    async authenticate({ kind, invalid }, text, input) {
      const parsed = format.read(text)
      const presented = parsed?.kind === kind ? parsed : undefined
      const presenting = await presentingApps.authenticate(input, presented)
      if (typeof presenting === 'object') return presenting
      return refusals.watch({}, sourceInput(input), async () => {
        if (presenting === 'removed') throw invalid('revoked')
        const identified = await identifyAs(kind, text)
        throw invalid(identified && (await isGenuine(identified)) ? 'other_app' : 'unknown')
      })
    },
    async read({ kind, invalid }, text, app) {
      assertNotSuspended(app)
      const identified = await identifyAs(kind, text)
      if (!identified) throw invalid('unknown')
      const { credential } = identified
      if (credential.app !== app.key) throw invalid((await isGenuine(identified)) ? 'other_app' : 'unknown')
      return credential
    },
    async exchange(presented) {
      assertKeyOf(presented.app, presented.jkt)
      const attempt: Attempt = { hasStored: false }
      const asked = askingOnce(accounts)
      // An attempt that a concurrent one with the same credential has overtaken is repeated, so each time one of them succeeds.
      const mayRetry = retries()
      do {
        const { credential, ...found } = await usable(presented, asked)
        const current = { ...presented, credential }
        const taken = await steps.take(current, found, attempt)
        if (taken === 'used') return refuseUsed(current, found, attempt)
        if (taken !== 'overtaken') return taken
      } while (mayRetry())
      throw conflict('The code or refresh token is still valid: repeat the call.')
    },
    async revoke(app, identified, source) {
      const found = await find(identified)
      if (!found) return undefined
      await ending.end(sessionOf(app, found), { change: 'removed', source })
      const { session, isExpired } = found
      const wasUsable = session.state === 'open' && session.stamp === app.stamp && !isExpired
      return wasUsable ? installOf(found)?.account : undefined
    },
    isGenuine,
    identify,
  }

  async function isGenuine(identified: Identified): Promise<boolean> {
    const found = await find(identified)
    return found !== undefined && !found.isExpired
  }

  /** What is presented as a credential of that kind. */
  async function identifyAs(kind: Credential['kind'], text: string): Promise<Identified | undefined> {
    const parsed = format.read(text)
    const mayBe = parsed ? parsed.kind === kind : kind === 'rt'
    return mayBe ? identify(text, parsed) : undefined
  }

  /** A text that is a credential of this package costs no read. */
  async function identify(text: string, parsed: ParsedToken | undefined): Promise<Identified | undefined> {
    const credential = parsed ? isCredential(parsed) && parsed : await findLegacy(text)
    return credential ? { credential, text } : undefined
  }

  /** The session of a genuine credential. A refresh token that another store had is of this package, and imported all the same. */
  async function find({ credential, text }: Identified): Promise<FoundSession | undefined> {
    const found = await findStored(credential)
    if (found || credential.kind !== 'rt' || credential.secret === text) return found
    const legacy = await findLegacy(text)
    return legacy?.app === credential.app ? findStored(legacy) : undefined
  }

  /** The session that a credential names, if its tag proves that it was issued, however long ago. */
  async function findStored(credential: Credential): Promise<FoundSession | undefined> {
    const [record, installRecord] = await collection.get([sessionRef(credential), installRef(credential)])
    if (!record) return undefined
    const session = sessionKind.unpack(record)
    if (session.state === 'pending') return undefined
    const isTheirs = session.app === credential.app && session.install?.id === credential.install
    if (!isTheirs || !sameDigest(tagOf(session, credential.kind, stageOf(credential)), credential.tag)) return undefined
    const install = installRecord && installKind.unpack(installRecord)
    const isCurrent = install?.state === 'live' && install.stamp === session.install?.stamp
    return {
      credential,
      record,
      session,
      install: isCurrent ? install : undefined,
      hasNoInstall: !installRecord,
      isExpired: isOver(session, clock()),
    }
  }

  /** The session of the presented credential, if the app may use it now. */
  async function usable(presented: Presented, asked: Accounts): Promise<Usable & Pick<FoundSession, 'credential'>> {
    const { app, grant } = presented
    const found = await find(presented)
    if (!found) throw grant.invalid('unknown')
    const { session } = found
    grant.assertBound?.(session)
    assertBoundKey({ ...presented, credential: found.credential }, session)
    const install = installOf(found)
    if (!install || session.stamp !== app.stamp) throw grant.invalid('revoked')
    if (install.epoch !== (await assertMayAct(app, install.account, asked))) throw grant.invalid('revoked')
    if (session.newApp) await clientApps.assertMayRegister(session.newApp, asked)
    return { ...found, install }
  }

  /**
   * Refuses a genuine credential that is not the current one: somebody else has used it, or the store has lost a step. The session
   * is ended even if it has ended already, because only a write confirms it, and even if it has expired, because it may not have
   * by the clock of another node. A replay counts as a failed attempt: a public app has nothing else to fail with.
   */
  async function refuseUsed(presented: Presented, found: Usable, attempt: Attempt): Promise<never> {
    const { app, credential, grant, source } = presented
    const ahead = stageOf(credential) - found.session.stage
    const of = sessionOf(app, found)
    await ending.end(of, { change: 'reused', source })
    if (attempt.hasStored) await ending.delist(of)
    if (found.isExpired) throw grant.invalid('expired')
    if (ahead > 0) throw grant.invalid('lost_step')
    const reason = ahead < 0 ? 'reused' : 'revoked'
    const wait = failures.count({ key: app.key, remoteAddress: source.remoteAddress })
    throw wait > 0 ? because(tooManyFailures(wait), reason) : grant.invalid(reason)
  }
}

/** What is known of a request of that app. A new one does not exist. */
export function knownOf({ app, isNew }: CredentialApp): Known {
  return isNew ? {} : { app: app.key }
}

/** The install of a session, or the one that the exchange of its code leads to. Undefined if it was ended or replaced. */
function installOf({ session, install, hasNoInstall }: FoundSession): LiveInstall | undefined {
  return install ?? (hasNoInstall ? newInstallOf(session) : undefined)
}

function sessionOf(app: LiveApp, { session, install }: Pick<FoundSession, 'session' | 'install'>) {
  return { app, session: session.id, install }
}
