import fc from 'fast-check'
import { expect } from 'vitest'
import type { ErrorCode, Management, Store, VerifyFailureReason } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { DEVICES } from '../support/devices.ts'
import { createFixture, type Fixture } from '../support/fixture.ts'
import { HOUR, ISSUER, LIFE, MINUTE, REDIRECT } from '../support/session-fixture.ts'
import { everythingAllowed, type HostOptions, MOST_CONSENTS, optionsOf } from './host-options.ts'

/**
 * A plain model of an app's whole life, and commands that do the same to it and to the library: the rules of docs/invariants.md for
 * apps and trusted tokens. Everything else that belongs to an app is added as a {@link Part}. Runs on any store; the same seed gives
 * the same commands and the same outcomes.
 */

const LIMIT = 3
/** A redirect URL that the host must allow. */
export const LOOPBACK = 'http://127.0.0.1:8080/callback'
/** The chain of accounts, each below the next. `other-org` is outside it. */
export const CHAIN = ['user', 'org', 'provider', 'root'] as const
export type Account = (typeof CHAIN)[number]
type Owner = 'user' | 'org'
/** Undefined is the host. */
export type ModelActor = Account | 'other-org' | undefined

export interface ModelToken {
  readonly text: string
  readonly id: string
  readonly expiresAt: number
  readonly scope: readonly string[]
  /** Removed by its id. */
  isRemoved: boolean
  /** Removed by an operation on all of its kind. */
  isRevoked: boolean
}

/** A registered redirect URL. Once it was removed, the same one is another. */
export interface ModelRedirect {
  readonly url: string
}

/** How long what an app gets is valid, in ms. */
export interface ModelLifetimes {
  readonly access: number
  readonly idle: number
  readonly absolute: number
}

export const BY_DEFAULT: ModelLifetimes = LIFE
/** The lifetimes that the host sets for one app, as it sets them and in ms. */
const APP_LIFETIMES = {
  default: { set: undefined, ms: BY_DEFAULT },
  short: {
    set: { accessTokenSeconds: 600, refreshIdleSeconds: 3600, refreshAbsoluteSeconds: 7200 },
    ms: { access: 10 * MINUTE, idle: HOUR, absolute: 2 * HOUR },
  },
  endless: {
    set: { refreshAbsoluteSeconds: 'never' },
    ms: { ...BY_DEFAULT, absolute: Number.POSITIVE_INFINITY },
  },
} as const

export interface ModelApp {
  readonly key: string
  readonly owner: Owner
  epoch: string | undefined
  name: string
  scopes: readonly string[]
  redirects: readonly ModelRedirect[]
  trusted: boolean
  /** Whether accounts of other tenants may authorize it. */
  published: boolean
  lifetimes: ModelLifetimes
  /** Who suspended it; `host` is above all. */
  suspendedBy: Account | 'host' | undefined
  secrets: { readonly id: string; readonly secret: string }[]
  /** Secrets that were valid once. */
  readonly spent: string[]
  readonly tokens: ModelToken[]
  isRemoved: boolean
  /** Removed with its owner: its tokens are freed at once. */
  isErased: boolean
  /** Changes when everything that the app holds is revoked. */
  stamp: number
}

/** Something else that belongs to apps. */
export interface Part {
  readonly commands: readonly fc.Arbitrary<Command>[]
  /** Compares everything visible, with the host's authority. */
  look?(model: Model, fixture: Fixture): Promise<void>
}

interface AccountFacts {
  active: boolean
  mayUse: boolean
  mayRegister: boolean
  mayTrust: boolean
  /** Undefined for all scopes of the catalogue. */
  mayScopes: readonly string[] | undefined
  tenant: string | undefined
  epoch: string | undefined
}

/** The expected state. */
export interface Model {
  readonly accounts: Record<Account, AccountFacts>
  /** The options of the node that is asked. */
  readonly host: HostOptions
  readonly apps: ModelApp[]
  /** What was done and how it ended, without anything random. */
  readonly log: string[]
}

type Outcome = ErrorCode | 'ok'

/** What an actor is to an owner: a rank, or the reason why it has none. */
export function rankOver({ accounts }: Model, actor: ModelActor, owner: Owner): number | ErrorCode {
  if (actor === undefined) return Number.POSITIVE_INFINITY
  const chain = chainOf(owner)
  const rank = (chain as readonly ModelActor[]).indexOf(actor)
  if (rank < 0) return 'app_not_found'
  return chain.slice(rank).every((account) => accounts[account].active) ? rank : 'account_blocked'
}

