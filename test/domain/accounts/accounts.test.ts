import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AccountDirectory, createAppGrant } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

async function setUp() {
  const fixture = createFixture()
  const { app, secret } = await fixture.registerTrusted({ apiType: 'unified' })
  const { accessToken } = await fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const grant = () => fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const verify = () => fixture.appgrant.authorizer.tryVerify(accessToken)
  return { ...fixture, app, secret, accessToken, grant, verify }
}

describe('the account directory', () => {
  it('a decision asks the account directory at most once (ACC-1)', async () => {
    const { appgrant, tree, app, secret, grant, verify } = await setUp()
    const calls: Record<string, () => Promise<unknown>> = {
      'register by the host': () => appgrant.apps.register(exampleApp({ owner: 'org' })),
      'register by the owner': () => appgrant.as('org').apps.register(exampleApp({ owner: 'org' })),
      'register from above': () => appgrant.as('root').apps.register(exampleApp({ owner: 'user' })),
      'get by the owner': () => appgrant.as('org').apps.get(app.key),
      'get from above': () => appgrant.as('provider').apps.get(app.key),
      'list from above': () => appgrant.as('provider').apps.list({ owner: 'org' }),
      suspend: () => appgrant.as('org').apps.suspend(app.key),
      'suspend again from above': () => appgrant.as('provider').apps.suspend(app.key),
      resume: () => appgrant.as('root').apps.resume(app.key),
      regenerate: () => appgrant.as('org').apps.regenerateSecret(app.key),
      trust: () => appgrant.as('provider').apps.setTrusted(app.key, true),
      count: () => appgrant.as('org').tokens.count({ app: app.key, account: 'org' }),
      removeAll: () => appgrant.as('provider').tokens.removeAll({ app: app.key, account: 'org' }),
      verify,
      remove: () => appgrant.as('provider').apps.remove(app.key),
    }
    expect(await codeOf(grant())).toBe('ok')
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret }))).toBe('ok')
    for (const [name, call] of Object.entries(calls)) {
      const before = tree.questions
      await call()
      expect(tree.questions - before, name).toBeLessThanOrEqual(1)
    }
  })

  it('every account is on its own, active and permitted if there is no directory (ACC-1)', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const { app, secret } = await appgrant.as('anybody').apps.register(exampleApp({ owner: 'anybody' }))
    await appgrant.apps.setTrusted(app.key, true)
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true, account: 'anybody' })
    expect(await appgrant.as('somebody').apps.get(app.key)).toBeUndefined()
    expect(await codeOf(appgrant.as('somebody').apps.register(exampleApp({ owner: 'anybody' })))).toBe('not_permitted')
  })

  it('without a directory only the host may trust apps (ACC-1)', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const { apps } = appgrant.as('dev')
    expect(await codeOf(apps.register(exampleApp({ owner: 'dev', trusted: true })))).toBe('not_permitted')
    const { app } = await apps.register(exampleApp({ owner: 'dev' }))
    expect(await codeOf(apps.setTrusted(app.key, true))).toBe('not_permitted')
    expect(await appgrant.apps.setTrusted(app.key, true)).toMatchObject({ trusted: true })
  })

  it('a directory that fails, is late or returns an invalid result is an outage, never a refusal (ERR-1)', async () => {
    const state = { id: 'org', active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }
    const wrong: Record<string, unknown> = {
      rejects: () => Promise.reject(new Error('ldap')),
      throws: () => {
        throw new Error('ldap')
      },
      'never answers': () => new Promise(() => {}),
      'answers nothing': async () => undefined,
      'answers no list': async () => ({ 0: state, length: 1 }),
      'answers for another': async () => [{ ...state, id: 'other' }],
      'names no id': async () => [{ active: true }],
      'says active in words': async () => [{ ...state, active: 'yes' }],
      'has a hole': async () => [state, null],
      'has a mayUseApps that throws': async () => [
        {
          ...state,
          mayUseApps: () => {
            throw new Error('rules')
          },
        },
      ],
    }
    const store = memoryStore()
    const { app, secret } = await createAppGrant({ store }).apps.register(exampleApp({ owner: 'org', trusted: true }))
    const { accessToken } = await createAppGrant({ store }).authorizer.clientCredentials({ key: app.key, secret })
    for (const [name, lineage] of Object.entries(wrong)) {
      const directory = { lineage } as AccountDirectory
      const appgrant = createAppGrant({ store, directory, timeoutMs: 10 })
      const outages: unknown[] = []
      appgrant.events.on('outage', ({ code }) => outages.push(code))
      const error = await refusalOf(appgrant.authorizer.tryVerify(accessToken))
      expect(error.code, name).toBe('directory_unavailable')
      expect(error.message).not.toMatch(/ldap|rules/)
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret })), name).toBe(
        'directory_unavailable',
      )
      expect(outages).toEqual(['directory_unavailable', 'directory_unavailable'])
    }
  })
})

