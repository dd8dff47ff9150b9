import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AppChange, createAppGrant, type NewApp, paginate } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { observedStore } from '../../support/observed-store.ts'
import { REFUSED_NAMES, RESERVED_NAME } from '../../support/spoofed-names.ts'

describe('the limit of apps per owner', () => {
  it('64 parallel registrations at 995 apps give exactly 1000, in 20 runs (APP-6)', async () => {
    const template = observedStore(memoryStore())
    const seeding = createAppGrant({ store: template })
    for (let n = 0; n < 995; n++) await seeding.apps.register(exampleApp({ owner: 'org' }))
    for (let run = 0; run < 20; run++) {
      const store = memoryStore()
      for (const record of template.written) await store.insert(record)
      const nodes = [createAppGrant({ store }), createAppGrant({ store })]
      const results = await Promise.allSettled(
        Array.from({ length: 64 }, (_, n) => nodes[n % 2]?.apps.register(exampleApp({ owner: 'org' }))),
      )
      const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
      expect(refused).toHaveLength(59)
      for (const error of refused)
        expect(error).toMatchObject({ code: 'app_limit_reached', details: { owner: 'org', limit: 1000 } })
      let held = 0
      for await (const _ of paginate((cursor) => seedless(nodes[0]).list({ owner: 'org', limit: 1000, cursor }))) held++
      expect(held).toBe(1000)
    }
  })

  it('the app limit is per owner; removal frees a place, suspension does not (APP-6)', async () => {
    const { appgrant } = createFixture(memoryStore(), { appsPerOwner: 2 })
    const register = (owner: string) => appgrant.apps.register(exampleApp({ owner }))
    const { app } = await register('org')
    await register('org')
    expect(await refusalOf(register('org'))).toMatchObject({
      code: 'app_limit_reached',
      details: { owner: 'org', limit: 2 },
    })
    expect(await codeOf(register('other-org'))).toBe('ok')
    await appgrant.apps.suspend(app.key)
    expect(await codeOf(register('org'))).toBe('app_limit_reached')
    await appgrant.apps.remove(app.key)
    expect(await codeOf(register('org'))).toBe('ok')
    expect(await codeOf(register('org'))).toBe('app_limit_reached')
  })

  it('a place that is freed while 20 calls want it goes to exactly one (APP-6)', async () => {
    const { appgrant } = createFixture(memoryStore(), { appsPerOwner: 1 })
    let { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    for (let round = 0; round < 20; round++) {
      const wanted = Array.from({ length: 20 }, () => appgrant.apps.register(exampleApp({ owner: 'org' })))
      const [removed, ...results] = await Promise.allSettled([appgrant.apps.remove(app.key), ...wanted])
      expect(removed).toMatchObject({ value: true })
      const made = results.filter((result) => result.status === 'fulfilled')
      expect(made.length).toBeLessThanOrEqual(1)
      const last = made[0]?.value as Awaited<(typeof wanted)[number]> | undefined
      app = (last ?? (await appgrant.apps.register(exampleApp({ owner: 'org' })))).app
      expect((await appgrant.apps.list({ owner: 'org' })).items).toHaveLength(1)
    }
  })
})

function seedless(appgrant: ReturnType<typeof createAppGrant> | undefined) {
  if (!appgrant) throw new Error('no node')
  return appgrant.apps
}

describe('names that the host has reserved', () => {
  it.each(REFUSED_NAMES)('an account can neither register an app as %j nor rename one to it (WEB-8)', async (name) => {
    const { appgrant, observed } = createFixture(memoryStore(), { reservedNames: [RESERVED_NAME] })
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    const written = observed.writes()
    for (const account of ['org', 'root']) {
      const { apps } = appgrant.as(account)
      expect(await refusalOf(apps.register(exampleApp({ owner: 'org', name })))).toMatchObject({
        code: 'invalid_fields',
        details: { fields: [{ field: 'name', code: expect.stringMatching(/reserved_name|forbidden_character/) }] },
      })
      expect(await codeOf(apps.update(app.key, { name }))).toBe('invalid_fields')
    }
    expect(observed.writes()).toBe(written)
  })

  it('the host gives them, and an account that owns such an app can change everything else (WEB-8)', async () => {
    const { appgrant } = createFixture(memoryStore(), { reservedNames: [RESERVED_NAME] })
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org', name: RESERVED_NAME }))
    const { apps } = appgrant.as('org')
    expect((await apps.update(app.key, { name: RESERVED_NAME, description: 'Ours' })).description).toBe('Ours')
    expect(await codeOf(apps.update(app.key, { name: 'PLATFORM SUPPORT' }))).toBe('invalid_fields')
    expect((await appgrant.apps.update(app.key, { name: 'PLATFORM SUPPORT' })).name).toBe('PLATFORM SUPPORT')
  })
})

describe('registering', () => {
  it('a refused or failed registration leaves nothing and takes no place (APP-7)', async () => {
    const { appgrant, store, observed } = createFixture(memoryStore(), { appsPerOwner: 1 })
    store.fail('insert', 'before')
    expect(await refusalOf(appgrant.apps.register(exampleApp({ owner: 'org' })))).toMatchObject({
      code: 'store_unavailable',
    })
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org', homepage: 'ftp://x' })))).toBe(
      'invalid_fields',
    )
    expect(await codeOf(appgrant.as('user').apps.register(exampleApp({ owner: 'org' })))).toBe('not_permitted')
    expect(observed.written).toEqual([])
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org' })))).toBe('ok')
  })

  it('an unknown outcome of a registration has the key: get finds the app if it exists, remove settles it (APP-7)', async () => {
    const { appgrant, store } = createFixture(memoryStore(), { appsPerOwner: 1 })
    store.fail('insert', 'after')
    const { code, details } = await refusalOf(appgrant.apps.register(exampleApp({ owner: 'org' })))
    expect(code).toBe('outcome_unknown')
    const { app: key = '' } = details as { app?: string }
    expect((await appgrant.as('org').apps.get(key))?.owner).toBe('org')
    expect(await appgrant.as('org').apps.remove(key)).toBe(true)
    expect(await appgrant.apps.get(key)).toBeUndefined()
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org' })))).toBe('ok')
  })

  it('a registration that arrives after it was settled finds a tombstone and takes no place (S3A, APP-7)', async () => {
    for (const actor of ['host', 'org']) {
      const { appgrant, store } = createFixture(memoryStore(), { appsPerOwner: 1, timeoutMs: 10 })
      const held = store.hold('insert')
      const { code, details } = await refusalOf(appgrant.apps.register(exampleApp({ owner: 'org' })))
      expect(code).toBe('outcome_unknown')
      const { app: key = '' } = details as { app?: string }
      const rights = actor === 'host' ? appgrant : appgrant.as('org')
      expect(await rights.apps.remove(key)).toBe(false)
      held.release()
      await new Promise(setImmediate)
      expect(await appgrant.apps.get(key), actor).toBeUndefined()
      expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org' })))).toBe('ok')
    }
  })

  it('a secret appears in the one result that created it and nowhere else (APP-8)', async () => {
    const { appgrant, observed } = createFixture()
    const events: unknown[] = []
    for (const type of ['app', 'token', 'refused', 'outage'] as const)
      appgrant.events.on(type, (event) => events.push(event))
    const answers: unknown[] = []
    const registered = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    const { key } = registered.app
    const added = await appgrant.apps.addSecret(key)
    const regenerated = await appgrant.apps.regenerateSecret(key)
    const secrets = [registered, added, regenerated].map(({ secret }) => secret)
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(new Set(secrets).size).toBe(3)
    answers.push(
      registered,
      added,
      regenerated,
      await appgrant.apps.get(key),
      await appgrant.apps.list({ owner: 'org' }),
      await appgrant.apps.update(key, { name: 'x' }),
    )
    const shown = [
      inspect(answers, { depth: null, showHidden: true }),
      JSON.stringify([answers, events, observed.written]),
      inspect(events, { depth: null }),
    ].join()
    for (const secret of secrets) expect(shown).not.toContain(secret)
  })

  it('only fields count at registration: no member makes an app trusted, published or owned by another (APP-9, S42)', async () => {
    const { appgrant, tree } = createFixture()
    const extra = {
      status: 'active',
      key: 'x',
      stamp: 'x',
      secrets: [{ id: 'x' }],
      createdAt: new Date(0),
      published: true,
      suspended: true,
      epoch: 'x',
      salt: 'x',
    }
    expect(
      await codeOf(appgrant.as('org').apps.register({ ...exampleApp({ owner: 'org' }), ...extra } as NewApp)),
    ).toBe('invalid_fields')
    const { app } = await appgrant.as('org').apps.register(exampleApp({ owner: 'org' }))
    expect(app).toMatchObject({ owner: 'org', trusted: false, published: false })
    expect(app.key).not.toBe('x')
    expect(app.secrets).toHaveLength(1)
    expect(app.suspended).toBeUndefined()
    const polluted = JSON.parse('{"__proto__":{"trusted":true,"published":true}}') as object
    for (const [name, value] of Object.entries({ ...extra, ...polluted, trusted: true, public: true, owner: 'user' })) {
      const change = JSON.parse(`{"name":"New","${name}":${JSON.stringify(value)}}`)
      expect(await codeOf(appgrant.as('org').apps.update(app.key, change)), name).toBe('invalid_fields')
    }
    expect(await appgrant.as('org').apps.get(app.key)).toEqual(app)
    tree.set('provider', { mayTrustApps: false })
    expect(await codeOf(appgrant.as('org').apps.register(exampleApp({ owner: 'org', trusted: true })))).toBe(
      'not_permitted',
    )
    expect(await codeOf(appgrant.as('provider').apps.register(exampleApp({ owner: 'org', trusted: true })))).toBe(
      'not_permitted',
    )
    expect(await codeOf(appgrant.as('root').apps.register(exampleApp({ owner: 'org', trusted: true })))).toBe('ok')
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org', trusted: true })))).toBe('ok')
  })

  it('trust changes only by its own call, by the host or an account that may trust apps (APP-9)', async () => {
    const { appgrant, tree } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    tree.set('org', { mayTrustApps: false })
    expect(await codeOf(appgrant.as('org').apps.setTrusted(app.key, true))).toBe('not_permitted')
    expect(await codeOf(appgrant.as('org').apps.setTrusted(app.key, false))).toBe('not_permitted')
    expect((await appgrant.as('provider').apps.setTrusted(app.key, true)).trusted).toBe(true)
    expect((await appgrant.apps.setTrusted(app.key, false)).trusted).toBe(false)
    expect(await codeOf(appgrant.as('root').apps.setPublished(app.key, true))).toBe('not_permitted')
    expect((await appgrant.asHost({ login: 'x' }).apps.setPublished(app.key, true)).published).toBe(true)
  })

  it('an update changes what it names, keeps the rest and clears what is empty (APP-9)', async () => {
    const { appgrant } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org', description: 'Long', scopes: ['read'] }))
    const { description: _, ...rest } = app
    expect(await appgrant.apps.update(app.key, { description: '', name: 'New' })).toEqual({ ...rest, name: 'New' })
    expect(await appgrant.apps.update(app.key, {})).toEqual({ ...rest, name: 'New' })
    expect(await appgrant.apps.get(app.key)).toEqual({ ...rest, name: 'New' })
  })

  it('the names of Object.prototype are ordinary owners, names and scopes (S41)', async () => {
    const words = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
    const appgrant = createAppGrant({
      store: memoryStore(),
      scopes: Object.fromEntries(words.map((word) => [word, word])),
    })
    for (const word of words) {
      const { app, secret } = await appgrant.apps.register(
        exampleApp({ owner: word, name: word, scopes: [word], trusted: true }),
      )
      expect(app).toMatchObject({ owner: word, name: word, scopes: [word] })
      expect((await appgrant.apps.list({ owner: word })).items).toEqual([app])
      const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret, scope: [word] })
      expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true, account: word, scope: [word] })
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret, scope: ['valueof'] }))).toBe(
        'invalid_scope',
      )
      expect(await appgrant.apps.get(word)).toBeUndefined()
    }
  })

  it('owners with separators, braces, stars and line ends reach no other owner (S43)', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const owners = [
      'a',
      'a:b',
      'a:',
      ':a',
      '{a}',
      '{a',
      'a}',
      '*',
      'a*',
      '?',
      'a b',
      'a.b',
      '..',
      '/a',
      'a/',
      'ａ',
      'A',
      'o.a',
      'all',
      "a'",
      'a"',
      '%61',
      'a\u00a0',
      'a'.repeat(256),
    ]
    for (const owner of owners) await appgrant.as(owner).apps.register(exampleApp({ owner, name: 'Mine' }))
    for (const owner of owners) {
      const { items } = await appgrant.as(owner).apps.list()
      expect(
        items.map((app) => app.owner),
        owner,
      ).toEqual([owner])
      expect(items[0]?.key).toMatch(/^[A-Za-z0-9]{32}$/)
    }
    for (const owner of ['a\0', 'a\r\n', '\ud800', 'a'.repeat(257), 'a'.repeat(10_000)])
      expect(await codeOf(appgrant.apps.register(exampleApp({ owner }))), owner.slice(0, 9)).toBe('invalid_request')
  })
})