export function chainOf(account: Account): readonly Account[] {
  return CHAIN.slice(CHAIN.indexOf(account))
}

function allows(model: Model, actor: ModelActor, what: 'mayUse' | 'mayRegister' | 'mayTrust'): boolean {
  if (actor === undefined || actor === 'other-org') return true
  return chainOf(actor).every((account) => model.accounts[account][what])
}

/** Whether the actor may change the app at all. */
function accessTo(model: Model, actor: ModelActor, app: ModelApp): Outcome {
  if (app.isRemoved) return 'app_not_found'
  const rank = rankOver(model, actor, app.owner)
  if (typeof rank === 'string') return rank
  return rank === 0 && model.accounts[app.owner].epoch !== app.epoch ? 'app_not_found' : 'ok'
}

/** Why an authenticated app may get nothing now. `replaced`: what is said if its owner has another epoch. */
export function mayAct<Replaced extends string = 'account_blocked'>(
  model: Model,
  app: ModelApp,
  replaced = 'account_blocked' as Replaced,
): Outcome | Replaced {
  if (app.suspendedBy) return 'app_suspended'
  if (!chainOf(app.owner).every((account) => model.accounts[account].active)) return 'account_blocked'
  if (!allows(model, app.owner, 'mayUse')) return 'not_permitted'
  return model.accounts[app.owner].epoch === app.epoch ? 'ok' : replaced
}

function verificationOf(
  model: Model,
  app: ModelApp,
  token: ModelToken,
  now: number,
): VerifyFailureReason | readonly string[] {
  if (token.expiresAt <= now) return 'expired'
  if (token.isRemoved) return 'revoked'
  if (app.isErased && !token.isRevoked) return 'expired'
  if (app.isRemoved) return 'app_removed'
  if (token.isRevoked) return 'revoked'
  const decision = mayAct(model, app, 'revoked')
  if (decision !== 'ok') return decision as VerifyFailureReason
  return token.scope.filter((scope) => heldScopes(model, app).includes(scope))
}

/** What an app registered, as far as the catalogue still has it. */
export function heldScopes({ host }: Model, { scopes }: ModelApp): readonly string[] {
  return scopes.filter((scope) => host.scopes.includes(scope))
}

/** Whether the host allows an app that has a secret to use a redirect URL. */
export function allowsRedirect({ host }: Model, url: string): boolean {
  return url !== LOOPBACK || host.loopback === 'all'
}

/** Whether an app of the owner may have these fields now. */
function areAllowed(
  model: Model,
  owner: Owner,
  { scopes, redirectUrls = [] }: { scopes: readonly string[]; redirectUrls?: readonly string[] | undefined },
): boolean {
  const chain = chainOf(owner).map((account) => model.accounts[account])
  return (
    redirectUrls.every((url) => allowsRedirect(model, url)) &&
    scopes.every(
      (scope) =>
        model.host.scopes.includes(scope) && chain.every(({ mayScopes }) => mayScopes?.includes(scope) ?? true),
    )
  )
}

function liveTokens({ tokens }: ModelApp, now: number): readonly ModelToken[] {
  return tokens.filter((token) => !token.isRemoved && !token.isRevoked && token.expiresAt > now)
}

function revokeAll(app: ModelApp): void {
  for (const token of app.tokens) token.isRevoked = true
}

function revokeEverything(app: ModelApp): void {
  revokeAll(app)
  app.stamp++
}

export type Command = fc.AsyncCommand<Model, Fixture>

/** A command on one of the apps so far. */
interface AppCommand {
  readonly title: string
  readonly app: number
  readonly actor: ModelActor
  /** The expected outcome if the actor may change the app. */
  expected(model: Model, app: ModelApp): Outcome
  call(management: Management, app: ModelApp, fixture: Fixture): Promise<unknown>
  /** What it changes if it succeeds. */
  apply(app: ModelApp, answer: unknown, model: Model, fixture: Fixture): void
}