describe('wrong replies of the account directory', () => {
  const state = (id: string) => ({ id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true })

  it.each([
    ['nothing', undefined, 'lineage("org"): expected an array of accounts, received nothing'],
    ['one account', state('org'), 'lineage("org"): expected an array of accounts, received an object'],
    ['a hole', [state('org'), null], 'lineage("org")[1]: expected an account, received null'],
    [
      'the root first',
      [state('root'), state('org')],
      'lineage("org")[0].id: expected the account itself first, then its ancestors, received root',
    ],
    ['a number as id', [{ ...state('org'), id: 7 }], 'lineage("org")[0].id: expected a string, received 7'],
    [
      'a number as active',
      [{ ...state('org'), active: 1 }],
      'lineage("org")[0].active of the account org: expected true or false, received 1',
    ],
    [
      'no mayTrustApps above',
      [state('org'), { ...state('root'), mayTrustApps: undefined }],
      'lineage("org")[1].mayTrustApps of the account root: expected true or false, received nothing',
    ],
    [
      'a text as mayRegisterApps',
      [{ ...state('org'), mayRegisterApps: 'unified' }],
      'lineage("org")[0].mayRegisterApps of the account org: expected true, false or an array of API types, received unified',
    ],
    [
      'a text as mayRegisterScopes',
      [{ ...state('org'), mayRegisterScopes: 'read' }],
      'lineage("org")[0].mayRegisterScopes of the account org: expected an array of scopes, or nothing, received read',
    ],
    [
      'null as tenant',
      [{ ...state('org'), tenant: null }],
      'lineage("org")[0].tenant of the account org: expected a string, or nothing, received null',
    ],
    [
      'a number as epoch',
      [{ ...state('org'), epoch: 3 }],
      'lineage("org")[0].epoch of the account org: expected a string, or nothing, received 3',
    ],
    [
      'tenantId instead of tenant',
      [{ ...state('org'), tenantId: 'acme' }],
      'lineage("org")[0].tenantId of the account org: unknown member, expected tenant, or tenant beside it',
    ],
    [
      'epock above instead of epoch',
      [state('org'), { ...state('root'), epock: '3' }],
      'lineage("org")[1].epock of the account root: unknown member, expected epoch, or epoch beside it',
    ],
    [
      'may_register_scope instead of mayRegisterScopes',
      [{ ...state('org'), may_register_scope: ['read'] }],
      'lineage("org")[0].may_register_scope of the account org: unknown member, expected mayRegisterScopes, or mayRegisterScopes beside it',
    ],
  ])('%s is an outage whose cause names account, member and value (ACC-1)', async (_, reply, fault) => {
    const directory = { lineage: async () => reply } as unknown as AccountDirectory
    const appgrant = createAppGrant({ store: memoryStore(), directory })
    const causes: unknown[] = []
    appgrant.events.on('outage', ({ cause }) => causes.push(cause))
    const { code, cause } = await refusalOf(appgrant.as('org').apps.list())
    expect([code, cause]).toEqual(['directory_unavailable', new TypeError(fault)])
    expect(causes).toEqual([cause])
  })

  it('members that no guard is named like are ignored, and so are others beside the member itself (ACC-1, ERR-6)', async () => {
    const row = { ...state('org'), email: 'a@b.example', tenantId: 7, tenant: undefined, createdAt: new Date() }
    const appgrant = createAppGrant({ store: memoryStore(), directory: { lineage: async () => [row] } })
    expect((await appgrant.as('org').apps.list()).items).toEqual([])
  })
})

