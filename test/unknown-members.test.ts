import { describe, expect, it } from 'vitest'
import * as memory from '../adapters/memory/memory-store.ts'
import * as mongodb from '../adapters/mongodb/mongo-store.ts'
import * as postgres from '../adapters/postgres/postgres-store.ts'
import * as redis from '../adapters/redis/redis-store.ts'
import * as sqlite from '../adapters/sqlite/sqlite-store.ts'
import * as consolePages from '../src/console/index.ts'
import * as http from '../src/http/index.ts'
import * as core from '../src/index.ts'
import * as node from '../src/node.ts'
import * as resource from '../src/resource.ts'
import * as store from '../src/store.ts'
import * as testing from '../src/testing/index.ts'
import { createFixture } from './support/fixture.ts'

/** A call with an object of options or input, to which `extra` is added. */
interface Case {
  readonly call: (extra: object) => unknown
  /** A member that does not exist, with what the error must name. */
  readonly wrong: readonly [name: string, named: string]
}

/** Has no options and takes no object of input, or an object of the host. */
const NONE = 'none'

const ISSUER = 'https://login.example'
const AUDIENCE = 'https://api.example'
const { appgrant, observed } = createFixture(memory.memoryStore(), { issuer: ISSUER })
const { authorizer, apps, tokens, installs } = appgrant
const { app, secret } = await apps.register(testing.exampleApp({ owner: 'org', trusted: true }))
const { key } = app
const of = { app: key, account: 'org' }
const credentials = { key, secret }
const handler = http.createHandler(appgrant)
const session = { ticket: 'x', account: 'org' }
const client = { duplicate: () => ({ on: () => {}, options: {} }) }
const db = { collection: () => ({ withReadConcern: () => {} }), command: () => {} }
const verifier = { issuer: ISSUER, audience: AUDIENCE }

const wrong = (name: string, named: string, call: Case['call']): Case => ({ wrong: [name, named], call })

const EXPORTS: Readonly<Record<string, Case | typeof NONE>> = {
  createAppGrant: wrong('isuer', 'issuer', (extra) =>
    core.createAppGrant({ store: memory.memoryStore(), ...extra } as core.AppGrantOptions),
  ),
  createConsole: wrong('signin', 'signIn', (extra) =>
    consolePages.createConsole(appgrant, { signIn: async () => session, ...extra }),
  ),
  generateSigningKey: wrong('algorithm', 'alg', (extra) => core.generateSigningKey(extra)),
  createHandler: wrong('signin', 'signIn', (extra) => http.createHandler(appgrant, extra)),
  protect: wrong('scopes', 'scope', (extra) => http.protect(authorizer, extra)),
  protectNode: wrong('scopes', 'scope', (extra) => node.protectNode(authorizer, extra)),
  createResourceMetadata: wrong('isuer', 'issuer', (extra) =>
    http.createResourceMetadata({ resource: AUDIENCE, issuer: ISSUER, ...extra }),
  ),
  toNodeHandler: wrong('remoteAdress', 'remoteAddress', (extra) => node.toNodeHandler(handler, extra)),
  introspectionVerifier: wrong('endPointUrl', 'endpoint', (extra) =>
    resource.introspectionVerifier({ ...verifier, ...credentials, ...extra }),
  ),
  signatureVerifier: wrong('jwks_url', 'jwksUri', (extra) => resource.signatureVerifier({ ...verifier, ...extra })),
  redisStore: wrong('nameSpaces', 'namespace', (extra) => redis.redisStore({ client, ...extra })),
  mongoStore: wrong('collections', 'collection', (extra) =>
    mongodb.mongoStore({ db: db as unknown as mongodb.MongoDb, ...extra }),
  ),
  postgresStore: wrong('tabel', 'table', (extra) =>
    postgres.postgresStore({ client: () => ({}) as postgres.PostgresClient, ...extra }),
  ),
  exampleApp: wrong('scope', 'scopes', (extra) => apps.register(testing.exampleApp({ owner: 'org', ...extra }))),
  AppGrantError: NONE,
  accessOf: NONE,
  batchGets: NONE,
  batchPerTick: NONE,
  faultyStore: NONE,
  isAppGrantError: NONE,
  isNotApplied: NONE,
  manualClock: NONE,
  memoryStore: wrong('file', 'no members', (extra) => memory.memoryStore(extra)),
  conformanceSummary: NONE,
  createWatchers: NONE,
  notApplied: NONE,
  paginate: NONE,
  sanitizeError: NONE,
  sqliteStore: NONE,
  withSanitizedErrors: NONE,
}