function onApp(command: AppCommand): Command {
  const title = `${command.actor ?? 'host'} ${command.title} app ${command.app}`
  return {
    check: ({ apps }) => apps.length > 0,
    async run(model, fixture) {
      const app = model.apps[command.app % model.apps.length] as ModelApp
      const access = accessTo(model, command.actor, app)
      const expected = access === 'ok' ? command.expected(model, app) : access
      let answer: unknown
      const outcome = await codeOf(
        command.call(managementFor(fixture, command.actor), app, fixture).then((got) => (answer = got)),
      )
      expect(outcome, `${title} of ${app.owner}`).toBe(expected)
      if (outcome === 'ok') command.apply(app, answer, model, fixture)
      model.log.push(`${title}: ${outcome}`)
    },
    toString: () => title,
  }
}

export function managementFor({ appgrant }: Fixture, actor: ModelActor): Management {
  return actor === undefined ? appgrant : appgrant.as(actor)
}

export const actors: fc.Arbitrary<ModelActor> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 6, arbitrary: fc.constantFrom<ModelActor>('user', 'org', 'provider', 'root') },
  { weight: 1, arbitrary: fc.constant<ModelActor>('other-org') },
)
const target = fc.record({ actor: actors, app: fc.nat(20) })
const OK = () => 'ok' as const

/** An operation that returns the app to everybody who may change it. */
function plainAct(title: string, call: AppCommand['call'], apply: AppCommand['apply']): fc.Arbitrary<Command> {
  return target.map((where) => onApp({ ...where, title, expected: OK, call, apply }))
}

const redirectLists = fc.constantFrom<string[][]>([REDIRECT], [REDIRECT], [REDIRECT, LOOPBACK])

const register = fc
  .record({
    actor: actors,
    owner: fc.constantFrom<Owner>('user', 'org'),
    trusted: fc.boolean(),
    redirectUrls: redirectLists,
  })
  .map(({ actor, owner, trusted, redirectUrls }): Command => {
    const what = `${trusted ? 'a trusted' : 'an'} app${redirectUrls.includes(LOOPBACK) ? ' on a device' : ''}`
    const title = `${actor ?? 'host'} registers ${what} for ${owner}`
    const scopes = ['read', 'write']
    const expectedOf = (model: Model): Outcome => {
      const rank = rankOver(model, actor, owner)
      if (rank === 'app_not_found') return 'not_permitted'
      if (typeof rank === 'string') return rank
      if (!chainOf(owner).every((account) => model.accounts[account].active)) return 'account_blocked'
      if (!areAllowed(model, owner, { scopes, redirectUrls })) return 'invalid_fields'
      if (!allows(model, actor, 'mayRegister') || (trusted && !allows(model, actor, 'mayTrust'))) return 'not_permitted'
      const held = model.apps.filter((app) => app.owner === owner && !app.isRemoved).length
      return held < LIMIT ? 'ok' : 'app_limit_reached'
    }
    return {
      check: () => true,
      async run(model, fixture) {
        const fields = exampleApp({ owner, trusted, scopes, redirectUrls })
        const call = managementFor(fixture, actor).apps.register(fields)
        const outcome = await codeOf(call)
        expect(outcome, title).toBe(expectedOf(model))
        model.log.push(`${title}: ${outcome}`)
        if (outcome !== 'ok') return
        const { app, secret } = await call
        model.apps.push({
          key: app.key,
          owner,
          epoch: model.accounts[owner].epoch,
          name: app.name,
          scopes,
          redirects: redirectUrls.map((url) => ({ url })),
          trusted,
          published: false,
          lifetimes: BY_DEFAULT,
          suspendedBy: undefined,
          secrets: [{ id: app.secrets[0]?.id ?? '', secret }],
          spent: [],
          tokens: [],
          isRemoved: false,
          isErased: false,
          stamp: 0,
        })
      },
      toString: () => title,
    }
  })

const rankIn = ({ owner }: ModelApp, account: ModelActor | 'host') =>
  account === 'host' || account === undefined
    ? Number.POSITIVE_INFINITY
    : (chainOf(owner) as readonly (ModelActor | 'host')[]).indexOf(account)

const isSuspendedAbove = (app: ModelApp, actor: ModelActor) =>
  app.suspendedBy !== undefined && rankIn(app, actor) < rankIn(app, app.suspendedBy)

