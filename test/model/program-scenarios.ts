import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { type AppGrant, createAppGrant, isAppGrantError, type Store } from '../../src/index.ts'
import { type AccountTree, accountTree } from '../support/account-tree.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { SCOPES } from '../support/scopes.ts'
import { LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import { challengeOf, codeIn, ISSUER, VERIFIER } from '../support/session-fixture.ts'
import { register } from './app-scenarios.ts'
import type { Act, Scenario } from './scheduler.ts'

/** What the operations on a program that has registered itself share: `user` was asked in two tabs, and has approved in the first. */
export interface ProgramState {
  readonly clientId: string
  /** The keys of the app that the code of each tab leads to. */
  readonly keys: Readonly<Record<Tab, string>>
  readonly tickets: Readonly<Record<Tab, string>>
  readonly codes: Map<string, string>
  /** Tokens by who got them. */
  readonly access: Map<string, string>
  /** The operations that have found something to revoke. */
  readonly revoked: Set<string>
  /** The id of what an operation made, or may have made. */
  readonly made: Map<string, string>
  readonly tree: AccountTree
}

type Tab = 'one' | 'two'
export type ProgramAct = Act<ProgramState, AppGrant>
export type ProgramScenario = Scenario<ProgramState, AppGrant>

const LIMIT = 2
const NO_HURRY = { timeoutMs: 60_000, limits: NO_LIMITS, issuer: ISSUER }

function redeeming(code: string, to: string): ProgramAct['run'] {
  return async ({ clientId: key, codes, access }, { authorizer }) => {
    const proof = { codeVerifier: VERIFIER, redirectUrl: LOOPBACK }
    access.set(to, (await authorizer.exchangeCode({ key, code: codes.get(code) ?? '', ...proof })).accessToken)
    return 'redeemed'
  }
}

/** Operations on the app of the first tab, which says nothing if it is not there yet: a redemption that fails may leave it. */
function revoking(name: string, run: (app: string, node: AppGrant) => Promise<unknown>): ProgramAct['run'] {
  return async ({ keys, revoked }, node) => {
    try {
      if ((await run(keys.one, node)) !== false) revoked.add(name)
    } catch (error) {
      if (!isAppGrantError(error, 'app_not_found')) throw error
    }
    return 'done'
  }
}

function approving(to: string): ProgramAct['run'] {
  return async ({ tickets, codes }, { authorizer }) => {
    codes.set(to, codeIn(await authorizer.approve({ ticket: tickets.two, account: 'user', scope: ['read'] })))
    return 'approved'
  }
}

export const ACTS = {
  redeem: redeeming('one', 'redeemed'),
  redeemToo: redeeming('one', 'redeemed too'),
  /** The code of the second tab, which leads to an app of its own. */
  redeemOther: redeeming('two', 'redeemed other'),
  approve: approving('approved'),
  approveToo: approving('approved too'),
  async deny({ tickets }, { authorizer }) {
    await authorizer.deny({ ticket: tickets.two, account: 'user' })
    return 'denied'
  },
  suspend: revoking('suspend', (key, node) => node.as('user').apps.suspend(key)),
  remove: revoking('remove', (key, node) => node.as('user').apps.remove(key)),
  revokeTokens: revoking('revokeTokens', (key, node) => node.as('user').apps.revokeTokens(key)),
  withdraw: revoking('withdraw', (app, node) => node.as('user').installs.withdraw({ app, account: 'user' })),
  /** After a read: without a call of the store it would come before everything else. */
  async replaceUser({ keys, tree, revoked }, { apps }) {
    await apps.get(keys.one)
    tree.set('user', { epoch: 'next' })
    revoked.add('replaceUser')
    return 'replaced'
  },
} satisfies Record<string, ProgramAct['run']>

export type ProgramActName = keyof typeof ACTS | 'register'

const TAKEN: Partial<Record<ProgramActName, string>> = {
  redeem: 'redeemed',
  redeemToo: 'redeemed too',
  redeemOther: 'redeemed other',
  approve: 'approved',
  approveToo: 'approved too',
}

/** @param given - what is done before, such as operations on the app of an earlier redemption. */
export function programScenario(
  names: readonly ProgramActName[],
  {
    given = async () => {},
    always,
    wrap = (store) => store,
  }: {
    readonly given?: (state: ProgramState, appgrant: AppGrant) => Promise<unknown>
    readonly always?: NonNullable<ProgramScenario['always']>
    readonly wrap?: (store: Store) => Store
  } = {},
): ProgramScenario {
  const tree = accountTree()
  const options = { scopes: SCOPES, selfRegistration: SELF_REGISTRATION, appsPerOwner: LIMIT, directory: tree }
  const connect = (store: Store) => createAppGrant({ store: wrap(store), ...options, ...NO_HURRY })
  const asksTwo = names.some((name) => ['approve', 'approveToo', 'deny'].includes(name))
  return {
    name: names.join(' × '),
    connect,
    acts: Object.fromEntries(names.map((name) => [name, actOf(name)])),
    async setUp() {
      tree.set('user', { epoch: undefined })
      const database = memoryStore()
      const appgrant = createAppGrant({ store: database, ...options, ...NO_HURRY })
      const state = await setUp(appgrant, { tree, asksTwo })
      await given(state, appgrant)
      return { database, state }
    },
    observe,
    ...(always && { always }),
  }
}

function actOf(name: ProgramActName): ProgramAct {
  if (name === 'register') return register('New', 'user')
  return {
    run: ACTS[name],
    unanswered({ codes, access }) {
      for (const map of [codes, access]) map.delete(TAKEN[name] ?? '')
    },
  }
}

async function setUp(
  appgrant: AppGrant,
  { tree, asksTwo }: { readonly tree: AccountTree; readonly asksTwo: boolean },
): Promise<ProgramState> {
  const { authorizer, selfRegistration } = appgrant
  const { clientId = '' } = selfRegistration?.register({ name: 'Agent', redirectUrls: [LOOPBACK] }) ?? {}
  const params = new URLSearchParams({
    client_id: clientId,
    redirect_uri: LOOPBACK,
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
  const ask = async () => {
    const asked = await authorizer.beginAuthorization(params, { account: 'user' })
    if (asked.step !== 'consent') throw new Error('expected a consent')
    return { key: asked.app.key, ticket: asked.ticket }
  }
  const [one, two] = [await ask(), await ask()]
  const approve = async (ticket: string) =>
    codeIn(await authorizer.approve({ ticket, account: 'user', scope: ['read'] }))
  return {
    clientId,
    keys: { one: one.key, two: two.key },
    tickets: { one: one.ticket, two: two.ticket },
    codes: new Map([
      ['one', await approve(one.ticket)],
      ...(asksTwo ? [] : [['two', await approve(two.ticket)] as const]),
    ]),
    access: new Map(),
    revoked: new Set(),
    made: new Map(),
    tree,
  }
}

/**
 * What each token gives, what is shown of its app, and what its code still gives. What has no token is not looked at: a redemption that
 * failed may leave the app, and what was done to that ends the code.
 */
async function observe({ clientId, codes, access, keys }: ProgramState, { apps, authorizer, installs }: AppGrant) {
  const held: Record<string, unknown> = {}
  for (const [name, text] of [...access].sort()) {
    const answer = await authorizer.tryVerify(text)
    held[name] = answer.ok ? answer.scope : answer.reason
  }
  const shown: Record<string, unknown> = {}
  for (const [name, key] of keysOf(access, keys)) {
    const app = await apps.get(key)
    const isInstalled = (await installs.get({ app: key, account: 'user' })) !== undefined
    shown[name] = app && { isSuspended: app.suspended !== undefined, isInstalled }
  }
  const exchanged: Record<string, unknown> = {}
  for (const [name, code] of [...codes].sort()) {
    if (name in keys && !(name in shown)) continue
    const proof = { codeVerifier: VERIFIER, redirectUrl: LOOPBACK }
    exchanged[name] = await answerOf(authorizer.exchangeCode({ key: clientId, code, ...proof }))
  }
  return { held, shown, exchanged }
}

/** The apps whose code somebody has redeemed. */
function keysOf(
  access: ReadonlyMap<string, string>,
  keys: ProgramState['keys'],
): readonly (readonly [string, string])[] {
  const isRedeemed = { one: access.has('redeemed') || access.has('redeemed too'), two: access.has('redeemed other') }
  return (['one', 'two'] as const).filter((tab) => isRedeemed[tab]).map((tab) => [tab, keys[tab]])
}

/** The account never has more apps than it may. */
export const isWithinLimit: NonNullable<ProgramScenario['always']> = async (_, { apps }) => {
  const { length } = (await apps.list({ owner: 'user' })).items
  if (length > LIMIT) throw new Error(`${length} apps where ${LIMIT} are the most (APP-6)`)
}

async function answerOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error) => (isAppGrantError(error) ? error.code : `${error}`),
  )
}