/** Objects within options. */
const NESTED: Readonly<Record<string, Case>> = {
  'createAppGrant lifetimes': wrong('accessTokenTtl', 'accessTokenSeconds', (lifetimes) =>
    core.createAppGrant({ store: memory.memoryStore(), lifetimes }),
  ),
  'apps.update options': wrong('expect', 'expected', (extra) => apps.update(key, {}, extra)),
  'apps.update expected': wrong('redirect_uris', 'redirectUrls', (expected) => apps.update(key, {}, { expected })),
  'createAppGrant selfRegistration': wrong('key', 'keys', (selfRegistration) =>
    core.createAppGrant({ store: memory.memoryStore(), selfRegistration } as core.AppGrantOptions),
  ),
  'createAppGrant limits': wrong('changesPerMinut', 'changesPerMinute', (limits) =>
    core.createAppGrant({ store: memory.memoryStore(), limits }),
  ),
  'createAppGrant signing': wrong('previus', 'previous', (extra) =>
    core.createAppGrant({
      store: memory.memoryStore(),
      issuer: ISSUER,
      signing: { current: SIGNING_KEY, ...extra },
    }),
  ),
  'createConsole accounts': wrong('name', 'names', (extra) =>
    consolePages.createConsole(appgrant, {
      signIn: async () => session,
      accounts: { names: async () => ({}), ...extra },
    }),
  ),
  'createConsole theme': wrong('acent', 'accent', (theme) =>
    consolePages.createConsole(appgrant, { signIn: async () => session, theme }),
  ),
  'createConsole texts': wrong('cancell', 'cancel', (fr) =>
    consolePages.createConsole(appgrant, { signIn: async () => session, texts: { fr } }),
  ),
  'createHandler resourceMetadata': wrong('scope', 'scopes', (extra) =>
    http.createHandler(appgrant, { resourceMetadata: [{ resource: ISSUER, ...extra }] }),
  ),
  'createHandler leakReports': wrong('keys', 'scannerKeys', (leakReports) =>
    http.createHandler(appgrant, { leakReports }),
  ),
  'createHandler theme': wrong('acent', 'accent', (theme) => http.createHandler(appgrant, { theme })),
  'createHandler texts': wrong('approv', 'approve', (fr) => http.createHandler(appgrant, { texts: { fr } })),
  'createAppGrant revocationFeed.read': wrong('after', 'cursor', (extra) =>
    core
      .createAppGrant({
        store: memory.memoryStore(),
        issuer: ISSUER,
        signing: { current: SIGNING_KEY },
        revocationFeed: true,
      })
      .revocationFeed?.read({ app: key, reader: 'r'.repeat(16), silentSeconds: 30, ...extra }),
  ),
  'signatureVerifier feed': wrong('interval', 'intervalMs', (extra) =>
    resource.signatureVerifier({ ...verifier, feed: { ...credentials, ...extra } }),
  ),
  'redisStore durability': wrong('timeout', 'timeoutMs', (extra) =>
    redis.redisStore({ client, durability: { replicas: 1, timeoutMs: 100, ...extra } }),
  ),
}
const SIGNING_KEY = await core.generateSigningKey()

