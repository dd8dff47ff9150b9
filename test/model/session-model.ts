import fc from 'fast-check'
import { expect } from 'vitest'
import type { AppGrant, ErrorCode } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import type { Fixture } from '../support/fixture.ts'
import { answerIn, challengeOf, codeIn, LIFE, REDIRECT, VERIFIER } from '../support/session-fixture.ts'
import { CONSENT_WINDOW_MS, MOST_CONSENTS } from './host-options.ts'
import {
  type Account,
  actors,
  allowsRedirect,
  CHAIN,
  type Command,
  chainOf,
  credential,
  heldScopes,
  LOOPBACK,
  type Model,
  type ModelApp,
  type ModelRedirect,
  type ModelToken,
  managementFor,
  mayAct,
  type Part,
  type rankOver,
  secretOf,
} from './lifecycle-model.ts'

/** User authorization in the model: installs, codes, refresh tokens and access tokens of accounts that do not own the app. */

/** By how much the life of a refresh token that is kept is extended at least. */
const IDLE_STEP_MS = 1000

export interface ModelSession {
  readonly app: ModelApp
  readonly account: Account
  readonly stamp: number
  readonly install: ModelInstall
  /** Undefined if it was approved for a device. */
  readonly code: { readonly text: string; readonly redirect: ModelRedirect } | undefined
  readonly scope: readonly string[]
  /** When all of it ends. */
  readonly endsAt: number
  /** When the current code or refresh token expires. */
  credentialEndsAt: number
  /** When nothing of it can be used any more, not even by a retry. */
  expiresAt: number
  /** Every refresh token, the newest last. */
  readonly refreshes: string[]
  /** Undefined once the last rotation cannot be repeated. */
  rotatedAt: number | undefined
  readonly tokens: ModelToken[]
  /** The access tokens of the last rotation, by what they are for. */
  readonly variants: Map<string, ModelToken>
  isEnded: boolean
}

interface ModelInstall {
  readonly app: ModelApp
  readonly account: Account
  readonly epoch: string | undefined
  expiresAt: number
  isWithdrawn: boolean
  /** Withdrawn with its account, which frees its tokens. */
  isErased: boolean
}

/** An authorization request that an app has pushed, and that was not decided about. */
interface ModelPush {
  readonly app: ModelApp
  readonly url: string
  readonly requestUri: string
  readonly endsAt: number
}

interface Held {
  readonly sessions: ModelSession[]
  readonly installs: ModelInstall[]
  readonly pushed: Set<ModelPush>
}

const heldBy = new WeakMap<Model, Held>()

function heldOf(model: Model): Held {
  const held = heldBy.get(model) ?? { sessions: [], installs: [], pushed: new Set() }
  heldBy.set(model, held)
  return held
}

/** An owner is replaced by the account at the top, because the app-only tokens of owners are listed elsewhere. */
export const holderOf = (app: ModelApp, account: Account): Account => (account === app.owner ? 'root' : account)

/** The install, even if it has expired. */
function installOf(model: Model, app: ModelApp, account: Account): ModelInstall | undefined {
  return heldOf(model).installs.find((one) => one.app === app && one.account === account && !one.isWithdrawn)
}

const consentsOf = new WeakMap<AppGrant, Map<Account, { asked: number; readonly endsAt: number }>>()

/** Counts a consent request of an account. Returns whether there are too many. */
export function hasAskedTooOften({ appgrant, clock }: Fixture, account: Account): boolean {
  const consents = consentsOf.get(appgrant) ?? new Map()
  consentsOf.set(appgrant, consents)
  const known = consents.get(account)
  const current = known && known.endsAt > clock() ? known : { asked: 0, endsAt: clock() + CONSENT_WINDOW_MS }
  consents.set(account, current)
  return ++current.asked > MOST_CONSENTS
}

