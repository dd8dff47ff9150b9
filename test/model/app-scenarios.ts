import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { type AppGrant, createAppGrant, isAppGrantError, type Store } from '../../src/index.ts'
import type { StoreRecord } from '../../src/store.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { type AccountTree, accountTree } from '../support/account-tree.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { observedStore } from '../support/observed-store.ts'
import { SCOPES } from '../support/scopes.ts'
import type { Act, Scenario } from './scheduler.ts'

/** The state that operations on one app of `org` share. */
export interface AppState {
  readonly key: string
  readonly secrets: string[]
  readonly secretIds: readonly string[]
  /** Tokens by who got them; `old` is the one issued before the operations. */
  readonly tokens: Map<string, string>
  readonly tokenIds: Map<string, string>
  /** The id of what an operation made, or may have made. */
  readonly made: Map<string, string>
  /** The accounts of the host, if the scenario has them. */
  readonly tree: AccountTree
}

export type AppAct = Act<AppState, AppGrant>
export type AppScenario = Scenario<AppState, AppGrant>

// A schedule may be slow on a busy machine, and no scenario is about the deadline.
const NO_HURRY = { timeoutMs: 60_000, limits: NO_LIMITS }
const ofOrg = ({ key }: AppState) => ({ app: key, account: 'org' })
const LIMIT = 2
const ORIGINAL = { name: 'Example App' }

/** Operations on that app. */
export const ACTS = {
  async grant(state, { authorizer }) {
    const { accessToken, tokenId } = await authorizer.clientCredentials({
      key: state.key,
      secret: state.secrets[0] ?? '',
    })
    state.tokens.set('grant', accessToken)
    state.tokenIds.set('grant', tokenId)
    return 'granted'
  },
  suspend: async ({ key }, { apps }) => statusOf(await apps.suspend(key)),
  resume: async ({ key }, { apps }) => statusOf(await apps.resume(key)),
  suspendAsOwner: async ({ key }, appgrant) => statusOf(await appgrant.as('org').apps.suspend(key)),
  resumeAsOwner: async ({ key }, appgrant) => statusOf(await appgrant.as('org').apps.resume(key)),
  async regenerate(state, { apps }) {
    state.secrets[2] = (await apps.regenerateSecret(state.key)).secret
    return 'regenerated'
  },
  removeAll: async (state, { tokens }) => `${await tokens.removeAll(ofOrg(state))}`,
  removeToken: async (state, { tokens }) =>
    `${await tokens.remove({ ...ofOrg(state), ids: [state.tokenIds.get('old') ?? ''] })}`,
  revokeOwn: async ({ key, secrets, tokens }, { authorizer }) =>
    `${await authorizer.revokeToken({ key, secret: secrets[0] ?? '', token: tokens.get('old') ?? '' })}`,
  revokeTokens: async ({ key }, { apps }) => (await apps.revokeTokens(key)) && 'revoked',
  untrust: async ({ key }, { apps }) => `trusted ${(await apps.setTrusted(key, false)).trusted}`,
  trust: async ({ key }, { apps }) => `trusted ${(await apps.setTrusted(key, true)).trusted}`,
  remove: async ({ key }, { apps }) => ((await apps.remove(key)) ? 'removed' : 'none'),
  removeFirstSecret: async ({ key, secretIds }, { apps }) =>
    (await apps.removeSecret({ app: key, secretId: secretIds[0] ?? '' })) && 'secret removed',
  rename: async ({ key }, { apps }) => (await apps.update(key, { name: 'Renamed' })) && 'renamed',
  renameToo: async ({ key }, { apps }) => (await apps.update(key, { name: 'Otherwise' })) && 'renamed',
  shorten: async ({ key }, { apps }) => (await apps.setLifetimes(key, { accessTokenSeconds: 60 })) && 'shortened',
  publish: async ({ key }, { apps }) => `published ${(await apps.setPublished(key, true)).published}`,
  unpublish: async ({ key }, { apps }) => `published ${(await apps.setPublished(key, false)).published}`,
  async blockOwner(state, node) {
    await ownerBecomes({ active: false }, state, node)
    return 'blocked'
  },
  async replaceOwner(state, node) {
    await ownerBecomes({ epoch: 'next' }, state, node)
    return 'replaced'
  },
  renameOriginal: async ({ key }, { apps }) =>
    (await apps.update(key, { name: 'Renamed' }, { expected: ORIGINAL })) && 'renamed',
  renameOriginalToo: async ({ key }, { apps }) =>
    (await apps.update(key, { name: 'Otherwise' }, { expected: ORIGINAL })) && 'renamed',
  registerOnce: async (_, { apps }) =>
    (await apps.register(exampleApp({ owner: 'org', name: 'Once', once: 'o'.repeat(16) }))) && 'registered',
  narrow: async ({ key }, { apps }) => (await apps.update(key, { scopes: ['read'] })) && 'narrowed',
} satisfies Record<string, AppAct['run']>