const METHODS: Readonly<Record<string, Readonly<Record<string, Case | typeof NONE>>>> = {
  appgrant: {
    as: wrong('logn', 'login', (extra) => appgrant.as('org', extra)),
    asHost: wrong('account', 'as(account)', (extra) => appgrant.asHost({ login: 'x', ...extra })),
    close: NONE,
    erase: NONE,
    permissions: wrong('account', 'owner', (extra) => appgrant.permissions(extra)),
    prepare: NONE,
    ready: NONE,
    receipt: wrong('timeout', 'signal', (extra) => appgrant.receipt({ signal: AbortSignal.abort(), ...extra })),
  },
  events: {
    on: wrong('outages', 'outage', (extra) =>
      appgrant.events.on((Object.keys(extra)[0] ?? 'outage') as 'outage', () => {}),
    ),
  },
  apps: {
    register: wrong('redirect_uris', 'redirectUrls', (extra) =>
      apps.register({ ...testing.exampleApp({ owner: 'org' }), ...extra }),
    ),
    list: wrong('account', 'owner', (extra) => apps.list(extra)),
    update: wrong('trusted', 'setTrusted', (extra) => apps.update(key, extra)),
    removeSecret: wrong('secret', 'secretId', (extra) => apps.removeSecret({ app: key, secretId: 'x', ...extra })),
    get: wrong('count', 'counts', (extra) => apps.get(key, extra)),
    setLifetimes: wrong('accessTokenTtl', 'accessTokenSeconds', (extra) => apps.setLifetimes(key, extra)),
    export: wrong('digest', 'digests', (extra) => apps.export(extra)),
    import: wrong('dry_run', 'dryRun', (extra) => apps.import([], extra)),
    setTrusted: NONE,
    setPublished: NONE,
    setResourceServer: NONE,
    suspend: NONE,
    resume: NONE,
    regenerateSecret: wrong('secretId', 'replaces', (extra) => apps.regenerateSecret(key, extra)),
    replaceJwks: NONE,
    addSecret: NONE,
    revokeTokens: NONE,
    remove: NONE,
  },
  tokens: {
    list: wrong('key', 'app', (extra) => tokens.list({ ...of, ...extra })),
    count: wrong('acount', 'account', (extra) => tokens.count({ ...of, ...extra })),
    remove: wrong('tokenIds', 'ids', (extra) => tokens.remove({ ...of, ids: [], ...extra })),
    removeAll: wrong('ids', 'remove', (extra) => tokens.removeAll({ ...of, ...extra })),
  },
  installs: {
    list: wrong('owner', 'account', (extra) => installs.list({ account: 'org', ...extra })),
    listByApp: wrong('apps', 'app', (extra) => installs.listByApp({ app: key, ...extra })),
    get: wrong('acount', 'account', (extra) => installs.get({ ...of, ...extra })),
    count: wrong('account', 'app', (extra) => installs.count({ app: key, ...extra })),
    withdraw: wrong('acount', 'account', (extra) => installs.withdraw({ ...of, ...extra })),
  },
  authorizer: {
    verify: wrong('scope', 'scope', (extra) => authorizer.verify('x', extra)),
    tryVerify: wrong('scopes', 'scope', (extra) => authorizer.tryVerify('x', extra)),
    clientCredentials: wrong('scopes', 'scope', (extra) =>
      authorizer.clientCredentials({ ...credentials, ...extra } as core.AppSecret),
    ),
    exchangeCode: wrong('redirect_uri', 'redirectUrl', (extra) =>
      authorizer.exchangeCode({ ...credentials, code: 'x', codeVerifier: 'x', redirectUrl: 'x', ...extra }),
    ),
    refresh: wrong('token', 'refreshToken', (extra) =>
      authorizer.refresh({ ...credentials, refreshToken: 'x', ...extra }),
    ),
    revokeToken: wrong('client_id', 'key', (extra) => authorizer.revokeToken({ ...credentials, token: 'x', ...extra })),
    reportLeak: wrong('client_id', 'key', (extra) => authorizer.reportLeak({ token: 'x', ...extra })),
    authenticateApp: wrong('remoteAdress', 'remoteAddress', (extra) =>
      authorizer.authenticateApp({ ...credentials, ...extra }),
    ),
    checkAuthorization: wrong('user_agent', 'userAgent', (extra) =>
      authorizer.checkAuthorization(new URLSearchParams(), extra),
    ),
    beginAuthorization: wrong('logn', 'login', (extra) =>
      authorizer.beginAuthorization(new URLSearchParams(), { account: 'org', ...extra }),
    ),
    approve: wrong('scopes', 'scope', (extra) => authorizer.approve({ ...session, ...extra })),
    beginRegistration: wrong('logn', 'login', (extra) =>
      authorizer.beginRegistration(new URLSearchParams(), { account: 'org', ...extra }),
    ),
    approveRegistration: wrong('grants', 'grant', (extra) => authorizer.approveRegistration({ ...session, ...extra })),
    denyRegistration: wrong('acount', 'account', (extra) => authorizer.denyRegistration({ ...session, ...extra })),
    exchangeRegistration: wrong('verifier', 'codeVerifier', (extra) =>
      authorizer.exchangeRegistration({ code: 'x', codeVerifier: 'x', redirectUrl: 'x', ...extra }),
    ),
    deny: wrong('scope', 'account', (extra) => authorizer.deny({ ...session, ...extra })),
  },
}

