import { memoryStore } from '../../adapters/memory/memory-store.ts'
import {
  type AppGrant,
  AppGrantError,
  type Consent,
  createAppGrant,
  isAppGrantError,
  type Store,
} from '../../src/index.ts'
import { notApplied } from '../../src/store.ts'
import { type AccountTree, accountTree } from '../support/account-tree.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { SCOPES } from '../support/scopes.ts'
import { DOCUMENT_URL, documentOf, LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import { challengeOf, codeIn, ISSUER, VERIFIER } from '../support/session-fixture.ts'
import { register } from './app-scenarios.ts'
import { type Act, createNodes, type Scenario } from './scheduler.ts'

/** What the operations on a program that has registered itself share: `user` was asked in two tabs, and has approved in the first. */
export interface ProgramState {
  readonly clientId: string
  /** What the program says of itself now. */
  readonly described: Described
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

interface Described {
  readonly name: string
  readonly redirectUrls: readonly [string]
}

/** What the program says when it is approved. */
const AT_FIRST: Described = { name: 'Agent', redirectUrls: [LOOPBACK] }
/** What its document says by the time of the operations, if it publishes one. */
const CHANGED = {
  renamed: { name: 'Agent 2', redirectUrls: [LOOPBACK] },
  moved: { name: 'Agent 2', redirectUrls: ['http://localhost:53123/next'] },
} satisfies Record<string, Described>
const LIMIT = 2
const NO_HURRY = { timeoutMs: 60_000, limits: NO_LIMITS, issuer: ISSUER }

function redeeming(code: string, to: string): ProgramAct['run'] {
  return async ({ clientId: key, codes, access }, { authorizer }) => {
    const proof = { codeVerifier: VERIFIER, redirectUrl: LOOPBACK }
    const call = authorizer.exchangeCode({ key, code: codes.get(code) ?? '', ...proof })
    access.set(to, (await call.catch(unknownIfRefused)).accessToken)
    return 'redeemed'
  }
}

/** Operations on an app, which says nothing if it is not there yet: a redemption that fails may leave it. */
function revoking(name: string, run: (app: string, node: AppGrant) => Promise<unknown>, tab: Tab = 'one') {
  return async ({ keys, revoked }: ProgramState, node: AppGrant): Promise<string> => {
    try {
      if ((await run(keys[tab], node)) !== false) revoked.add(name)
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

/** The account is asked again: if the document of the program has changed, its app follows. */
const asking: ProgramAct['run'] = async (state, node) => {
  await node.apps.get(state.keys.one)
  const isRedeemed = state.access.has('redeemed')
  const { isNew } = await ask(state, node).catch(unknownIfRefused)
  if (isNew && isRedeemed && (await node.apps.get(state.keys.one)))
    throw new Error('asked about a second app of the program (WEB-5)')
  if (!isNew) state.revoked.add('ask')
  return 'asked'
}

export const ACTS = {
  redeem: redeeming('one', 'redeemed'),
  redeemToo: redeeming('one', 'redeemed too'),
  /** The code of the second tab, which leads to an app of its own. */
  redeemOther: redeeming('two', 'redeemed other'),
  /** A second code of the first app. */
  redeemAgain: redeeming('again', 'redeemed again'),
  ask: asking,
  askToo: asking,
  approve: approving('approved'),
  approveToo: approving('approved too'),
  async deny({ tickets }, { authorizer }) {
    await authorizer.deny({ ticket: tickets.two, account: 'user' })
    return 'denied'
  },
  suspend: revoking('suspend', (key, node) => node.as('user').apps.suspend(key)),
  suspendOther: revoking('suspendOther', (key, node) => node.as('user').apps.suspend(key), 'two'),
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
  redeemAgain: 'redeemed again',
  approve: 'approved',
  approveToo: 'approved too',
}

/** The operations after which another one must be refused: what a suspended app keeps out, and a URL that is not the app's any more. */
const REFUSED_AFTER: Partial<Record<ProgramActName, readonly ProgramActName[]>> = {
  ask: ['suspend', 'suspendOther'],
  approve: ['suspend'],
  redeemOther: ['suspend'],
  redeemAgain: ['ask'],
}

type Given = (state: ProgramState, appgrant: AppGrant, database: Store) => Promise<unknown>

/** @param given - what is done before, such as operations on the app of an earlier redemption. */
export function programScenario(
  names: readonly ProgramActName[],
  {
    given = async () => {},
    changed,
    always,
    wrap = (store) => store,
  }: {
    readonly given?: Given
    /** How the document of the program has changed since it was approved. Default is that it has none. */
    readonly changed?: keyof typeof CHANGED
    readonly always?: NonNullable<ProgramScenario['always']>
    readonly wrap?: (store: Store) => Store
  } = {},
): ProgramScenario {
  const tree = accountTree()
  const options = { scopes: SCOPES, appsPerOwner: LIMIT, directory: tree, ...NO_HURRY }
  const described: Described = changed ? CHANGED[changed] : AT_FIRST
  const nodeOf = (store: Store, document: Described) => {
    const fetchDocument = changed && documentOf(() => document)
    return createAppGrant({ store, ...options, selfRegistration: { ...SELF_REGISTRATION, fetchDocument } })
  }
  const firstNodes = createNodes({ connect: (store) => nodeOf(store, AT_FIRST) })
  const asksTwo = names.some((name) => ['approve', 'approveToo', 'deny'].includes(name))
  return {
    name: names.join(' × '),
    connect: (store) => nodeOf(wrap(store), described),
    acts: Object.fromEntries(names.map((name) => [name, actOf(name, names)])),
    async setUp() {
      tree.set('user', { epoch: undefined })
      const database = memoryStore()
      const appgrant = firstNodes.on('', database)
      const state = await setUp(appgrant, { tree, asksTwo, isPublished: changed !== undefined })
      await given(state, appgrant, database)
      return { database, state: { ...state, described } }
    },
    observe,
    ...(always && { always }),
  }
}

/** The redemption of the code of the first tab has failed at its last write: the app is there, and has nothing yet. */
export const halfRedeemed: Given = async (state, appgrant, database) => {
  const { replace } = database
  database.replace = async () => {
    throw notApplied(new Error('refused'))
  }
  const answer = await answerOf(ACTS.redeem(state, appgrant))
  if (answer !== 'outcome_unknown') throw new Error(`expected a failure, received ${answer}`)
  database.replace = replace
}

/** The code of the first tab is redeemed. */
export const redeemed: Given = ACTS.redeem

/** Those of both tabs are, so that the account has two apps of the program. */
export const bothRedeemed: Given = async (state, appgrant) => {
  await ACTS.redeem(state, appgrant)
  await ACTS.redeemOther(state, appgrant)
}

/** The code of the first tab is redeemed, and the account has approved the program again. */
export const approvedAgain: Given = async (state, appgrant) => {
  await ACTS.redeem(state, appgrant)
  const { ticket } = await ask(state, appgrant)
  state.codes.set('again', codeIn(await appgrant.authorizer.approve({ ticket, account: 'user', scope: ['read'] })))
}

function actOf(name: ProgramActName, names: readonly ProgramActName[]): ProgramAct {
  if (name === 'register') return register('New', 'user')
  const run = ACTS[name]
  const others = REFUSED_AFTER[name]?.filter((other) => names.includes(other)) ?? []
  return {
    run: others.length === 0 ? run : refusedAfter(others, run),
    // A repeat may complete what was done before.
    settle: run,
    unanswered({ codes, access }) {
      for (const map of [codes, access]) map.delete(TAKEN[name] ?? '')
    },
  }
}

/** It fails if it is done although one of the others was acknowledged before it began. */
function refusedAfter(others: readonly string[], run: ProgramAct['run']): ProgramAct['run'] {
  return async (state, node) => {
    // Without a call of the store it would begin before everything else.
    await node.apps.get(state.keys.one)
    const earlier = others.find((other) => state.revoked.has(other))
    const answer = await run(state, node)
    if (earlier !== undefined) throw new Error(`${answer} after ${earlier} (WEB-5, WEB-6)`)
    return answer
  }
}

/** The write that the store refused has done nothing, but those before it have stored the app, or let it follow its document. */
function unknownIfRefused(error: unknown): never {
  if (!isAppGrantError(error, 'store_unavailable')) throw error
  throw new AppGrantError('outcome_unknown', error)
}

async function ask({ clientId, described }: Pick<ProgramState, 'clientId' | 'described'>, { authorizer }: AppGrant) {
  const params = new URLSearchParams({
    client_id: clientId,
    redirect_uri: described.redirectUrls[0],
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
  const asked = await authorizer.beginAuthorization(params, { account: 'user' })
  if (asked.step !== 'consent') throw new Error('expected a consent')
  return asked
}

async function setUp(
  appgrant: AppGrant,
  { tree, asksTwo, isPublished }: Pick<ProgramState, 'tree'> & Readonly<Record<'asksTwo' | 'isPublished', boolean>>,
): Promise<ProgramState> {
  const { authorizer, selfRegistration } = appgrant
  const registered = selfRegistration?.register(AT_FIRST).clientId ?? ''
  const program = { clientId: isPublished ? DOCUMENT_URL : registered, described: AT_FIRST }
  const asked = [await ask(program, appgrant), await ask(program, appgrant)]
  // In the order of lists, also of two apps of the same millisecond.
  const [one, two] = asked.sort(
    ({ app }, { app: other }) => Number(app.createdAt) - Number(other.createdAt) || (app.key < other.key ? -1 : 1),
  ) as [Consent, Consent]
  const approve = async (ticket: string) =>
    codeIn(await authorizer.approve({ ticket, account: 'user', scope: ['read'] }))
  return {
    ...program,
    keys: { one: one.app.key, two: two.app.key },
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
    shown[name] = app && { name: app.name, isSuspended: app.suspended !== undefined, isInstalled }
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