const update = fc
  .record({
    where: target,
    name: fc.constantFrom('One', 'Two'),
    scopes: fc.constantFrom(['read'], ['read', 'write'], []),
    redirectUrls: fc.oneof(fc.constant(undefined), redirectLists, fc.constant([LOOPBACK])),
  })
  .map(({ where, name, scopes, redirectUrls }) =>
    onApp({
      ...where,
      title: `updates to ${name} ${scopes} ${redirectUrls ?? ''}`,
      expected(model, app) {
        if (isSuspendedAbove(app, where.actor)) return 'suspended_above'
        return areAllowed(model, app.owner, { scopes, redirectUrls }) ? 'ok' : 'invalid_fields'
      },
      call: ({ apps }, { key }) => apps.update(key, { name, scopes, redirectUrls }),
      apply(app) {
        const kept = (url: string) => app.redirects.find((one) => one.url === url) ?? { url }
        Object.assign(app, { name, scopes, redirects: redirectUrls?.map(kept) ?? app.redirects })
      },
    }),
  )

const onlyHost = ({ actor }: { readonly actor: ModelActor }) => (actor === undefined ? 'ok' : 'not_permitted')

const setPublished = fc.tuple(target, fc.boolean()).map(([where, published]) =>
  onApp({
    ...where,
    title: published ? 'publishes' : 'no longer publishes',
    expected: () => onlyHost(where),
    call: ({ apps }, { key }) => apps.setPublished(key, published),
    apply: (app) => void Object.assign(app, { published }),
  }),
)

const setLifetimes = fc
  .tuple(target, fc.constantFrom(...(Object.keys(APP_LIFETIMES) as (keyof typeof APP_LIFETIMES)[])))
  .map(([where, which]) =>
    onApp({
      ...where,
      title: `sets ${which} lifetimes of`,
      expected: () => onlyHost(where),
      call: ({ apps }, { key }) => apps.setLifetimes(key, APP_LIFETIMES[which].set),
      apply: (app) => void Object.assign(app, { lifetimes: APP_LIFETIMES[which].ms }),
    }),
  )

const setTrusted = fc.tuple(target, fc.boolean()).map(([where, trusted]) =>
  onApp({
    ...where,
    title: trusted ? 'trusts' : 'no longer trusts',
    expected: (model) => (allows(model, where.actor, 'mayTrust') ? 'ok' : 'not_permitted'),
    call: ({ apps }, { key }) => apps.setTrusted(key, trusted),
    apply(app) {
      app.trusted = trusted
      if (!trusted) revokeAll(app)
    },
  }),
)

const suspend = target.map((where) =>
  onApp({
    ...where,
    title: 'suspends',
    expected: OK,
    call: ({ apps }, { key }) => apps.suspend(key),
    apply(app) {
      const isHigher = app.suspendedBy === undefined || rankIn(app, where.actor) > rankIn(app, app.suspendedBy)
      if (isHigher) app.suspendedBy = (where.actor as Account | undefined) ?? 'host'
    },
  }),
)

const resume = target.map((where) =>
  onApp({
    ...where,
    title: 'resumes',
    expected: (_, app) => (isSuspendedAbove(app, where.actor) ? 'suspended_above' : 'ok'),
    call: ({ apps }, { key }) => apps.resume(key),
    apply(app) {
      app.suspendedBy = undefined
    },
  }),
)

const addSecret = target.map((where) =>
  onApp({
    ...where,
    title: 'adds a secret to',
    expected: (_, app) => (app.secrets.length < 2 ? 'ok' : 'secret_limit_reached'),
    call: ({ apps }, { key }) => apps.addSecret(key).then(({ secretId: id, secret }) => ({ id, secret })),
    apply: (app, answer) => void app.secrets.push(answer as { id: string; secret: string }),
  }),
)

const removeSecret = fc.tuple(target, fc.nat(2)).map(([where, which]) =>
  onApp({
    ...where,
    title: `removes secret ${which} of`,
    expected(_, app) {
      if (!app.secrets[which]) return 'secret_not_found'
      return app.secrets.length > 1 ? 'ok' : 'invalid_request'
    },
    call: ({ apps }, { key, secrets }) =>
      apps.removeSecret({ app: key, secretId: secrets[which]?.id ?? 'neverwasone' }),
    apply(app) {
      app.spent.push(...app.secrets.splice(which, 1).map(({ secret }) => secret))
    },
  }),
)

