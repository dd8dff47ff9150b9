import fc from 'fast-check'
import { expect } from 'vitest'
import type { AppGrantOptions, ErrorCode, Store } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { createFixture, type Fixture } from '../support/fixture.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { DOCUMENT_URL, documentOf, LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import { challengeOf, codeIn, ISSUER, VERIFIER } from '../support/session-fixture.ts'

/**
 * A plain model of two programs that register themselves, and of the apps that two accounts have of them: one publishes a document,
 * which changes, and the client id of the other carries what it has said when it registered. Runs on any store; the same seed gives the
 * same commands and the same outcomes.
 */

const DESCRIPTION = { name: 'Tool', redirectUrls: [LOOPBACK] }
const ACCOUNTS = ['user', 'other-org'] as const
type Account = (typeof ACCOUNTS)[number]
const PROGRAMS = ['published', 'registered'] as const
type Program = (typeof PROGRAMS)[number]
type Outcome = ErrorCode | 'ok'

interface ModelApp {
  readonly key: string
  readonly account: Account
  readonly program: Program
  readonly epoch: string
  name: string
  /** Whether its first code was redeemed: before, only a session has it. */
  isStored: boolean
  isSuspended: boolean
  isRemoved: boolean
  /** The number of its install; undefined if the account has none. */
  install: number | undefined
}

/** A consent request that nobody has decided. */
interface ModelAsk {
  readonly app: ModelApp
  readonly ticket: string
}

interface ModelSession {
  readonly app: ModelApp
  readonly code: string
  readonly install: number
  refresh: string | undefined
  access: string | undefined
  isEnded: boolean
}

interface Model {
  readonly facts: Record<Account, { active: boolean; mayRegister: boolean; epoch: string }>
  readonly apps: ModelApp[]
  readonly asks: ModelAsk[]
  readonly sessions: ModelSession[]
  readonly clientIds: Readonly<Record<Program, string>>
  /** What the document says. */
  readonly document: { name: string }
  readonly log: string[]
  installs: number
}

type Command = fc.AsyncCommand<Model, Fixture>

type Of = Pick<ModelApp, 'account' | 'program'>

/** Its apps of the program that are stored, of the present epoch, the oldest first. */
function currentApps({ apps, facts }: Model, { account, program }: Of): readonly ModelApp[] {
  const { epoch } = facts[account]
  const isTheirs = (app: ModelApp) => app.account === account && app.program === program && app.epoch === epoch
  return apps.filter((app) => isTheirs(app) && app.isStored && !app.isRemoved)
}

function mayAct({ facts }: Model, { account, epoch }: ModelApp): Outcome {
  return facts[account].active && facts[account].epoch === epoch ? 'ok' : 'account_blocked'
}

/** What a ticket, code or refresh token gets before it is known whether it is the current one. A ticket needs no install. */
function refusalOf(
  model: Model,
  { app, install = app.install, refresh }: Pick<ModelSession, 'app'> & Partial<ModelSession>,
  gone: Outcome,
): Outcome {
  if (app.isRemoved) return gone
  if (app.isSuspended) return 'app_suspended'
  if (app.isStored && app.install !== install) return gone
  const standing = mayAct(model, app)
  if (standing !== 'ok' || refresh !== undefined || app.isStored) return standing
  if (!model.facts[app.account].mayRegister) return 'not_permitted'
  return currentApps(model, app).some(({ isSuspended }) => isSuspended) ? 'app_suspended' : 'ok'
}

function command(
  title: string,
  run: (model: Model, fixture: Fixture) => Promise<string>,
  on?: 'apps' | 'asks' | 'sessions',
): Command {
  return {
    check: (model) => on === undefined || model[on].length > 0,
    async run(model, fixture) {
      model.log.push(`${title}: ${await run(model, fixture)}`)
    },
    toString: () => title,
  }
}

const ask = fc
  .record({
    account: fc.constantFrom(...ACCOUNTS),
    program: fc.constantFrom(...PROGRAMS),
    tabs: fc.constantFrom(1, 1, 2),
    approves: fc.constantFrom(true, true, false),
  })
  .map(({ account, program, tabs, approves }) => {
    const how = `in ${tabs} tabs${approves ? ' and approves' : ''}`
    return command(`${account} is asked by the ${program} program ${how}`, async (model, fixture) => {
      const { appgrant, clock } = fixture
      const { authorizer } = appgrant
      const [first, ...more] = currentApps(model, { account, program })
      const { active, mayRegister, epoch } = model.facts[account]
      const expected = (): Outcome => {
        if ([first, ...more].some((app) => app?.isSuspended)) return 'app_suspended'
        if (!active) return 'account_blocked'
        return first || mayRegister ? 'ok' : 'not_permitted'
      }
      const params = new URLSearchParams({
        client_id: model.clientIds[program],
        redirect_uri: LOOPBACK,
        response_type: 'code',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
      })
      const begin = async () => {
        // The apps of an account are told apart by when they were asked for.
        clock.advance(1)
        const asked = await authorizer.beginAuthorization(params, { account })
        if (asked.step !== 'consent') throw new Error('expected a consent')
        return asked
      }
      const call = begin()
      const outcome = await codeOf(call)
      expect(outcome).toBe(expected())
      // The app follows the document, unless one of the program's is suspended.
      const { name } = program === 'published' ? model.document : DESCRIPTION
      const before = first && first.name !== name && outcome !== 'app_suspended' ? first.name : undefined
      if (first && before !== undefined) first.name = name
      if (outcome !== 'ok') return outcome
      const asked = await call
      expect([asked.isNew, asked.before?.name, asked.app.name]).toEqual([first === undefined, before, name])
      if (first) expect(asked.app.key).toBe(first.key)
      const all = tabs === 1 ? [asked] : [asked, await begin()]
      for (const { ticket, app: shown } of all) {
        const app = first ?? newApp(shown.key, { account, program, epoch, name })
        if (!first) model.apps.push(app)
        model.asks.push({ app, ticket })
        if (approves) expect(await approving(model, fixture, model.asks.length - 1)).toBe('ok')
      }
      return outcome
    })
  })

