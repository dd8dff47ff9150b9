import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { type AppGrant, createAppGrant, isAppGrantError, type Store, type TokenResponse } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { type AccountTree, accountTree } from '../support/account-tree.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { SCOPES } from '../support/scopes.ts'
import { challengeOf, codeIn, ISSUER, REDIRECT, VERIFIER } from '../support/session-fixture.ts'
import { ENDING_ACTS } from './ending-acts.ts'
import type { Act, Scenario } from './scheduler.ts'

/** The state that operations on one app and one account share. */
export interface SessionState {
  readonly key: string
  readonly secrets: string[]
  /** Pending consent requests, by name. */
  readonly tickets: Readonly<Record<'first', string>>
  /** What was issued, by who got it; `old` is a session that has rotated once, `code` is not redeemed yet. */
  readonly codes: Map<string, string>
  readonly access: Map<string, string>
  readonly accessIds: Map<string, string>
  readonly refresh: Map<string, string>
  /** The accounts of the host, if the scenario has them. */
  readonly tree: AccountTree
}

export type SessionAct = Act<SessionState, AppGrant>
export type SessionScenario = Scenario<SessionState, AppGrant>

const NO_HURRY = { timeoutMs: 60_000, limits: NO_LIMITS, issuer: ISSUER }
const ofUser = ({ key }: SessionState) => ({ app: key, account: 'user' })
const by = ({ key, secrets }: SessionState) => ({ key, secret: secrets[0] ?? '' })
const byNewest = ({ key, secrets }: SessionState) => ({ key, secret: secrets.at(-1) ?? '' })
/** What exists from the beginning. */
const GIVEN = new Set(['first', 'code', 'oldest', 'older', 'old'])

function remember(state: SessionState, name: string, { accessToken, refreshToken, tokenId }: TokenResponse): void {
  state.access.set(name, accessToken)
  state.accessIds.set(name, tokenId)
  state.refresh.set(name, refreshToken ?? '')
}

function refreshing(from: string, to: string, scope?: readonly string[]): SessionAct['run'] {
  return async (state, { authorizer }) => {
    const presented = { refreshToken: state.refresh.get(from) ?? '', scope }
    const granted = await authorizer.refresh({ ...by(state), ...presented })
    remember(state, to, granted)
    return 'refreshed'
  }
}

function redeeming(code: string, to: string): SessionAct['run'] {
  return async (state, { authorizer }) => {
    const presented = { code: state.codes.get(code) ?? '', codeVerifier: VERIFIER, redirectUrl: REDIRECT }
    remember(state, to, await authorizer.exchangeCode({ ...by(state), ...presented }))
    return 'redeemed'
  }
}

/** Operations on that app, that account and its sessions. */
export const ACTS = {
  ...ENDING_ACTS,
  async approve(state, { authorizer }) {
    const redirect = await authorizer.approve({ ticket: state.tickets.first, account: 'user' })
    state.codes.set('approved', codeIn(redirect))
    return 'approved'
  },
  async deny(state, { authorizer }) {
    await authorizer.deny({ ticket: state.tickets.first, account: 'user' })
    return 'denied'
  },
  redeem: redeeming('code', 'redeemed'),
  redeemToo: redeeming('code', 'redeemed too'),
  refresh: refreshing('old', 'refreshed'),
  refreshToo: refreshing('old', 'refreshed too'),
  /** Within the grace period: the same response, until the successor is used. */
  retry: refreshing('older', 'retried'),
  /** The same with other parameters: the same refresh token, and an access token of its own. */
  retryRead: refreshing('older', 'retried read', ['read']),
  retryWrite: refreshing('older', 'retried write', ['write']),
  retryReadToo: refreshing('older', 'retried read too', ['read']),
  refreshRead: refreshing('old', 'refreshed read', ['read']),
  refreshWrite: refreshing('old', 'refreshed write', ['write']),
  /** Long superseded. */
  reuse: refreshing('oldest', 'reused'),
  async regenerate(state, { apps }) {
    const { secret } = await apps.regenerateSecret(state.key)
    state.secrets.push(secret)
    return 'regenerated'
  },
  removeAll: async (state, { tokens }) => `${await tokens.removeAll(ofUser(state))}`,
  removeToken: async (state, { tokens }) =>
    `${await tokens.remove({ ...ofUser(state), ids: [state.accessIds.get('old') ?? ''] })}`,
  async revokeSession(state, { authorizer }) {
    return `${await authorizer.revokeToken({ ...by(state), token: state.refresh.get('old') ?? '' })}`
  },
  removeUrl: async ({ key }, { apps }) =>
    (await apps.update(key, { redirectUrls: ['https://app.example/new'] })) && 'redirect removed',
  narrow: async ({ key }, { apps }) => (await apps.update(key, { scopes: ['read'] })) && 'narrowed',
  unpublish: async ({ key }, { apps }) => `published ${(await apps.setPublished(key, false)).published}`,
} satisfies Record<string, SessionAct['run']>

export type SessionActName = keyof typeof ACTS

/** Those that say nothing unless the host has accounts. */
const OF_ACCOUNTS: readonly SessionActName[] = ['unpublish', 'replaceUser']