const regenerate = plainAct(
  'regenerates the secret of',
  ({ apps }, { key }) =>
    apps.regenerateSecret(key).then(({ app, secret }) => ({ id: app.secrets[0]?.id ?? '', secret })),
  (app, answer, model) => {
    app.spent.push(...app.secrets.map(({ secret }) => secret))
    app.secrets = [answer as { id: string; secret: string }]
    app.epoch = model.accounts[app.owner].epoch
    revokeEverything(app)
  },
)

const revokeTokens = plainAct('revokes the tokens of', ({ apps }, { key }) => apps.revokeTokens(key), revokeEverything)

const removeAll = plainAct(
  'removes all tokens of',
  ({ tokens }, { key, owner }) => tokens.removeAll({ app: key, account: owner }),
  revokeAll,
)

const removeTokens = fc.tuple(target, fc.array(fc.nat(9), { maxLength: 3 })).map(([where, which]) =>
  onApp({
    ...where,
    title: `removes tokens ${which} of`,
    expected: OK,
    call: ({ tokens }, { key, owner, tokens: all }) =>
      tokens.remove({ app: key, account: owner, ids: which.map((at) => all[at]?.id ?? 'neverwasone') }),
    apply(app, _, __, { clock }) {
      for (const at of which) {
        const token = app.tokens[at]
        if (token && token.expiresAt > clock()) token.isRemoved = true
      }
    },
  }),
)

const remove = target.map(({ actor, app: at }): Command => {
  const title = `${actor ?? 'host'} removes app ${at}`
  return {
    check: ({ apps }) => apps.length > 0,
    async run(model, fixture) {
      const app = model.apps[at % model.apps.length] as ModelApp
      const { key } = app
      const rank = rankOver(model, actor, app.owner)
      const isTheirs = accessTo(model, actor, app) === 'ok'
      let removed: boolean | undefined
      const call = managementFor(fixture, actor).apps.remove(key)
      const outcome = await codeOf(call.then((answer) => (removed = answer)))
      expect(outcome, title).toBe(!app.isRemoved && rank === 'account_blocked' ? rank : 'ok')
      if (outcome === 'ok') expect(removed, title).toBe(isTheirs)
      if (removed) app.isRemoved = true
      model.log.push(`${title}: ${outcome} ${removed}`)
    },
    toString: () => title,
  }
})

/** With a secret of the app, one that was valid once, or another app's. */
export const credential = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('first', 'last') },
  { weight: 1, arbitrary: fc.constantFrom('spent', 'foreign') },
)

export function secretOf(
  model: Model,
  app: ModelApp,
  which: string,
): { readonly secret: string; readonly isGood: boolean } {
  const other = model.apps.find(({ key }) => key !== app.key)?.secrets[0]?.secret
  const secrets = {
    first: app.secrets[0]?.secret,
    last: app.secrets.at(-1)?.secret,
    spent: app.spent.at(-1),
    foreign: other,
  }
  const secret = secrets[which as keyof typeof secrets] ?? '0'.repeat(32)
  return { secret, isGood: !app.isRemoved && app.secrets.some((one) => one.secret === secret) }
}

const grant = fc.tuple(fc.nat(20), credential).map(([at, which]): Command => {
  const title = `app ${at} asks for a token with its ${which} secret`
  return {
    check: ({ apps }) => apps.length > 0,
    async run(model, { appgrant, clock }) {
      const app = model.apps[at % model.apps.length] as ModelApp
      const { secret, isGood } = secretOf(model, app, which)
      const expected = (): Outcome => {
        if (!isGood) return 'app_authentication_failed'
        const decision = mayAct(model, app)
        if (decision !== 'ok') return decision
        return app.trusted ? 'ok' : 'app_not_trusted'
      }
      const call = appgrant.authorizer.clientCredentials({ key: app.key, secret, userAgent: 'model' })
      const outcome = await codeOf(call)
      expect(outcome, title).toBe(expected())
      model.log.push(`${title}: ${outcome}`)
      if (outcome !== 'ok') return
      const { accessToken: text, tokenId: id, scope } = await call
      expect(scope).toEqual(heldScopes(model, app))
      const expiresAt = clock() + app.lifetimes.access
      app.tokens.push({ text, id, scope, expiresAt, isRemoved: false, isRevoked: false })
    },
    toString: () => title,
  }
})

