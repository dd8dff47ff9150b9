import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AppGrantOptions, type AppIdentity, createAppGrant, isAppGrantError } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { createSessionFixture } from '../../support/session-fixture.ts'
import { newKey } from '../../support/signing.ts'

const fieldsOf = async (call: Promise<unknown>): Promise<readonly string[]> => {
  try {
    await call
    return []
  } catch (error) {
    if (!isAppGrantError(error, 'invalid_fields')) throw error
    return error.details.fields.map(({ field, code }) => `${field}: ${code}`)
  }
}

describe('the scope catalogue', () => {
  it('an app can register and update only scopes of the catalogue, also by the host, and nothing is stored (ACC-8)', async () => {
    const { appgrant, observed } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org', scopes: ['read'] }))
    const before = observed.writes()
    const scopes = ['read', 'admin:everything', 'constructor']
    const refused = ['scopes[1]: unknown_scope', 'scopes[2]: unknown_scope']
    for (const { apps } of [appgrant, appgrant.as('org')]) {
      expect(await fieldsOf(apps.register(exampleApp({ owner: 'org', scopes })))).toEqual(refused)
      expect(await fieldsOf(apps.update(app.key, { scopes }))).toEqual(refused)
    }
    expect(observed.writes()).toBe(before)
  })

  it('without a catalogue no app has scopes (ACC-8)', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    expect(appgrant.scopes).toEqual([])
    expect(await fieldsOf(appgrant.apps.register(exampleApp({ scopes: ['read'] })))).toEqual([
      'scopes[0]: unknown_scope',
    ])
  })

  it('an app can register only what every mayRegisterScopes list of its owner and above allows (ACC-8)', async () => {
    const { appgrant, tree } = createFixture()
    tree.set('provider', { mayRegisterScopes: ['read', 'write'] })
    tree.set('org', { mayRegisterScopes: ['read', 'admin'] })
    const scopes = ['read', 'write', 'admin']
    const refused = ['scopes[1]: scope_not_permitted', 'scopes[2]: scope_not_permitted']
    const { app } = await appgrant.as('org').apps.register(exampleApp({ owner: 'org', scopes: ['read'] }))
    // The lists are those of the owner, even if an account above it registers.
    for (const { apps } of [appgrant, appgrant.as('root'), appgrant.as('org')]) {
      expect(await fieldsOf(apps.register(exampleApp({ owner: 'org', scopes })))).toEqual(refused)
      expect(await fieldsOf(apps.update(app.key, { scopes }))).toEqual(refused)
    }
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: 'other-provider', scopes })))).toBe('ok')
    tree.set('provider', { mayRegisterScopes: [] })
    expect(await fieldsOf(appgrant.apps.update(app.key, { scopes: ['read'] }))).toEqual([
      'scopes[0]: scope_not_permitted',
    ])
    // An update that is not about scopes keeps them.
    expect((await appgrant.apps.update(app.key, { name: 'New' })).scopes).toEqual(['read'])
  })

  it.each(['opaque', 'signed'])(
    'a scope that was taken out of the catalogue gives nothing at once, with %s tokens, and works again when it is back (ACC-8)',
    async (format) => {
      const signing = { current: newKey() }
      const w = await createSessionFixture(async () => memoryStore(), {}, format === 'signed' ? { signing } : {})
      const { apps, authorizer } = w.node({ scopes: { write: 'Change your data' } })
      const { access, refresh } = await w.start()
      const code = await w.code()
      const scopeOf = async (text: string, { tryVerify: verify } = authorizer) => {
        // The first call fills the cache.
        const [first, cached, strict] = [
          await verify(text, { maxStalenessMs: 1000 }),
          await verify(text, { maxStalenessMs: 1000 }),
          await verify(text),
        ]
        expect([cached, strict]).toEqual([first, first])
        return first.ok ? first.scope : first.reason
      }
      expect(await scopeOf(access)).toEqual(['write'])
      expect((await w.exchange(code, {}, { ...w.appgrant, authorizer })).scope).toEqual(['write'])
      const node = { ...w.appgrant, apps, authorizer }
      expect(await codeOf(w.refresh(refresh, { scope: ['read'] }, node))).toBe('invalid_scope')
      const renewed = await w.refresh(refresh, {}, node)
      expect(renewed.scope).toEqual(['write'])
      // The app still registers it, and the session has it.
      expect((await apps.get(w.key))?.scopes).toEqual(['read', 'write'])
      expect(await scopeOf(access, w.appgrant.authorizer)).toEqual(['read', 'write'])
      expect((await w.refresh(renewed.refreshToken ?? '')).scope).toEqual(['read', 'write'])
    },
  )

  it('mayUseApps and the host get to know the scopes of an app that are in the catalogue (ACC-8)', async () => {
    const seen: AppIdentity[] = []
    const { appgrant, store, clock, tree, registerTrusted } = createFixture()
    const { app, secret } = await registerTrusted()
    tree.set('org', { mayUseApps: (identity) => seen.push(identity) > 0 && !identity.scopes.includes('write') })
    const call = ({ authorizer } = appgrant) => codeOf(authorizer.clientCredentials({ key: app.key, secret }))
    expect(await call()).toBe('not_permitted')
    const without = createAppGrant({ store, clock, directory: tree, scopes: { read: 'Read your data' } })
    expect(await call(without)).toBe('ok')
    expect(seen.map(({ scopes }) => scopes)).toContainEqual(['read', 'write'])
    expect(seen.at(-1)?.scopes).toEqual(['read'])
  })

  it('the catalogue is a copy, in the order of the option, and an invalid one is a TypeError that names the scope (ACC-8)', () => {
    const scopes: Record<string, string> = { b: 'Second', a: 'First' }
    const appgrant = createAppGrant({ store: memoryStore(), scopes })
    scopes.c = 'Third'
    expect(appgrant.scopes).toEqual([
      { name: 'b', description: 'Second' },
      { name: 'a', description: 'First' },
    ])
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`s${n}`, 'x']))
    const wrong: [unknown, RegExp][] = [
      [['read'], /scopes: expected an object of descriptions/],
      ['read', /scopes: expected an object/],
      [null, /scopes: expected an object/],
      [many, /scopes: expected at most 1000/],
      [{ 'a b': 'x' }, /scopes: expected names/],
      [{ '': 'x' }, /scopes: expected names/],
      [{ ['a'.repeat(101)]: 'x' }, /scopes: expected names/],
      [{ read: '' }, /scopes\["read"\]: expected a description/],
      [{ read: ' ' }, /scopes\["read"\]/],
      [{ read: 'x'.repeat(201) }, /scopes\["read"\]/],
      [{ read: 'a\u202eb' }, /scopes\["read"\]/],
      [{ read: true }, /scopes\["read"\]/],
    ]
    for (const [given, message] of wrong) {
      const options = { store: memoryStore(), scopes: given } as AppGrantOptions
      expect(() => createAppGrant(options), JSON.stringify(given)?.slice(0, 40)).toThrow(message)
    }
  })
})