describe('suspension by several authorities', () => {
  const LEVELS = ['user', 'org', 'provider', 'root', 'host'] as const

  it('a suspension is lifted where it was set or above, never below (REV-5)', async () => {
    for (const [setAt, setter] of LEVELS.entries())
      for (const [liftedAt, lifter] of LEVELS.entries()) {
        const { appgrant } = createFixture()
        const rightsOf = (level: string) => (level === 'host' ? appgrant : appgrant.as(level))
        const { app } = await appgrant.apps.register(exampleApp({ owner: 'user' }))
        await rightsOf(setter).apps.suspend(app.key)
        const expected = liftedAt >= setAt ? 'ok' : 'suspended_above'
        expect(await codeOf(rightsOf(lifter).apps.resume(app.key)), `${setter}, ${lifter}`).toBe(expected)
        expect((await appgrant.apps.get(app.key))?.suspended === undefined).toBe(expected === 'ok')
      }
  })

  it('a higher authority raises a suspension and a lower one never lowers it, in any order (REV-5)', async () => {
    for (const [oneAt, one] of LEVELS.entries())
      for (const [otherAt, other] of LEVELS.entries()) {
        const { appgrant } = createFixture()
        const rightsOf = (level: string) => (level === 'host' ? appgrant : appgrant.as(level))
        const { app } = await appgrant.apps.register(exampleApp({ owner: 'user' }))
        await rightsOf(one).apps.suspend(app.key)
        const suspended = (await rightsOf(other).apps.suspend(app.key)).suspended
        const highest = LEVELS[Math.max(oneAt, otherAt)]
        expect(suspended?.by, `${one}, ${other}`).toEqual(highest === 'host' ? {} : { account: highest })
      }
  })

  it('a suspension by an account that is no longer an ancestor is lifted by the host alone and outranked by no other (REV-5)', async () => {
    const { appgrant, tree } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    await appgrant.as('provider').apps.suspend(app.key)
    tree.move('org', 'other-provider')
    expect(await codeOf(appgrant.as('provider').apps.resume(app.key))).toBe('app_not_found')
    for (const actor of ['org', 'other-provider', 'root'])
      expect(await codeOf(appgrant.as(actor).apps.resume(app.key)), actor).toBe('suspended_above')
    expect((await appgrant.as('root').apps.suspend(app.key)).suspended?.by).toEqual({ account: 'provider' })
    expect(await codeOf(appgrant.apps.resume(app.key))).toBe('ok')
  })
})