const revokeToken = fc.tuple(fc.nat(20), credential, fc.nat(20), fc.nat(9)).map(([at, which, of, token]): Command => {
  const title = `app ${at} revokes token ${token} of app ${of} with its ${which} secret`
  return {
    check: ({ apps }) => apps.length > 0,
    async run(model, { appgrant, clock }) {
      const app = model.apps[at % model.apps.length] as ModelApp
      const holder = model.apps[of % model.apps.length] as ModelApp
      const held = holder.tokens[token]
      const { secret, isGood } = secretOf(model, app, which)
      const isForeign = held && held.expiresAt > clock() && holder.key !== app.key
      const expected = !isGood ? 'app_authentication_failed' : isForeign ? 'foreign_token' : 'ok'
      const call = appgrant.authorizer.revokeToken({ key: app.key, secret, token: held?.text ?? 'none' })
      const outcome = await codeOf(call)
      expect(outcome, title).toBe(expected)
      if (outcome === 'ok' && held && held.expiresAt > clock()) held.isRemoved = true
      model.log.push(`${title}: ${outcome}`)
    },
    toString: () => title,
  }
})

const pass = fc.constantFrom(1, MINUTE, 40 * MINUTE, HOUR).map((ms): Command => {
  return {
    check: () => true,
    run: async (_, { clock }) => clock.advance(ms),
    toString: () => `${ms} ms pass`,
  }
})

const changeAccount = fc
  .record({
    account: fc.constantFrom(...CHAIN),
    facts: fc.oneof(
      fc.record({ active: fc.boolean() }),
      fc.record({ mayUse: fc.boolean() }),
      fc.record({ mayRegister: fc.boolean() }),
      fc.record({ mayTrust: fc.boolean() }),
      fc.record({ epoch: fc.constantFrom('one', 'two') }),
      fc.record({ tenant: fc.constantFrom('one', 'two') }),
      fc.record({ mayScopes: fc.constantFrom(['read'], ['read', 'write']) }),
    ),
  })
  .map(({ account, facts }): Command => {
    const title = `${account} becomes ${JSON.stringify(facts)}`
    return {
      check: () => true,
      async run(model, { tree }) {
        Object.assign(model.accounts[account], facts)
        const {
          active,
          mayUse,
          mayRegister,
          mayTrust,
          mayScopes: mayRegisterScopes,
          tenant,
          epoch,
        } = model.accounts[account]
        const may = { mayUseApps: mayUse, mayRegisterApps: mayRegister, mayTrustApps: mayTrust, mayRegisterScopes }
        tree.set(account, { active, ...may, tenant, epoch })
        model.log.push(title)
      },
      toString: () => title,
    }
  })

/** Everything back in order, so that a run does not end in a blocked world. Epochs never come back. */
const restore = fc.constant<Command>({
  check: () => true,
  async run(model, fixture) {
    for (const account of CHAIN) {
      const { epoch } = model.accounts[account]
      Object.assign(model.accounts[account], accountFacts(), { epoch })
      fixture.tree.set(account, ALL_ALLOWED)
    }
    Object.assign(model.host, everythingAllowed())
    fixture.appgrant = fixture.node(optionsOf(model.host))
  },
  toString: () => 'all accounts and options are restored',
})