/** Why no account of that tenant may have anything to do with the app now; the owner is checked first. */
function refusalOfApp<Replaced extends string = 'account_blocked'>(
  model: Model,
  app: ModelApp,
  account: Account,
  replaced?: Replaced,
): ErrorCode | 'ok' | Replaced {
  const ofOwner = mayAct(model, app, replaced)
  if (ofOwner !== 'ok') return ofOwner
  return app.published || model.accounts[account].tenant === model.accounts[app.owner].tenant ? 'ok' : 'not_permitted'
}

/** Why the app may not act for the account now. */
export function standingFor<Replaced extends string = 'account_blocked'>(
  model: Model,
  app: ModelApp,
  account: Account,
  replaced?: Replaced,
): ErrorCode | 'ok' | Replaced {
  const ofApp = refusalOfApp(model, app, account, replaced)
  if (ofApp !== 'ok') return ofApp
  const chain = chainOf(account).map((id) => model.accounts[id])
  if (!chain.every(({ active }) => active)) return 'account_blocked'
  return chain.every(({ mayUse }) => mayUse) ? 'ok' : 'not_permitted'
}

const isDead = (session: ModelSession) =>
  session.app.isRemoved || session.install.isWithdrawn || session.stamp !== session.app.stamp

const isLive = ({ expiresAt, isWithdrawn }: ModelInstall, now: number) => !isWithdrawn && expiresAt > now

const isOfEpoch = ({ accounts }: Model, { account, epoch }: ModelInstall) => accounts[account].epoch === epoch