/** Changes the owner after a read of the app: without a call of the store it would come before everything else. */
async function ownerBecomes(
  change: Parameters<AccountTree['set']>[1],
  { key, tree }: AppState,
  { apps }: AppGrant,
): Promise<void> {
  await apps.get(key)
  tree.set('org', change)
}

/** Replaces the first secret, and no other. @param at - where its caller keeps the new one. */
export function regenerateFirst(at: number): AppAct {
  return {
    async run(state, { apps }) {
      state.secrets[at] = (await apps.regenerateSecret(state.key, { replaces: state.secretIds[0] })).secret
      return 'regenerated'
    },
    unanswered(state) {
      delete state.secrets[at]
    },
  }
}

/** An addition is not repeated: its caller settles it by removing what may be there. */
export const addSecret: AppAct = {
  async run(state, { apps }) {
    try {
      const { secret, secretId } = await apps.addSecret(state.key)
      state.secrets[3] = secret
      state.made.set('secret', secretId)
      return 'added'
    } catch (error) {
      if (isAppGrantError(error, 'outcome_unknown')) state.made.set('secret', error.details.secretId ?? '')
      throw error
    }
  },
  async settle(state, { apps }) {
    delete state.secrets[3]
    try {
      await apps.removeSecret({ app: state.key, secretId: state.made.get('secret') ?? '' })
    } catch (error) {
      if (!isAppGrantError(error, 'secret_not_found', 'app_not_found')) throw error
    }
    return 'taken back'
  },
}

/** As above: `remove` settles it, whether it was done, was not done or still arrives. */
export function register(name: string, owner = 'org'): Act<Pick<AppState, 'made'>, AppGrant> {
  return {
    async run({ made }, { apps }) {
      try {
        made.set(name, (await apps.register(exampleApp({ owner, name }))).app.key)
        return 'registered'
      } catch (error) {
        if (isAppGrantError(error, 'outcome_unknown')) made.set(name, error.details.app ?? '')
        throw error
      }
    },
    async settle({ made }, { apps }) {
      const key = made.get(name)
      if (key !== undefined) await apps.remove(key)
      return 'taken back'
    },
  }
}

export function act(name: keyof typeof ACTS): AppAct {
  return { run: ACTS[name] }
}

/**
 * A scenario on a trusted app with one token, in a store that `wrap` may break.
 *
 * @param given - what is done to the app first.
 * @param remembered - whether every node has read the app before that.
 */