async function approving(model: Model, { appgrant }: Fixture, at: number): Promise<Outcome> {
  const { app, ticket } = model.asks[at] as ModelAsk
  const expected = refusalOf(model, { app }, 'invalid_ticket')
  const call = appgrant.authorizer.approve({ ticket, account: app.account, scope: ['read'] })
  const outcome = await codeOf(call)
  expect(outcome).toBe(expected)
  if (outcome !== 'ok') return outcome
  model.asks.splice(at, 1)
  const code = codeIn(await call)
  app.install ??= ++model.installs
  model.sessions.push({ app, code, install: app.install, refresh: undefined, access: undefined, isEnded: false })
  return outcome
}

/** What was asked earlier, of which everything may have changed since. */
const approve = fc
  .nat(9)
  .map((at) =>
    command(
      `request ${at} is approved`,
      async (model, fixture) => approving(model, fixture, at % model.asks.length),
      'asks',
    ),
  )

function newApp(key: string, known: Of & Pick<ModelApp, 'epoch' | 'name'>): ModelApp {
  return { key, ...known, isStored: false, isSuspended: false, isRemoved: false, install: undefined }
}

function onSession(title: string, run: (session: ModelSession, model: Model, fixture: Fixture) => Promise<string>) {
  return fc.nat(9).map((at) =>
    command(
      `session ${at} ${title}`,
      (model, fixture) => {
        const { sessions } = model
        return run(sessions[sessions.length - 1 - (at % sessions.length)] as ModelSession, model, fixture)
      },
      'sessions',
    ),
  )
}

const redeem = onSession('redeems its code', async (session, model, { appgrant: { authorizer } }) => {
  const before = refusalOf(model, session, 'invalid_code')
  const isFirst = session.refresh === undefined && !session.isEnded
  const proof = { codeVerifier: VERIFIER, redirectUrl: LOOPBACK }
  const key = model.clientIds[session.app.program]
  const call = authorizer.exchangeCode({ key, code: session.code, ...proof })
  const outcome = await codeOf(call)
  expect(outcome).toBe(before === 'ok' && !isFirst ? 'invalid_code' : before)
  // A code that is redeemed twice ends what it has started.
  if (before === 'ok' && !isFirst) session.isEnded = true
  if (outcome !== 'ok') return outcome
  const { accessToken, refreshToken } = await call
  Object.assign(session, { access: accessToken, refresh: refreshToken })
  session.app.isStored = true
  return outcome
})

const refresh = onSession('is refreshed', async (session, model, { appgrant: { authorizer } }) => {
  if (session.refresh === undefined) return 'not yet'
  const before = refusalOf(model, session, 'invalid_refresh_token')
  const key = model.clientIds[session.app.program]
  const call = authorizer.refresh({ key, refreshToken: session.refresh })
  const outcome = await codeOf(call)
  expect(outcome).toBe(before === 'ok' && session.isEnded ? 'invalid_refresh_token' : before)
  if (outcome !== 'ok') return outcome
  const { accessToken, refreshToken } = await call
  Object.assign(session, { access: accessToken, refresh: refreshToken })
  return outcome
})

function onApp(title: string, run: (app: ModelApp, fixture: Fixture) => Promise<string>) {
  return fc
    .nat(9)
    .map((at) =>
      command(`app ${at} is ${title}`, ({ apps }, fixture) => run(apps[at % apps.length] as ModelApp, fixture), 'apps'),
    )
}

const isThere = ({ isStored, isRemoved }: ModelApp) => isStored && !isRemoved

const suspend = onApp('suspended', async (app, { appgrant: { apps } }) => {
  const outcome = await codeOf(apps.suspend(app.key))
  expect(outcome).toBe(isThere(app) ? 'ok' : 'app_not_found')
  if (outcome === 'ok') app.isSuspended = true
  return outcome
})