describe('an app that is suspended by a higher authority', () => {
  it('keeps its fields until that authority or one above changes them, and the error says who can (APP-15)', async () => {
    const { appgrant, observed } = createFixture()
    const own = appgrant.as('org')
    const { app } = await own.apps.register(exampleApp({ owner: 'org', name: 'Bad App' }))
    await own.apps.suspend(app.key)
    expect((await own.apps.update(app.key, { name: 'Still mine' })).name).toBe('Still mine')
    await appgrant.as('provider').apps.suspend(app.key)
    const written = observed.writes()
    await expect(own.apps.update(app.key, { name: 'Harmless' })).rejects.toMatchObject({
      code: 'suspended_above',
      hint: expect.stringContaining('account that suspended it'),
    })
    expect(await codeOf(own.apps.update(app.key, { name: '' }))).toBe('suspended_above')
    expect(observed.writes()).toBe(written)
    expect((await own.apps.get(app.key))?.name).toBe('Still mine')
    for (const { apps } of [appgrant.as('provider'), appgrant.as('root'), appgrant])
      expect(await codeOf(apps.update(app.key, { description: 'Suspended for spam' }))).toBe('ok')
    await appgrant.apps.suspend(app.key)
    expect(await codeOf(appgrant.as('provider').apps.update(app.key, { name: 'x' }))).toBe('suspended_above')
    await appgrant.apps.resume(app.key)
    expect(await codeOf(own.apps.update(app.key, { name: 'Good App' }))).toBe('ok')
  })

  it('can still be revoked, regenerated and removed by its owner, and the event says who suspended it (APP-15)', async () => {
    const { appgrant, clock } = createFixture()
    const own = appgrant.as('org')
    const seen: unknown[] = []
    appgrant.events.on('app', ({ change, suspended, by }) => seen.push({ change, suspended, by }))
    const { app } = await own.apps.register(exampleApp({ owner: 'org' }))
    const by = { account: 'provider', login: 'support' }
    await appgrant.as('provider', { login: 'support' }).apps.suspend(app.key)
    const at = new Date(clock())
    clock.advance(1000)
    const calls = [own.apps.revokeTokens(app.key), own.apps.regenerateSecret(app.key), own.apps.addSecret(app.key)]
    for (const call of calls) expect(await codeOf(call)).toBe('ok')
    expect((await own.apps.get(app.key))?.suspended).toEqual({ at, by })
    expect(await own.apps.remove(app.key)).toBe(true)
    expect(seen.at(-1)).toEqual({ change: 'removed', suspended: { at, by }, by: { account: 'org' } })
    expect(seen.filter((event) => (event as { suspended?: object }).suspended)).toHaveLength(1)
    const { app: other } = await own.apps.register(exampleApp({ owner: 'org' }))
    await own.apps.remove(other.key)
    expect(seen.at(-1)).toEqual({ change: 'removed', suspended: undefined, by: { account: 'org' } })
  })
})