const cases = Object.entries({
  ...EXPORTS,
  ...NESTED,
  ...Object.fromEntries(
    Object.entries(METHODS).flatMap(([api, methods]) =>
      Object.entries(methods).map(([method, one]) => [`${api}.${method}`, one]),
    ),
  ),
}).flatMap(([name, one]) => (one === NONE ? [] : [[name, one] as const]))

async function errorOf(call: () => unknown): Promise<Error | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error as Error
  }
}

describe('members that do not exist', () => {
  it('the table has every function of every entry and every method (ERR-6)', () => {
    const entries = [memory, mongodb, postgres, redis, sqlite, http, consolePages, core, node, resource, store, testing]
    const functions = entries.flatMap((entry) =>
      Object.entries(entry).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
    )
    expect(Object.keys(EXPORTS).sort()).toEqual([...new Set(functions)].sort())
    const methodsOf = (api: object) =>
      Object.entries(api).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []))
    for (const [name, methods] of Object.entries(METHODS)) {
      const api = name === 'appgrant' ? appgrant : appgrant[name as 'apps' | 'tokens' | 'installs' | 'authorizer']
      expect(Object.keys(methods).sort(), name).toEqual(
        methodsOf(api)
          .filter((method) => method !== 'jwks')
          .sort(),
      )
    }
  })

  it.each(cases)(
    '%s refuses a member that does not exist, names what was meant and stores nothing (ERR-6)',
    async (_, { call, wrong: [name, named] }) => {
      const before = observed.written.length
      const error = await errorOf(() => call({ [name]: 'x' }))
      const isMisuse = error instanceof TypeError
      expect(isMisuse || core.isAppGrantError(error, 'invalid_request', 'invalid_fields'), String(error)).toBe(true)
      expect(error?.message).toContain(named)
      expect(error?.message).toContain(name)
      expect(error?.message).toMatch(/unknown|received/)
      expect(observed.written).toHaveLength(before)
    },
  )

  it.each(cases)('%s does not complain without it', async (_, { call }) => {
    const error = await errorOf(() => call({}))
    expect(error?.message ?? '').not.toMatch(/unknown (option|member|_field)/)
  })

  it.each([
    ['redisStore', () => redis.redisStore(undefined as never)],
    ['mongoStore', () => mongodb.mongoStore(undefined as never)],
    ['postgresStore', () => postgres.postgresStore(undefined as never)],
    ['asHost', () => appgrant.asHost(undefined as never)],
    ['createAppGrant', () => core.createAppGrant(undefined as never)],
    ['introspectionVerifier', () => resource.introspectionVerifier(undefined as never)],
    ['signatureVerifier', () => resource.signatureVerifier(undefined as never)],
  ])('%s without its argument says what it expects (ERR-6)', (name, call) => {
    expect(call).toThrow(new RegExp(`^${name}: options: expected a plain object of .+, received nothing$`))
  })
})
