import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { AppGrantOptions, ErrorCode, FetchDocument, Store } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { createFixture, type Fixture } from '../support/fixture.ts'
import { LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import { challengeOf, codeIn, ISSUER, VERIFIER } from '../support/session-fixture.ts'

/** A plain model of one program that publishes a document, and of the apps that two accounts have of it. */

const SEED = 2_611
const CLIENT_ID = 'https://agent.example/client.json'
const ACCOUNTS = ['user', 'other-org'] as const
type Account = (typeof ACCOUNTS)[number]
type Outcome = ErrorCode | 'ok'

interface ModelApp {
  readonly key: string
  readonly account: Account
  readonly epoch: string
  name: string
  /** Whether its first code was redeemed: before, only a session has it. */
  isStored: boolean
  isSuspended: boolean
  isRemoved: boolean
  /** The number of its install; undefined if the account has none. */
  install: number | undefined
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
  readonly sessions: ModelSession[]
  readonly document: { name: string }
  readonly log: string[]
  installs: number
}

type Command = fc.AsyncCommand<Model, Fixture>

/** Its apps that are stored, of the present epoch, the oldest first. */
function currentApps({ apps, facts }: Model, account: Account): readonly ModelApp[] {
  const { epoch } = facts[account]
  return apps.filter((app) => app.account === account && app.isStored && !app.isRemoved && app.epoch === epoch)
}

function mayAct({ facts }: Model, { account, epoch }: ModelApp): Outcome {
  return facts[account].active && facts[account].epoch === epoch ? 'ok' : 'account_blocked'
}

/** What a code or refresh token gets before it is known whether it is the current one. */
function refusalOf(model: Model, { app, install, refresh }: ModelSession, gone: Outcome): Outcome {
  if (app.isRemoved) return gone
  if (app.isSuspended) return 'app_suspended'
  if (app.isStored && app.install !== install) return gone
  const standing = mayAct(model, app)
  if (standing !== 'ok' || refresh !== undefined || app.isStored) return standing
  if (!model.facts[app.account].mayRegister) return 'not_permitted'
  return currentApps(model, app.account).some(({ isSuspended }) => isSuspended) ? 'app_suspended' : 'ok'
}

function command(
  title: string,
  run: (model: Model, fixture: Fixture) => Promise<string>,
  on?: 'apps' | 'sessions',
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
  .record({ account: fc.constantFrom(...ACCOUNTS), tabs: fc.constantFrom(1, 1, 2) })
  .map(({ account, tabs }) =>
    command(`${account} is asked in ${tabs} tabs and approves`, async (model, { appgrant: { authorizer }, clock }) => {
      const [first, ...more] = currentApps(model, account)
      const { active, mayRegister, epoch } = model.facts[account]
      const expected = (): Outcome => {
        if ([first, ...more].some((app) => app?.isSuspended)) return 'app_suspended'
        if (!active) return 'account_blocked'
        return first || mayRegister ? 'ok' : 'not_permitted'
      }
      const params = new URLSearchParams({
        client_id: CLIENT_ID,
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
      const { name } = model.document
      const before = first && first.name !== name && outcome !== 'app_suspended' ? first.name : undefined
      if (first && before !== undefined) first.name = name
      if (outcome !== 'ok') return outcome
      const asked = await call
      expect([asked.isNew, asked.before?.name, asked.app.name]).toEqual([first === undefined, before, name])
      if (first) expect(asked.app.key).toBe(first.key)
      const all = tabs === 1 ? [asked] : [asked, await begin()]
      for (const { ticket, app: shown } of all) {
        const code = codeIn(await authorizer.approve({ ticket, account, scope: ['read'] }))
        const app = first ?? newApp(shown.key, { account, epoch, name })
        if (!first) model.apps.push(app)
        app.install ??= ++model.installs
        model.sessions.push({ app, code, install: app.install, refresh: undefined, access: undefined, isEnded: false })
      }
      return outcome
    }),
  )

function newApp(key: string, known: Pick<ModelApp, 'account' | 'epoch' | 'name'>): ModelApp {
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
  const call = authorizer.exchangeCode({ key: CLIENT_ID, code: session.code, ...proof })
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
  const call = authorizer.refresh({ key: CLIENT_ID, refreshToken: session.refresh })
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
  ...often(6, redeem),
  ...often(3, refresh),
  ...often(2, looks),
  suspend,
  ...often(2, resume),
  ...[remove, withdraw, change, change, publish],
  ...often(2, restore),
]

async function live(open: () => Store, { seed, runs }: { readonly seed: number; readonly runs: number }) {
  const log: string[] = []
  await fc.assert(
    fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: 80, size: 'max' }), async (commands) => {
      const facts = () => ({ active: true, mayRegister: true, epoch: 'one' })
      const document = { name: 'Agent' }
      const fetchDocument: FetchDocument = async () => {
        const said = { client_id: CLIENT_ID, client_name: document.name, redirect_uris: [LOOPBACK] }
        const headers = new Headers({ 'content-type': 'application/json' })
        return { status: 200, headers, body: Buffer.from(JSON.stringify(said)) }
      }
      const options: Partial<AppGrantOptions> = {
        issuer: ISSUER,
        timeoutMs: 60_000,
        selfRegistration: { ...SELF_REGISTRATION, fetchDocument },
      }
      const fixture = createFixture(open(), options)
      for (const account of ACCOUNTS) fixture.tree.set(account, { epoch: 'one' })
      const model: Model = {
        facts: { user: facts(), 'other-org': facts() },
        apps: [],
        sessions: [],
        document,
        log: [],
        installs: 0,
      }
      await fc.asyncModelRun(() => ({ model, real: fixture }), commands)
      await look(model, fixture)
      log.push(...model.log)
    }),
    { seed, numRuns: runs },
  )
  return log
}

describe('the life of a program that registers itself, in the model and on the memory store', () => {
  it(`model and store agree over 100 lives, seed ${SEED} (WEB-5, WEB-6, E)`, async () => {
    const log = await live(memoryStore, { seed: SEED, runs: 100 })
    const ends = (what: string) => new Set(log.filter((line) => line.includes(what)).map((line) => line.split(': ')[1]))
    console.info(`${log.length} acts, asked: ${[...ends('asked')].join()}; redeemed: ${[...ends('redeems')].join()}`)
    for (const outcome of ['ok', 'app_suspended', 'account_blocked', 'not_permitted']) {
      expect(ends('asked')).toContain(outcome)
      expect(ends('redeems')).toContain(outcome)
    }
    expect(ends('redeems')).toContain('invalid_code')
    expect(ends('refreshed')).toContain('invalid_refresh_token')
  })
})