describe('secrets', () => {
  it('an app has one or two secrets, known by their ids', async () => {
    const { appgrant } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    const of = (secretId: string) => ({ app: app.key, secretId })
    const first = app.secrets[0]?.id ?? ''
    expect(await codeOf(appgrant.apps.removeSecret(of(first)))).toBe('invalid_request')
    const { secretId, app: both } = await appgrant.apps.addSecret(app.key)
    expect(both.secrets.map(({ id }) => id)).toEqual([first, secretId])
    expect(await codeOf(appgrant.apps.addSecret(app.key))).toBe('secret_limit_reached')
    for (const unknown of ['', 'x', 'a'.repeat(11), '__proto__', 'a'.repeat(100_000)])
      expect(await codeOf(appgrant.apps.removeSecret(of(unknown)))).toBe('secret_not_found')
    await appgrant.apps.removeSecret(of(first))
    expect((await appgrant.apps.removeSecret(of(first))).secrets.map(({ id }) => id)).toEqual([secretId])
    expect(await codeOf(appgrant.apps.removeSecret(of(secretId)))).toBe('invalid_request')
  })

  it('removeSecret settles a secret added with an unknown outcome, even if it still arrives (S3A)', async () => {
    const { appgrant, store } = createFixture(memoryStore(), { timeoutMs: 10 })
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    const held = store.hold('replace')
    const { code, details } = await refusalOf(appgrant.apps.addSecret(app.key))
    expect(code).toBe('outcome_unknown')
    const { secretId = '' } = details as { secretId?: string }
    const changes: AppChange[] = []
    appgrant.events.on('app', ({ change }) => changes.push(change))
    expect(await codeOf(appgrant.apps.removeSecret({ app: app.key, secretId }))).toBe('secret_not_found')
    held.release()
    await new Promise(setImmediate)
    expect((await appgrant.apps.get(app.key))?.secrets).toHaveLength(1)
    expect(changes).toEqual([])
  })

  it('a public app has no secrets (APP-11)', async () => {
    const { appgrant } = createFixture()
    const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', public: true }))
    expect(secret).toBeUndefined()
    expect(app).toMatchObject({ public: true, secrets: [] })
    for (const call of [
      appgrant.apps.regenerateSecret(app.key),
      appgrant.apps.addSecret(app.key),
      appgrant.apps.setTrusted(app.key, true),
    ])
      expect(await refusalOf(call)).toMatchObject({
        code: 'invalid_request',
        hint: expect.stringMatching(/public app/),
      })
  })
})