describe('permission to use apps', () => {
  it('using apps needs the permission of the account and every account above it, at each use (ACC-2, ACC-3)', async () => {
    const { tree, verify, grant } = await setUp()
    for (const account of ['org', 'provider', 'root'] as const) {
      tree.set(account, { mayUseApps: false })
      expect(await verify(), account).toEqual({ ok: false, reason: 'not_permitted' })
      expect(await codeOf(grant())).toBe('not_permitted')
      tree.set(account, { mayUseApps: true })
      expect(await verify()).toMatchObject({ ok: true })
    }
    for (const account of ['user', 'other-org', 'other-provider'] as const) {
      tree.set(account, { mayUseApps: false })
      expect(await verify(), account).toMatchObject({ ok: true })
    }
  })

  it('mayUseApps may be a function, which receives the identity of the app (ACC-2)', async () => {
    const { tree, app, verify } = await setUp()
    const seen: unknown[] = []
    tree.set('provider', {
      mayUseApps: (identity) => {
        seen.push(identity)
        return identity.apiType !== 'unified'
      },
    })
    expect(await verify()).toEqual({ ok: false, reason: 'not_permitted' })
    expect(seen).toEqual([{ key: app.key, owner: 'org', trusted: true, apiType: 'unified', scopes: ['read', 'write'] }])
  })

  it.each([
    ['yes', 'mayUseApps of the account org: expected true, false or a function, received yes'],
    [1, 'mayUseApps of the account org: expected true, false or a function, received 1'],
    [{}, 'mayUseApps of the account org: expected true, false or a function, received an object'],
    [() => 'yes', 'mayUseApps of the account org: expected true or false, received yes'],
    [() => undefined, 'mayUseApps of the account org: expected true or false, received nothing'],
    [async () => true, 'mayUseApps of the account org: expected true or false, received a promise'],
    [() => Promise.reject(new Error('late')), 'expected true or false, received a promise'],
  ])('a decision that is not a boolean is an outage, also %s', async (value, fault) => {
    const { tree, verify, grant } = await setUp()
    tree.set('org', { mayUseApps: value as boolean })
    for (const call of [verify, grant]) {
      const { code, cause } = await refusalOf(call())
      expect([code, String(cause)]).toEqual(['directory_unavailable', expect.stringContaining(fault)])
    }
  })
})

describe('permission to register apps', () => {
  it('registering needs the permission of the acting account and all above it; ancestors may register for accounts below (ACC-2)', async () => {
    const { appgrant, tree } = await setUp()
    const attempt = (actor: string, owner: string) => codeOf(appgrant.as(actor).apps.register(exampleApp({ owner })))
    tree.set('org', { mayRegisterApps: false })
    expect(await attempt('org', 'org')).toBe('not_permitted')
    expect(await attempt('user', 'user')).toBe('not_permitted')
    expect(await attempt('provider', 'org')).toBe('ok')
    expect(await attempt('user', 'org')).toBe('not_permitted')
    expect(await attempt('other-org', 'org')).toBe('not_permitted')
    tree.set('org', { active: false })
    expect(await attempt('provider', 'org')).toBe('account_blocked')
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'user' })))).toBe('account_blocked')
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'nobody' })))).toBe('account_blocked')
  })

  it('permission to register apps may be limited to API types at every level (ACC-4)', async () => {
    const { appgrant, tree } = await setUp()
    const attempt = (actor: string, apiType?: string) =>
      codeOf(appgrant.as(actor).apps.register(exampleApp({ owner: 'org', apiType })))
    tree.set('provider', { mayRegisterApps: ['system', 'other'] })
    expect(await attempt('org', 'system')).toBe('ok')
    expect(await attempt('org', 'unified')).toBe('not_permitted')
    expect(await attempt('org')).toBe('not_permitted')
    expect(await attempt('root', 'unified')).toBe('ok')
    tree.set('org', { mayRegisterApps: ['unified'] })
    expect(await attempt('org', 'system')).toBe('not_permitted')
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org', apiType: 'unified' })))).toBe('ok')
  })

  it('an update asks for permission to register only if it changes the API type (ACC-4)', async () => {
    const { appgrant, tree, app } = await setUp()
    tree.set('provider', { mayRegisterApps: ['system'] })
    const own = appgrant.as('org').apps
    expect(await codeOf(own.update(app.key, { name: 'Other' }))).toBe('ok')
    expect(await codeOf(own.update(app.key, { apiType: 'unified' }))).toBe('ok')
    expect(await codeOf(own.update(app.key, { apiType: 'voice' }))).toBe('not_permitted')
    expect(await codeOf(own.update(app.key, { apiType: 'system' }))).toBe('ok')
    expect((await appgrant.apps.get(app.key))?.apiType).toBe('system')
  })
})