const resume = onApp('resumed', async (app, { appgrant: { apps } }) => {
  const outcome = await codeOf(apps.resume(app.key))
  expect(outcome).toBe(isThere(app) ? 'ok' : 'app_not_found')
  if (outcome === 'ok') app.isSuspended = false
  return outcome
})

const remove = onApp('removed', async (app, { appgrant: { apps } }) => {
  const removed = await apps.remove(app.key)
  expect(removed).toBe(isThere(app))
  // One that is not stored cannot come any more either: a registration may be under way.
  app.isRemoved = true
  return `${removed}`
})

const withdraw = onApp('withdrawn', async (app, { appgrant: { installs } }) => {
  // Nothing of an app that is not stored can be withdrawn.
  if (!isThere(app)) return 'not there'
  expect(await installs.withdraw({ app: app.key, account: app.account })).toBe(app.install !== undefined)
  app.install = undefined
  return 'withdrawn'
})

const change = fc
  .tuple(
    fc.constantFrom(...ACCOUNTS),
    fc.oneof(
      fc.record({ active: fc.boolean() }),
      fc.record({ mayRegister: fc.boolean() }),
      fc.record({ epoch: fc.constantFrom('one', 'two') }),
    ),
  )
  .map(([account, facts]) =>
    command(`${account} becomes ${JSON.stringify(facts)}`, async (model, { tree }) => {
      const { active, mayRegister: mayRegisterApps, epoch } = Object.assign(model.facts[account], facts)
      tree.set(account, { active, mayRegisterApps, epoch })
      return 'done'
    }),
  )

const restore = fc.constant(
  command('all accounts are restored', async (model, { tree }) => {
    for (const account of ACCOUNTS) {
      Object.assign(model.facts[account], { active: true, mayRegister: true })
      tree.set(account, { active: true, mayRegisterApps: true })
    }
    return 'done'
  }),
)

/** Another node has not fetched the document yet. */
const publish = fc.constantFrom('Agent', 'Agent 2').map((name) =>
  command(`the document says ${name}`, async ({ document }, fixture) => {
    document.name = name
    fixture.appgrant = fixture.node()
    return 'done'
  }),
)

/** Every app that there is, and every token. */
async function look(model: Model, { appgrant }: Fixture): Promise<void> {
  for (const account of ACCOUNTS) {
    const there = model.apps.filter((app) => app.account === account && isThere(app))
    const { items } = await appgrant.apps.list({ owner: account, limit: 1000 })
    const shown = items.map(({ key, name, suspended }) => [key, name, suspended !== undefined])
    expect(shown.sort()).toEqual(there.map(({ key, name, isSuspended }) => [key, name, isSuspended]).sort())
  }
  for (const { app, install, access, isEnded } of model.sessions) {
    if (access === undefined) continue
    const works = isThere(app) && !app.isSuspended && app.install === install && !isEnded && mayAct(model, app) === 'ok'
    expect((await appgrant.authorizer.tryVerify(access)).ok).toBe(works)
  }
}

const looks = fc.constant<Command>({ check: () => true, run: look, toString: () => 'look' })
const often = <T>(times: number, arbitrary: fc.Arbitrary<T>) => Array<fc.Arbitrary<T>>(times).fill(arbitrary)
const COMMANDS = [
  ...often(5, ask),
  ...often(2, approve),
  ...often(6, redeem),
  ...often(3, refresh),
  ...often(2, looks),
  suspend,
  ...often(2, resume),
  ...[remove, withdraw, change, change, publish],
  ...often(2, restore),
]

/**
 * Runs whole lives of programs on stores and in the model, and compares.
 *
 * @param open - a new and empty store for every run.
 * @returns what was done and how it ended: the same for the same seed on every store.
 */
export async function runProgramLives(
  open: () => Promise<Store>,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): Promise<readonly string[]> {
  const log: string[] = []
  await fc.assert(
    fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: 80, size: 'max' }), async (commands) => {
      const facts = () => ({ active: true, mayRegister: true, epoch: 'one' })
      const document = { name: 'Agent' }
      const fetchDocument = documentOf(() => ({ ...document, redirectUrls: [LOOPBACK] }))
      const options: Partial<AppGrantOptions> = {
        issuer: ISSUER,
        timeoutMs: 60_000,
        limits: NO_LIMITS,
        selfRegistration: { ...SELF_REGISTRATION, fetchDocument },
      }
      const store = await open()
      const fixture = createFixture(store, options)
      for (const account of ACCOUNTS) fixture.tree.set(account, { epoch: 'one' })
      const registered = fixture.appgrant.selfRegistration?.register(DESCRIPTION).clientId ?? ''
      const model: Model = {
        clientIds: { published: DOCUMENT_URL, registered },
        facts: { user: facts(), 'other-org': facts() },
        apps: [],
        asks: [],
        sessions: [],
        document,
        log: [],
        installs: 0,
      }
      try {
        await fc.asyncModelRun(() => ({ model, real: fixture }), commands)
        await look(model, fixture)
      } finally {
        await store.close()
      }
      log.push(...model.log)
    }),
    { seed, numRuns: runs },
  )
  return log
}