describe('events of apps', () => {
  it('each operation on an app emits one event, after the write and not if refused', async () => {
    const { appgrant, store, observed } = createFixture()
    const seen: [AppChange, number][] = []
    appgrant.events.on('app', ({ change }) => seen.push([change, observed.written.length]))
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    const { key } = app
    const { secretId } = await appgrant.apps.addSecret(key)
    const acts: [AppChange, () => Promise<unknown>][] = [
      ['secret_removed', () => appgrant.apps.removeSecret({ app: key, secretId })],
      ['updated', () => appgrant.apps.update(key, { name: 'x' })],
      ['trusted', () => appgrant.apps.setTrusted(key, true)],
      ['untrusted', () => appgrant.apps.setTrusted(key, false)],
      ['published', () => appgrant.apps.setPublished(key, true)],
      ['unpublished', () => appgrant.apps.setPublished(key, false)],
      ['suspended', () => appgrant.apps.suspend(key)],
      ['resumed', () => appgrant.apps.resume(key)],
      ['secret_regenerated', () => appgrant.apps.regenerateSecret(key)],
      ['tokens_revoked', () => appgrant.apps.revokeTokens(key)],
      ['removed', () => appgrant.apps.remove(key)],
    ]
    expect(seen.map(([change]) => change)).toEqual(['registered', 'secret_added'])
    for (const [change, run] of acts) {
      seen.length = 0
      store.fail('replace', 'before')
      expect(await codeOf(run())).toBe('store_unavailable')
      store.fail('replace', 'after')
      if (change !== 'removed') expect(await codeOf(run())).toBe('outcome_unknown')
      store.heal()
      expect(seen).toEqual([])
      await run()
      expect(seen).toEqual([[change, observed.written.length]])
    }
    seen.length = 0
    expect(await appgrant.apps.remove(key)).toBe(false)
    expect(await codeOf(appgrant.apps.suspend(key))).toBe('app_not_found')
    expect(seen).toEqual([])
  })

  it('a listener that throws changes nothing for the caller', async () => {
    const { appgrant } = createFixture()
    appgrant.events.on('app', () => {
      throw Symbol('mine')
    })
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'org' })))).toBe('ok')
  })
})