describe('actors', () => {
  it('a suspension and every event record the acting account and the login behind it (ACC-5)', async () => {
    const { appgrant, app } = await setUp()
    const seen: unknown[] = []
    appgrant.events.on('app', ({ change, by }) => seen.push([change, by]))
    const provider = { account: 'provider', login: 'ann' }
    expect((await appgrant.as('provider', { login: 'ann' }).apps.suspend(app.key)).suspended?.by).toEqual(provider)
    await appgrant.asHost({ login: 'root-ann' }).apps.resume(app.key)
    await appgrant.as('org').apps.update(app.key, { name: 'x' })
    await appgrant.apps.revokeTokens(app.key)
    expect(seen).toEqual([
      ['suspended', provider],
      ['resumed', { login: 'root-ann' }],
      ['updated', { account: 'org' }],
      ['tokens_revoked', {}],
    ])
  })
})

describe('account epochs', () => {
  it('a new epoch ends what was granted under another, and the app works again once regenerated from above (ACC-7)', async () => {
    const { appgrant, tree, app, secret, accessToken, grant } = await setUp()
    tree.set('org', { epoch: 'two' })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toEqual({ ok: false, reason: 'revoked' })
    expect(await codeOf(grant())).toBe('account_blocked')
    const regenerated = await appgrant.as('provider').apps.regenerateSecret(app.key)
    expect(await codeOf(grant())).toBe('app_authentication_failed')
    const fresh = await appgrant.authorizer.clientCredentials({ key: app.key, secret: regenerated.secret })
    expect(await appgrant.authorizer.tryVerify(fresh.accessToken)).toMatchObject({ ok: true })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toEqual({ ok: false, reason: 'revoked' })
    expect(secret).not.toBe(regenerated.secret)
  })

  it('a new epoch hides earlier apps from the owner, but not from accounts above (ACC-7)', async () => {
    const { appgrant, tree, app } = await setUp()
    tree.set('org', { epoch: 'two' })
    const own = appgrant.as('org')
    const of = { app: app.key, account: 'org' }
    expect(await own.apps.get(app.key)).toBeUndefined()
    expect((await own.apps.list()).items).toEqual([])
    for (const call of [
      own.apps.suspend(app.key),
      own.apps.regenerateSecret(app.key),
      own.apps.update(app.key, { name: 'x' }),
      own.tokens.count(of),
      own.tokens.removeAll(of),
    ])
      expect(await codeOf(call)).toBe('app_not_found')
    expect(await own.apps.remove(app.key)).toBe(false)
    expect((await appgrant.as('provider').apps.get(app.key))?.key).toBe(app.key)
    expect((await appgrant.apps.list({ owner: 'org' })).items).toHaveLength(1)
    expect(await appgrant.as('provider').apps.remove(app.key)).toBe(true)
  })

  it('an epoch given for the first time, or taken away, is a different epoch (ACC-7)', async () => {
    const { appgrant, tree, verify } = await setUp()
    tree.set('org', { epoch: 'one' })
    expect(await verify()).toMatchObject({ reason: 'revoked' })
    const { app, secret } = await appgrant.as('org').apps.register(exampleApp({ owner: 'org', trusted: true }))
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
    tree.set('user', { epoch: 'x' })
    tree.set('provider', { epoch: 'y' })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
  })
})