/** A scenario on an app that `user`, who belongs to another tenant, authorized, in a store that `wrap` may break. */
export function sessionScenario(
  names: readonly SessionActName[],
  {
    refreshGraceSeconds = 10,
    always,
    wrap = (store) => store,
  }: {
    readonly refreshGraceSeconds?: number
    readonly always?: NonNullable<SessionScenario['always']>
    readonly wrap?: (store: Store) => Store
  } = {},
): SessionScenario {
  const tree = accountTree()
  tree.set('org', { tenant: 'other' })
  const accounts = names.some((name) => OF_ACCOUNTS.includes(name)) ? { directory: tree } : {}
  const options = { ...NO_HURRY, scopes: SCOPES, lifetimes: { refreshGraceSeconds }, ...accounts }
  const connect = (store: Store) => createAppGrant({ store: wrap(store), ...options })
  return {
    name: `${names.join(' × ')}${refreshGraceSeconds === 10 ? '' : ', no window'}`,
    connect,
    acts: Object.fromEntries(
      names.map((name) => [name, { run: settled(ACTS[name]), unanswered: forgetAnswers(name) }]),
    ),
    async setUp() {
      tree.set('user', { epoch: undefined })
      const database = memoryStore()
      return { database, state: await setUp(createAppGrant({ store: database, ...options }), tree) }
    },
    // An approval that failed may leave an install, which gives nothing.
    observe: async (state, node) => {
      const { installed, ...seen } = await observe(state, node)
      return names.includes('approve') && names.includes('withdraw') ? seen : { ...seen, installed }
    },
    ...(always && { always }),
  }
}

/** The name of what an operation issues. */
const NAMES: Partial<Record<SessionActName, string>> = {
  approve: 'approved',
  redeem: 'redeemed',
  redeemToo: 'redeemed too',
  refresh: 'refreshed',
  refreshToo: 'refreshed too',
  retry: 'retried',
  retryRead: 'retried read',
  retryWrite: 'retried write',
  retryReadToo: 'retried read too',
  refreshRead: 'refreshed read',
  refreshWrite: 'refreshed write',
  reuse: 'reused',
}

function forgetAnswers(act: SessionActName): (state: SessionState) => void {
  return ({ codes, access, accessIds, refresh, secrets }) => {
    if (act === 'regenerate') secrets.pop()
    const name = NAMES[act] ?? ''
    for (const map of [codes, access, accessIds, refresh]) if (!GIVEN.has(name)) map.delete(name)
  }
}

/** So few operations never cause a `conflict`; all other refusals are results. */
function settled(run: SessionAct['run']): SessionAct['run'] {
  return async (state, node) => {
    try {
      return await run(state, node)
    } catch (error) {
      if (isAppGrantError(error, 'conflict')) throw new Error('a conflict among so few acts', { cause: error })
      throw error
    }
  }
}

async function setUp(appgrant: AppGrant, tree: AccountTree): Promise<SessionState> {
  const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', scopes: ['read', 'write'] }))
  await appgrant.apps.setPublished(app.key, true)
  const ask = async () => {
    const params = {
      client_id: app.key,
      redirect_uri: REDIRECT,
      response_type: 'code',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    }
    const asked = await appgrant.authorizer.beginAuthorization(new URLSearchParams(params), { account: 'user' })
    return asked.step === 'consent' ? asked.ticket : ''
  }
  const approve = async () => codeIn(await appgrant.authorizer.approve({ ticket: await ask(), account: 'user' }))
  const state: SessionState = {
    key: app.key,
    secrets: [secret],
    tickets: { first: await ask() },
    codes: new Map([
      ['first', await approve()],
      ['code', await approve()],
    ]),
    access: new Map(),
    accessIds: new Map(),
    refresh: new Map(),
    tree,
  }
  await redeeming('first', 'oldest')(state, appgrant)
  await refreshing('oldest', 'older')(state, appgrant)
  await refreshing('older', 'old')(state, appgrant)
  return state
}

/** What each access token gives and whether it is listed, whether there is an install, and what is shown of the app. */
async function observe(state: SessionState, { apps, authorizer, installs, tokens }: AppGrant) {
  const held: Record<string, unknown> = {}
  for (const [name, text] of [...state.access].sort()) {
    const answer = await authorizer.tryVerify(text)
    held[name] = answer.ok ? answer.scope : answer.reason
  }
  // The same request has the same token, however often it was sent.
  const distinct = new Set(state.access.values()).size
  const app = await apps.get(state.key)
  const installed = (await installs.list({ account: 'user' })).items.length
  const listed = installed > 0 ? new Set((await tokens.list(ofUser(state))).items.map(({ id }) => id)) : new Set()
  const hidden = [...state.access].filter(
    ([name]) => Array.isArray(held[name]) && !listed.has(state.accessIds.get(name) ?? ''),
  )
  const refreshes: Record<string, unknown> = {}
  // Using the same text twice would be reuse.
  for (const [name, refreshToken] of [...state.refresh].sort()) {
    if (name === 'oldest' || name === 'older') continue
    const isTwice = [...state.refresh].some(([other, text]) => other < name && text === refreshToken)
    refreshes[name] = isTwice ? 'twice' : await answer(authorizer.refresh({ ...byNewest(state), refreshToken }))
  }
  const codes: Record<string, unknown> = {}
  for (const [name, code] of [...state.codes].sort()) {
    if (name === 'first') continue
    codes[name] = await answer(
      authorizer.exchangeCode({ ...byNewest(state), code, codeVerifier: VERIFIER, redirectUrl: REDIRECT }),
    )
  }
  const shown = app && { suspended: app.suspended !== undefined, urls: app.redirectUrls }
  return { held, distinct, hidden, refreshes, codes, installed, app: shown }
}

async function answer(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error) => (isAppGrantError(error) ? error.code : `${error}`),
  )
}