describe('lists of apps', () => {
  it('a list of apps shows status, fields and configured date, oldest first (LST-1)', async () => {
    const { appgrant, clock } = createFixture()
    const names = ['c', 'a', 'b']
    for (const name of names) {
      await appgrant.apps.register(exampleApp({ owner: 'org', name, description: `about ${name}` }))
      clock.advance(1)
    }
    const { items } = await appgrant.as('org').apps.list()
    expect(items.map(({ name }) => name)).toEqual(names)
    expect(items[2]).toMatchObject({
      homepage: 'https://app.example/',
      description: 'about b',
      createdAt: new Date(clock() - 1),
    })
    await appgrant.apps.suspend(items[0]?.key ?? '')
    expect((await appgrant.as('org').apps.list()).items[0]?.suspended).toEqual({ at: new Date(clock()), by: {} })
  })

  it('an account lists its own apps or those below by name, the host all; anything else is not found (LST-4)', async () => {
    const { appgrant } = createFixture()
    for (const owner of ['user', 'org', 'provider', 'other-org'])
      await appgrant.apps.register(exampleApp({ owner, name: owner }))
    const seenBy = async (actor: string, owner?: string) =>
      (await appgrant.as(actor).apps.list(owner ? { owner } : {})).items.map(({ name }) => name)
    expect(await seenBy('org')).toEqual(['org'])
    expect(await seenBy('org', 'user')).toEqual(['user'])
    expect(await seenBy('provider', 'user')).toEqual(['user'])
    expect(await seenBy('root')).toEqual([])
    for (const [actor, owner] of [
      ['user', 'org'],
      ['org', 'provider'],
      ['org', 'other-org'],
      ['other-provider', 'org'],
      ['org', 'nobody'],
    ] as const)
      expect(await codeOf(appgrant.as(actor).apps.list({ owner })), `${actor} ${owner}`).toBe('app_not_found')
    expect((await appgrant.apps.list()).items.map(({ name }) => name).sort()).toEqual([
      'org',
      'other-org',
      'provider',
      'user',
    ])
    const { key } = (await appgrant.apps.list({ owner: 'org' })).items[0] ?? { key: '' }
    for (const actor of ['user', 'other-org', 'other-provider']) {
      const { apps, tokens } = appgrant.as(actor)
      expect(await apps.get(key)).toBeUndefined()
      expect(await apps.remove(key)).toBe(false)
      for (const call of [
        apps.suspend(key),
        apps.resume(key),
        apps.update(key, { name: 'x' }),
        apps.setTrusted(key, false),
        apps.regenerateSecret(key),
        apps.addSecret(key),
        apps.revokeTokens(key),
        tokens.count({ app: key, account: 'org' }),
      ])
        expect(await codeOf(call), actor).toBe('app_not_found')
    }
    expect((await appgrant.apps.get(key))?.name).toBe('org')
  })

  it("the host's walk returns every app of every partition once, for any page length (LST-5)", async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const keys = new Set<string>()
    for (let n = 0; n < 300; n++)
      keys.add((await appgrant.apps.register(exampleApp({ owner: `owner-${n % 120}` }))).app.key)
    expect(new Set([...keys].map((key) => key.slice(0, 2))).size).toBeGreaterThan(60)
    for (const limit of [1, 7, 100, 1000]) {
      const walked: string[] = []
      for await (const app of paginate((cursor) => appgrant.apps.list({ limit, cursor }))) walked.push(app.key)
      expect(walked).toHaveLength(300)
      expect(new Set(walked)).toEqual(keys)
    }
  })

  it('a walk returns each app that stays exactly once while others come and go (LST-5)', async () => {
    const { appgrant, clock } = createFixture()
    const register = async (n: number) => {
      clock.advance(1)
      return (await appgrant.apps.register(exampleApp({ owner: 'org', name: `app ${n}` }))).app
    }
    const apps = []
    for (let n = 0; n < 30; n++) apps.push(await register(n))
    const walked: string[] = []
    let round = 0
    for await (const { name } of paginate((cursor) => appgrant.apps.list({ owner: 'org', limit: 4, cursor }))) {
      walked.push(name)
      round++
      if (round % 5 === 0) await appgrant.apps.remove(apps[29 - round / 5]?.key ?? '')
      if (round % 7 === 0) await register(100 + round)
      if (round % 3 === 0) await appgrant.apps.update(apps[round % 20]?.key ?? '', { description: `${round}` })
    }
    for (let n = 0; n < 20; n++)
      expect(
        walked.filter((name) => name === `app ${n}`),
        `app ${n}`,
      ).toHaveLength(1)
    expect(new Set(walked).size).toBe(walked.length)
  })

  it('apps are found by any part of the name, in any case or Unicode form (LST-2)', async () => {
    const { appgrant } = createFixture()
    for (const name of ['Straße App', 'ＣＡＬＬ Center', 'Café', 'Other'])
      await appgrant.apps.register(exampleApp({ owner: 'org', name }))
    const found = async (name: string) => (await appgrant.as('org').apps.list({ name })).items.map((app) => app.name)
    expect(await found('STRASSE')).toEqual(['Straße App'])
    expect(await found('call c')).toEqual(['ＣＡＬＬ Center'])
    expect(await found('cafe\u0301')).toEqual(['Café'])
    expect(await found('nothing')).toEqual([])
    expect(await found('')).toHaveLength(4)
    expect(await codeOf(appgrant.apps.list({ name: 'x'.repeat(101) }))).toBe('invalid_request')
  })

  it('the cursor of another list, another search or a token list is refused (LST-5)', async () => {
    const { appgrant } = createFixture()
    const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
    for (let n = 0; n < 3; n++) {
      await appgrant.apps.register(exampleApp({ owner: 'org' }))
      await appgrant.apps.register(exampleApp({ owner: 'other-org' }))
      await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    }
    const cursorOf = async (page: Promise<{ nextCursor?: string }>) => (await page).nextCursor ?? ''
    const cursors = {
      org: await cursorOf(appgrant.apps.list({ owner: 'org', limit: 1 })),
      other: await cursorOf(appgrant.apps.list({ owner: 'other-org', limit: 1 })),
      search: await cursorOf(appgrant.apps.list({ owner: 'org', name: 'e', limit: 1 })),
      all: await cursorOf(appgrant.apps.list({ limit: 1 })),
      tokens: await cursorOf(appgrant.tokens.list({ app: app.key, account: 'org', limit: 1 })),
    }
    for (const [name, cursor] of Object.entries(cursors)) {
      expect(cursor, name).not.toBe('')
      expect(await codeOf(appgrant.as('org').apps.list({ cursor })), name).toBe(
        name === 'org' ? 'ok' : 'invalid_cursor',
      )
      expect(await codeOf(appgrant.apps.list({ cursor })), name).toBe(name === 'all' ? 'ok' : 'invalid_cursor')
      expect(await codeOf(appgrant.tokens.list({ app: app.key, account: 'org', cursor })), name).toBe(
        name === 'tokens' ? 'ok' : 'invalid_cursor',
      )
    }
  })

  it('the limit of a list is an integer from 1 to 1000', async () => {
    const { appgrant } = createFixture()
    for (const limit of [0, -1, 1001, 1.5, Number.NaN, '5', null])
      expect(await codeOf(appgrant.apps.list({ limit: limit as number }))).toBe('invalid_request')
    for (const limit of [1, 1000]) expect(await codeOf(appgrant.apps.list({ limit }))).toBe('ok')
  })
})