export function appScenario(
  acts: Readonly<Record<string, AppAct>>,
  {
    given = async () => {},
    remembered = false,
    hasAccounts = false,
    always,
    wrap = (store) => store,
  }: {
    readonly given?: (state: AppState, appgrant: AppGrant) => Promise<unknown>
    readonly remembered?: boolean
    /** Whether the host has accounts that can be changed. */
    readonly hasAccounts?: boolean
    readonly always?: AppScenario['always']
    readonly wrap?: (store: Store) => Store
  } = {},
): AppScenario {
  const tree = accountTree()
  const accounts = hasAccounts ? { directory: tree } : {}
  const connect = (store: Store) =>
    createAppGrant({ store: wrap(store), scopes: SCOPES, appsPerOwner: LIMIT, ...accounts, ...NO_HURRY })
  let template: ReturnType<typeof setUp> | undefined
  return {
    name: Object.keys(acts).join(' × ') + (remembered ? ', the app remembered' : ''),
    connect,
    acts,
    // Made once and copied, because a registration costs more than the rest of a schedule.
    async setUp() {
      tree.set('org', { active: true, epoch: undefined })
      template ??= setUp(given, tree)
      const { state, records, earlier } = await template
      return {
        database: await databaseOf(records),
        state: { ...structuredClone(state), tree },
        ...(remembered && { earlier: await databaseOf(earlier) }),
      }
    },
    ...(remembered && {
      remember: ({ key, secrets: [secret = ''] }: AppState, { authorizer }: AppGrant) =>
        authorizer.authenticateApp({ key, secret }),
    }),
    observe,
    ...(always && { always }),
  }
}

/** The owner never has more apps than it may. */
export const isWithinLimit: NonNullable<AppScenario['always']> = async (_, { apps }) => {
  const { length } = (await apps.list({ owner: 'org' })).items
  if (length > LIMIT) throw new Error(`${length} apps where ${LIMIT} are the most (APP-6)`)
}

async function databaseOf(records: readonly StoreRecord[]): Promise<Store> {
  const database = memoryStore()
  for (const record of records) await database.insert(record)
  return database
}

/** A trusted app with one token, and the records that exist then and existed before `given`. */
async function setUp(given: (state: AppState, appgrant: AppGrant) => Promise<unknown>, tree: AccountTree) {
  const store = observedStore(memoryStore())
  const appgrant = createAppGrant({ store, scopes: SCOPES, appsPerOwner: LIMIT, ...NO_HURRY })
  const { app, secret } = await appgrant.apps.register(
    exampleApp({ owner: 'org', trusted: true, scopes: ['read', 'write'] }),
  )
  const { accessToken, tokenId } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const state = {
    key: app.key,
    secrets: [secret],
    secretIds: app.secrets.map(({ id }) => id),
    tokens: new Map([['old', accessToken]]),
    tokenIds: new Map([['old', tokenId]]),
    made: new Map<string, string>(),
  }
  const recordsNow = () => [...new Map(store.written.map((record) => [record.id, record])).values()]
  const earlier = recordsNow()
  await given({ ...state, tree }, appgrant)
  return { state, records: recordsNow(), earlier }
}

/** What each token and secret gives at the end, and what is shown of the app. */
async function observe({ key, secrets, tokens }: AppState, { apps, authorizer }: AppGrant): Promise<unknown> {
  const held: Record<string, unknown> = {}
  for (const [name, text] of [...tokens].sort()) {
    const answer = await authorizer.tryVerify(text)
    held[name] = answer.ok ? answer.scope : answer.reason
  }
  const accepted = []
  for (const [at, secret] of secrets.entries()) {
    if (secret === undefined) continue
    const isAccepted = await authorizer.revokeToken({ key, secret, token: 'none' }).then(
      () => true,
      () => false,
    )
    if (isAccepted) accepted.push(at)
  }
  const app = await apps.get(key)
  const { name, scopes, trusted, published, lifetimes, suspended } = app ?? {}
  const shown = app && { name, scopes, trusted, published, lifetimes, suspendedBy: suspended?.by }
  const others = (await apps.list({ owner: 'org' })).items.filter((other) => other.key !== key).length
  return { held, accepted, app: shown, others }
}

function statusOf({ suspended }: { readonly suspended?: unknown }): string {
  return suspended ? 'suspended' : 'active'
}