function requestOf(app: ModelApp, url: string): URLSearchParams {
  return new URLSearchParams({
    client_id: app.key,
    redirect_uri: url,
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
}

const redirectUrl = fc.constantFrom(REDIRECT, REDIRECT, LOOPBACK)

const redirectOf = (model: Model, app: ModelApp, url: string) =>
  app.redirects.find((one) => one.url === url && allowsRedirect(model, url))

const push = fc
  .record({ app: fc.nat(20), which: credential, url: redirectUrl })
  .map(({ app: at, which, url }): Command => {
    const title = `app ${at} pushes a request with the ${which} secret${url === LOOPBACK ? ' from a device' : ''}`
    return {
      check: ({ apps }) => apps.length > 0,
      async run(model, { appgrant, clock }) {
        const app = model.apps[at % model.apps.length] as ModelApp
        const { secret, isGood } = secretOf(model, app, which)
        const call = appgrant.pushedRequests?.push(requestOf(app, url), { key: app.key, secret })
        const expected = () => {
          if (!isGood) return 'app_authentication_failed'
          const ofApp = mayAct(model, app)
          return ofApp !== 'ok' || redirectOf(model, app, url) ? ofApp : 'invalid_redirect'
        }
        const outcome = await codeOf(call ?? Promise.reject(new Error('no request may be pushed')))
        expect(outcome, title).toBe(expected())
        model.log.push(`${title}: ${outcome}`)
        const requestUri = outcome === 'ok' ? (await call)?.requestUri : undefined
        if (requestUri !== undefined) heldOf(model).pushed.add({ app, url, requestUri, endsAt: clock() + LIFE.pending })
      },
      toString: () => title,
    }
  })

const authorize = fc
  .record({
    app: fc.nat(20),
    asked: fc.constantFrom(...CHAIN),
    denies: fc.boolean(),
    times: fc.constantFrom(1, 1, 1, 1, MOST_CONSENTS + 1),
    url: redirectUrl,
    isPushed: fc.constantFrom(false, false, true),
  })
  .map(({ app: at, asked, denies, times, url, isPushed }): Command => {
    const title = `${asked} ${denies ? 'denies' : 'approves'} request ${times} of app ${at}${url === LOOPBACK ? ' on a device' : ''}`
    return {
      check: ({ apps }) => apps.length > 0,
      async run(model, fixture) {
        const { pushed } = heldOf(model)
        const pushing = isPushed ? [...pushed].at(-1) : undefined
        const app = pushing?.app ?? (model.apps[at % model.apps.length] as ModelApp)
        const account = holderOf(app, asked)
        const standing = standingFor(model, app, account)
        const redirect = redirectOf(model, app, pushing?.url ?? url)
        const isExpired = pushing !== undefined && fixture.clock() >= pushing.endsAt
        if (pushing && isExpired) pushed.delete(pushing)
        // What is wrong with the app or its owner is shown on a page; what is wrong with the account, the app gets to know.
        const onPage = () => {
          if (isExpired) return 'invalid_request'
          if (app.isRemoved) return 'app_not_found'
          if (app.suspendedBy) return 'app_suspended'
          if (!redirect) return 'invalid_redirect'
          const ofApp = refusalOfApp(model, app, account)
          return ofApp === 'ok' && standing === 'ok' && hasAskedTooOften(fixture, account) ? 'limit_reached' : ofApp
        }
        const params = pushing
          ? new URLSearchParams({ client_id: app.key, request_uri: pushing.requestUri })
          : requestOf(app, url)
        const begin = () => fixture.appgrant.authorizer.beginAuthorization(params, { account })
        // A pushed request that is opened again is the same one.
        if (!pushing) for (let n = 1; n < times; n++) expect(await codeOf(begin()), title).toBe(onPage())
        const call = begin()
        const outcome = await codeOf(call)
        expect(outcome, title).toBe(onPage())
        model.log.push(`${title}${pushing ? ', pushed' : ''}: ${outcome}`)
        if (outcome !== 'ok' || !redirect) return
        const answer = await call
        expect(answer.step, title).toBe(standing === 'ok' ? 'consent' : 'redirect')
        if (answer.step === 'redirect') return expect(answerIn(answer).error).toBe('access_denied')
        expect(answer.scopes.map(({ name }) => name)).toEqual(heldScopes(model, app))
        if (pushing) pushed.delete(pushing)
        const { authorizer } = fixture.appgrant
        if (denies) return void (await authorizer.deny({ ticket: answer.ticket, account }))
        const text = codeIn(await authorizer.approve({ ticket: answer.ticket, account }))
        const now = fixture.clock()
        const approved = { app, account, scope: heldScopes(model, app), code: { text, redirect } }
        approve(model, { ...approved, credentialEndsAt: now + LIFE.code }, now)
      },
      toString: () => title,
    }
  })

/** Installs the app for the account, and opens a session. */
export function approve(
  model: Model,
  asked: Pick<ModelSession, 'app' | 'account' | 'scope' | 'code' | 'credentialEndsAt'>,
  now: number,
): ModelSession {
  const { app, account, credentialEndsAt } = asked
  const { epoch } = model.accounts[account]
  const held = heldOf(model)
  const endsAt = now + app.lifetimes.absolute
  const known = installOf(model, app, account)
  const current = known?.epoch === epoch && known && known.expiresAt > now ? known : undefined
  const install = current ?? { app, account, epoch, expiresAt: endsAt, isWithdrawn: false, isErased: false }
  install.expiresAt = Math.max(install.expiresAt, endsAt)
  if (install !== known) {
    // What belonged to an install of another epoch, or to one that has expired, is revoked for good.
    if (known) known.isWithdrawn = true
    held.installs.push(install)
  }
  const session: ModelSession = {
    ...asked,
    install,
    stamp: app.stamp,
    endsAt,
    expiresAt: credentialEndsAt,
    refreshes: [],
    rotatedAt: undefined,
    tokens: [],
    variants: new Map(),
    isEnded: false,
  }
  held.sessions.push(session)
  return session
}

/** What a valid secret gets before the credential itself is checked. */
export function refusalBefore(
  model: Model,
  session: ModelSession,
  gone: ErrorCode,
  isExpired: boolean,
): ErrorCode | 'ok' {
  const { app, account, install } = session
  if (app.suspendedBy) return 'app_suspended'
  if (isDead(session)) return gone
  const standing = standingFor(model, app, account)
  if (standing !== 'ok') return standing
  return isOfEpoch(model, install) && !isExpired ? 'ok' : gone
}

export function scopeNow(model: Model, { scope, app }: ModelSession): readonly string[] {
  return scope.filter((one) => heldScopes(model, app).includes(one))
}

export type Result = {
  accessToken: string
  refreshToken?: string | undefined
  tokenId: string
  scope: readonly string[]
}

/** What a refresh may ask for: the same in several forms, parts of it, and more than there is. */
const ASKED = {
  nothing: () => undefined,
  all: (scope) => scope.toReversed(),
  read: () => ['read'],
  write: () => ['write'],
  more: () => ['admin'],
  wider: () => ['admin', 'write', 'read'],
} satisfies Record<string, (now: readonly string[]) => readonly string[] | undefined>

type Asked = keyof typeof ASKED

/** The scope that a request gets; undefined if it is refused. */
function scopeOf(model: Model, session: ModelSession, asked: Asked): readonly string[] | undefined {
  const all = scopeNow(model, session)
  const scope = ASKED[asked](all) ?? all
  const granted = all.filter((one) => scope.includes(one))
  return granted.length > 0 || scope.length === 0 ? granted : undefined
}

export function advance(session: ModelSession, answer: Result, now: number): void {
  session.refreshes.push(answer.refreshToken ?? '')
  session.rotatedAt = now
  session.variants.clear()
  session.credentialEndsAt = idleEnd(session, now)
  issue(session, answer, now)
  session.expiresAt = Math.max(session.expiresAt, session.credentialEndsAt)
}

/** Whether the step that led to the current refresh token may be repeated. */
export function isRepeatable({ rotatedAt, isEnded }: ModelSession, now: number): boolean {
  return rotatedAt !== undefined && now - rotatedAt < LIFE.grace && !isEnded
}

/** That step again: the same refresh token, and for the same scope the same access token. */
export function repeat(session: ModelSession, answer: Result, now: number): void {
  const known = session.variants.get(answer.scope.join(' '))
  expect(answer.refreshToken).toBe(session.refreshes.at(-1))
  if (known) expect(answer.accessToken).toBe(known.text)
  else issue(session, answer, now)
}

/** The refresh token stays, and its predecessor can no longer be retried. */
function keep(session: ModelSession, answer: Result, now: number): void {
  const credentialEndsAt = idleEnd(session, now)
  if (session.rotatedAt !== undefined || credentialEndsAt - session.credentialEndsAt >= IDLE_STEP_MS) {
    session.credentialEndsAt = credentialEndsAt
    session.expiresAt = Math.max(session.expiresAt, credentialEndsAt)
  }
  session.rotatedAt = undefined
  session.tokens.push(tokenOf(session, answer, now))
}

function issue(session: ModelSession, answer: Result, now: number): void {
  const token = tokenOf(session, answer, now)
  session.tokens.push(token)
  session.variants.set(answer.scope.join(' '), token)
  session.expiresAt = Math.max(session.expiresAt, token.expiresAt)
}

function tokenOf(
  { app, endsAt }: ModelSession,
  { accessToken: text, tokenId: id, scope }: Result,
  now: number,
): ModelToken {
  const expiresAt = Math.min(now + app.lifetimes.access, endsAt)
  return { text, id, expiresAt, scope, isRemoved: false, isRevoked: false }
}

function idleEnd({ app, endsAt }: ModelSession, now: number): number {
  return Math.min(now + app.lifetimes.idle, endsAt)
}

const some = fc.record({ session: fc.nat(20), which: credential })

/** The sessions that began with a code. */
function codesOf(model: Model) {
  return heldOf(model).sessions.flatMap((session) => (session.code ? [{ session, code: session.code }] : []))
}

const redeem = fc.tuple(some, fc.nat(4)).map(([{ session: at, which }, verifier]): Command => {
  const title = `code ${at} is redeemed with the ${which} secret${verifier === 0 ? ' and a wrong verifier' : ''}`
  return {
    check: (model) => codesOf(model).length > 0,
    async run(model, { appgrant, clock }) {
      const all = codesOf(model)
      const { session, code } = all[all.length - 1 - (at % all.length)] as ReturnType<typeof codesOf>[number]
      const { secret, isGood } = secretOf(model, session.app, which)
      const isFirst = session.refreshes.length === 0 && !session.isEnded
      const isExpired = isFirst && session.credentialEndsAt <= clock()
      const { url } = code.redirect
      const expected = () => {
        if (!isGood) return 'app_authentication_failed'
        if (session.app.suspendedBy) return 'app_suspended'
        if (verifier === 0) return 'invalid_code'
        const before = refusalBefore(model, session, 'invalid_code', isExpired)
        if (before !== 'ok') return before
        if (!isFirst) session.isEnded = true
        return isFirst && allowsRedirect(model, url) && session.app.redirects.includes(code.redirect)
          ? 'ok'
          : 'invalid_code'
      }
      const call = appgrant.authorizer.exchangeCode({
        key: session.app.key,
        secret,
        code: code.text,
        codeVerifier: verifier === 0 ? VERIFIER.toUpperCase() : VERIFIER,
        redirectUrl: url,
        userAgent: 'model',
      })
      const outcome = await codeOf(call)
      expect(outcome, title).toBe(expected())
      model.log.push(`${title}: ${outcome}`)
      if (outcome !== 'ok') return
      const answer = await call
      expect(answer.scope, title).toEqual(scopeNow(model, session))
      advance(session, answer, clock())
    },
    toString: () => title,
  }
})

const asked = fc.constantFrom<Asked[]>('nothing', 'nothing', 'nothing', 'all', 'all', 'read', 'write', 'more', 'wider')

const refresh = fc
  .tuple(some, fc.constantFrom(0, 0, 0, 0, 1, 1, 1, 2, 5), asked)
  .map(([{ session: at, which }, back, form]): Command => {
    const title = `session ${at} is refreshed for ${form} by its refresh token ${back} steps back with the ${which} secret`
    return {
      check: (model) => heldOf(model).sessions.some(({ refreshes }) => refreshes.length > 0),
      async run(model, { appgrant, clock }) {
        const sessions = heldOf(model).sessions.filter(({ refreshes }) => refreshes.length > 0)
        const session = sessions[sessions.length - 1 - (at % sessions.length)] as ModelSession
        const { refreshes } = session
        const steps = Math.min(back, refreshes.length - 1)
        const refreshToken = refreshes[refreshes.length - 1 - steps] ?? ''
        const { secret, isGood } = secretOf(model, session.app, which)
        const isRetry = steps === 1 && isRepeatable(session, clock())
        const endsAt = isRetry ? session.expiresAt : session.credentialEndsAt
        const isExpired = !session.isEnded && (steps === 0 || isRetry) && endsAt <= clock()
        const granted = scopeOf(model, session, form)
        const expected = () => {
          if (!isGood) return 'app_authentication_failed'
          const before = refusalBefore(model, session, 'invalid_refresh_token', isExpired)
          if (before !== 'ok') return before
          if (!session.isEnded && (steps === 0 || isRetry)) return granted ? 'ok' : 'invalid_scope'
          session.isEnded = true
          return 'invalid_refresh_token'
        }
        const scope = ASKED[form](scopeNow(model, session))
        const by = { key: session.app.key, secret, userAgent: 'model' }
        const call = appgrant.authorizer.refresh({ ...by, refreshToken, scope })
        const outcome = await codeOf(call)
        expect(outcome, title).toBe(expected())
        const known = session.variants.get((granted ?? []).join(' '))
        const kept = model.host.rotates ? '' : ' and keeps it'
        const kind = steps === 0 ? kept : known ? ' as before' : ' in another form'
        model.log.push(`${title}: ${outcome}${outcome === 'ok' ? kind : ''}`)
        if (outcome !== 'ok') return
        const answer = await call
        expect(answer.scope, title).toEqual(granted)
        if (steps === 0 && model.host.rotates) return advance(session, answer, clock())
        if (steps > 0) return repeat(session, answer, clock())
        expect(answer.refreshToken, title).toBe(refreshes.at(-1))
        keep(session, answer, clock())
      },
      toString: () => title,
    }
  })

const revokeSession = some.map(({ session: at, which }): Command => {
  const title = `the app revokes session ${at} with the ${which} secret`
  return {
    check: (model) => heldOf(model).sessions.some(({ refreshes }) => refreshes.length > 0),
    async run(model, { appgrant }) {
      const sessions = heldOf(model).sessions.filter(({ refreshes }) => refreshes.length > 0)
      const session = sessions[at % sessions.length] as ModelSession
      const { secret, isGood } = secretOf(model, session.app, which)
      const token = session.refreshes.at(-1) ?? ''
      const outcome = await codeOf(appgrant.authorizer.revokeToken({ key: session.app.key, secret, token }))
      expect(outcome, title).toBe(isGood ? 'ok' : 'app_authentication_failed')
      if (outcome === 'ok') session.isEnded = true
      model.log.push(`${title}: ${outcome}`)
    },
    toString: () => title,
  }
})

const where = fc.record({ app: fc.nat(20), asked: fc.constantFrom(...CHAIN), actor: actors })

/** What an actor is to the account that holds something. */
function sightOfHolder(model: Model, actor: Parameters<typeof rankOver>[1], account: Account): 'ok' | ErrorCode {
  if (actor === undefined) return 'ok'
  const chain: readonly string[] = chainOf(account)
  const rank = chain.indexOf(actor)
  if (rank < 0) return 'app_not_found'
  return chainOf(account)
    .slice(rank)
    .every((id) => model.accounts[id].active)
    ? 'ok'
    : 'account_blocked'
}

const withdraw = where.map(({ app: at, asked, actor }): Command => {
  const title = `${actor ?? 'host'} withdraws app ${at} from ${asked}`
  return {
    check: ({ apps }) => apps.length > 0,
    async run(model, fixture) {
      const app = model.apps[at % model.apps.length] as ModelApp
      const account = holderOf(app, asked)
      const sight = app.isRemoved ? 'app_not_found' : sightOfHolder(model, actor, account)
      const call = managementFor(fixture, actor).installs.withdraw({ app: app.key, account })
      const outcome = await codeOf(call)
      expect(outcome, title).toBe(sight === 'account_blocked' ? sight : 'ok')
      model.log.push(`${title}: ${outcome}`)
      if (outcome !== 'ok') return
      const install = sight === 'ok' ? installOf(model, app, account) : undefined
      expect(await call, title).toBe(install !== undefined && install.expiresAt > fixture.clock())
      if (install) install.isWithdrawn = true
    },
    toString: () => title,
  }
})

const removeAll = where.map(({ app: at, asked, actor }): Command => {
  const title = `${actor ?? 'host'} removes all tokens of app ${at} and ${asked}`
  return {
    check: ({ apps }) => apps.length > 0,
    async run(model, fixture) {
      const app = model.apps[at % model.apps.length] as ModelApp
      const account = holderOf(app, asked)
      const install = installOf(model, app, account)
      const sight = app.isRemoved ? 'app_not_found' : sightOfHolder(model, actor, account)
      const expected = sight === 'ok' && !(install && isOfEpoch(model, install)) ? 'app_not_found' : sight
      const outcome = await codeOf(managementFor(fixture, actor).tokens.removeAll({ app: app.key, account }))
      expect(outcome, title).toBe(expected)
      model.log.push(`${title}: ${outcome}`)
      if (outcome !== 'ok') return
      for (const session of heldOf(model).sessions)
        if (session.install === install) for (const token of session.tokens) token.isRevoked = true
    },
    toString: () => title,
  }
})

const erase = fc.constantFrom(...CHAIN).map((account): Command => {
  const title = `${account} is erased`
  return {
    check: (model) => heldOf(model).installs.length > 0,
    async run(model, { appgrant }) {
      const owned = model.apps.filter((app) => app.owner === account && !app.isRemoved)
      const { apps } = await appgrant.erase(account)
      expect(apps, title).toBe(owned.length)
      for (const app of owned) Object.assign(app, { isRemoved: true, isErased: true })
      for (const install of heldOf(model).installs)
        if (install.account === account && !install.isWithdrawn)
          Object.assign(install, { isWithdrawn: true, isErased: true })
      model.log.push(`${title}: ok`)
    },
    toString: () => title,
  }
})

const aMoment = fc.constantFrom(1, LIFE.grace - 1, LIFE.grace).map(
  (ms): Command => ({
    check: () => true,
    run: async (_, { clock }) => clock.advance(ms),
    toString: () => `${ms} ms pass`,
  }),
)

/** Every token, list and count of accounts. */
async function look(model: Model, { appgrant, clock }: Fixture): Promise<void> {
  const { sessions, installs } = heldOf(model)
  for (const [at, session] of sessions.entries()) {
    const { app, account } = session
    for (const token of session.tokens) {
      const said = await appgrant.authorizer.tryVerify(token.text)
      const expected = () => {
        if (token.expiresAt <= clock()) return 'expired'
        if (app.isRemoved) return 'app_removed'
        if (session.isEnded && !token.isRemoved) return 'revoked'
        if (token.isRevoked || isDead(session)) return 'revoked'
        const standing = standingFor(model, app, account, 'revoked')
        if (standing !== 'ok') return standing
        if (!isOfEpoch(model, session.install)) return 'revoked'
        return token.scope.filter((one) => heldScopes(model, app).includes(one))
      }
      const possible = () => {
        // Those of an erased account or owner are freed, unless they were no longer in a list.
        if (app.isErased || session.install.isErased) return ['revoked', 'app_removed', 'expired']
        // The tokens of an ended session are tombstones by then, which is seen before the state of the app.
        return session.isEnded && token.expiresAt > clock() ? ['revoked', 'app_removed'] : [expected()]
      }
      const reason = possible()
      expect(reason, `token of session ${at}`).toContainEqual(said.ok ? said.scope : said.reason)
      if (said.ok) expect(said).toMatchObject({ kind: 'user', account, tokenId: token.id, app: { key: app.key } })
    }
  }
  for (const app of model.apps) {
    const live = installs.filter((one) => one.app === app && isLive(one, clock()))
    if (app.isRemoved) expect(await codeOf(appgrant.installs.count({ app: app.key }))).toBe('app_not_found')
    else expect(await appgrant.installs.count({ app: app.key })).toBe(live.length)
  }
  for (const account of CHAIN) {
    const mine = installs.filter((one) => one.account === account && isLive(one, clock()) && !one.app.isRemoved)
    const shown = mine
      .filter((one) => isOfEpoch(model, one))
      .map(({ app, expiresAt }) => `${app.key} until ${expiresAt}`)
    const { items } = await appgrant.installs.list({ account, limit: 1000 })
    const listed = items.map(
      ({ app, expiresAt }) => `${app.key} until ${expiresAt?.getTime() ?? Number.POSITIVE_INFINITY}`,
    )
    expect(listed.toSorted(), `installs of ${account}`).toEqual(shown.toSorted())
  }
}

const lookNow = fc.constant<Command>({
  check: () => true,
  run: look,
  toString: () => 'all sessions are looked at',
})

const often = <T>(times: number, arbitrary: fc.Arbitrary<T>) => Array<fc.Arbitrary<T>>(times).fill(arbitrary)

export const SESSIONS: Part = {
  commands: [
    ...often(8, authorize),
    push,
    ...often(9, redeem),
    ...often(14, refresh),
    revokeSession,
    withdraw,
    removeAll,
    erase,
    ...often(2, aMoment),
    ...often(2, lookNow),
  ],
  look,
}