/** Every app, list, count and token as an actor sees it. */
async function lookAround(model: Model, fixture: Fixture, actor: ModelActor): Promise<void> {
  const { appgrant, clock } = fixture
  const management = managementFor(fixture, actor)
  for (const [at, app] of model.apps.entries()) {
    const name = `app ${at} seen by ${actor ?? 'host'}`
    const of = { app: app.key, account: app.owner }
    const access = accessTo(model, actor, app)
    const shown = await codeOf(
      management.apps.get(app.key).then((got) => {
        const { published, scopes } = app
        const shown = { name: app.name, published, scopes, redirectUrls: app.redirects.map(({ url }) => url) }
        if (access === 'ok') expect(got, name).toMatchObject(shown)
        else expect(got, name).toBeUndefined()
      }),
    )
    expect(shown, name).toBe(access === 'account_blocked' ? access : 'ok')
    expect(await codeOf(management.tokens.count(of)), name).toBe(access)
    if (access === 'ok') {
      const live = liveTokens(app, clock()).map(({ id }) => id)
      const { items } = await management.tokens.list({ ...of, limit: 1000 })
      expect(items.map(({ id }) => id).sort(), name).toEqual(live.sort())
      expect(await management.tokens.count(of), name).toBe(live.length)
      expect(items.every(({ userAgent, kind }) => userAgent === 'model' && kind === 'app')).toBe(true)
    }
    for (const token of app.tokens) {
      const answer = await appgrant.authorizer.tryVerify(token.text)
      const said = answer.ok ? answer.scope : answer.reason
      expect(said, `token of ${name}`).toEqual(verificationOf(model, app, token, clock()))
      if (answer.ok)
        expect(answer).toMatchObject({ kind: 'app', account: app.owner, tokenId: token.id, app: { key: app.key } })
    }
  }
  for (const owner of ['user', 'org'] as const) {
    const rank = rankOver(model, actor, owner)
    const list = management.apps.list({ owner, limit: 1000 })
    expect(await codeOf(list), `apps of ${owner}`).toBe(typeof rank === 'string' ? rank : 'ok')
    if (typeof rank === 'string') continue
    const mine = model.apps.filter((app) => app.owner === owner && accessTo(model, actor, app) === 'ok')
    expect((await list).items.map(({ key }) => key).sort()).toEqual(mine.map(({ key }) => key).sort())
  }
}

const look = actors.map((actor): Command => {
  return {
    check: () => true,
    run: (model, fixture) => lookAround(model, fixture, actor),
    toString: () => `${actor ?? 'host'} looks around`,
  }
})

const often = <T>(times: number, arbitrary: fc.Arbitrary<T>) => Array<fc.Arbitrary<T>>(times).fill(arbitrary)

const COMMANDS: fc.Arbitrary<Command>[] = [
  ...often(3, register),
  ...often(6, grant),
  ...often(2, look),
  ...often(2, update),
  setPublished,
  ...often(2, setLifetimes),
  setTrusted,
  suspend,
  ...often(2, resume),
  addSecret,
  removeSecret,
  regenerate,
  revokeTokens,
  removeAll,
  removeTokens,
  revokeToken,
  remove,
  pass,
  changeAccount,
  ...often(3, restore),
]

/**
 * Runs whole lives of apps on stores and in the model, and compares.
 *
 * @param open - a new and empty store for every run.
 * @returns what was done and how it ended: the same for the same seed on every store.
 */
export async function runLifecycle(
  open: () => Promise<Store>,
  { seed, runs, parts = [] }: { readonly seed: number; readonly runs: number; readonly parts?: readonly Part[] },
): Promise<readonly string[]> {
  const log: string[] = []
  const all = [...COMMANDS, ...parts.flatMap(({ commands }) => commands)]
  await fc.assert(
    fc.asyncProperty(fc.commands(all, { maxCommands: 120, size: 'max' }), async (commands) => {
      const store = await open()
      const host = everythingAllowed()
      const options = {
        issuer: ISSUER,
        appsPerOwner: LIMIT,
        limits: { consentRequestsPerAccount: MOST_CONSENTS, userCodesPerHour: 10_000 },
        timeoutMs: 60_000,
        pushedRequests: 'accepted' as const,
        ...DEVICES,
      }
      const fixture = createFixture(store, { ...options, ...optionsOf(host) })
      const accounts = { user: accountFacts(), org: accountFacts(), provider: accountFacts(), root: accountFacts() }
      const model: Model = { accounts, host, apps: [], log: [] }
      try {
        await fc.asyncModelRun(() => ({ model, real: fixture }), commands)
        await lookAround(model, fixture, undefined)
        for (const part of parts) await part.look?.(model, fixture)
      } finally {
        await store.close()
      }
      log.push(...model.log)
    }),
    { seed, numRuns: runs },
  )
  return log
}

function accountFacts(): AccountFacts {
  const may = { mayUse: true, mayRegister: true, mayTrust: true, mayScopes: undefined }
  return { active: true, ...may, tenant: undefined, epoch: undefined }
}

const ALL_ALLOWED = {
  active: true,
  mayUseApps: true,
  mayRegisterApps: true,
  mayTrustApps: true,
  mayRegisterScopes: undefined,
  tenant: undefined,
} as const
