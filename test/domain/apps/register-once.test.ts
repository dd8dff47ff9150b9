import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { NewApp } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

const ONCE = '4f6f9d0e-1c1f-4a57-9c1e-55d2b3e8a7f0'
const inputOf = (owner: string, once = ONCE) => exampleApp({ owner, once })

describe('a registration with once', () => {
  it('is done once, and a repeat names the app and stores nothing (APP-7)', async () => {
    const { appgrant, observed } = createFixture()
    const events: unknown[] = []
    appgrant.events.on('app', ({ change, app }) => events.push([change, app]))
    const { app } = await appgrant.as('org').apps.register(inputOf('org'))
    const data = () => observed.written.map((record) => record.data)
    const stored = data()
    for (const { apps } of [appgrant, appgrant.as('provider'), appgrant.as('org')])
      expect(await refusalOf(apps.register({ ...inputOf('org'), name: 'Other' }))).toMatchObject({
        code: 'already_registered',
        details: { app: app.key },
      })
    expect(new Set(data())).toEqual(new Set(stored))
    expect((await appgrant.apps.list({ owner: 'org' })).items).toEqual([app])
    expect(events).toEqual([['registered', app.key]])
  })

  it('has a key like any other, which differs for another text, owner or epoch (APP-12, ACC-7)', async () => {
    const { appgrant, tree } = createFixture()
    const keys = new Set<string>()
    const register = async (owner: string, once?: string) => {
      const { app, secret } = await appgrant.apps.register(inputOf(owner, once))
      expect(app.key).toMatch(/^[A-Za-z0-9]{32}$/)
      expect(await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret }))).toBe('ok')
      keys.add(app.key)
    }
    for (const owner of ['org', 'other-org', 'user']) {
      await register(owner)
      await register(owner, `${ONCE}-`)
    }
    tree.set('org', { epoch: 'next' })
    await register('org')
    expect(keys.size).toBe(7)
    expect(await codeOf(appgrant.as('org').apps.register(inputOf('org')))).toBe('already_registered')
  })

  it('is not found by other accounts: they register apps of their own under the same text (LST-4)', async () => {
    const { appgrant } = createFixture()
    const { app } = await appgrant.as('org').apps.register(inputOf('org'))
    const other = await appgrant.as('other-org').apps.register(inputOf('other-org'))
    expect(other.app.key).not.toBe(app.key)
    expect(await codeOf(appgrant.as('other-org').apps.register(inputOf('org')))).toBe('not_permitted')
  })

  it('leaves nothing of its text in the store, nor in events (APP-8)', async () => {
    const { appgrant, observed } = createFixture()
    const events: unknown[] = []
    appgrant.events.on('app', (event) => events.push(event))
    const { app } = await appgrant.apps.register(inputOf('org'))
    await codeOf(appgrant.apps.register(inputOf('org')))
    expect(JSON.stringify([observed.written, events, app])).not.toContain(ONCE)
  })

  it('that was refused takes neither the text nor a place (APP-6, APP-7)', async () => {
    const { appgrant, tree } = createFixture(memoryStore(), { appsPerOwner: 1 })
    const { apps } = appgrant.as('org')
    expect(await codeOf(apps.register({ ...inputOf('org'), name: '' }))).toBe('invalid_fields')
    tree.set('org', { mayRegisterApps: false })
    expect(await codeOf(apps.register(inputOf('org')))).toBe('not_permitted')
    tree.set('org', { mayRegisterApps: true })
    const { app } = await apps.register(exampleApp({ owner: 'org' }))
    expect(await codeOf(apps.register(inputOf('org')))).toBe('app_limit_reached')
    await apps.remove(app.key)
    expect(await codeOf(apps.register(inputOf('org')))).toBe('ok')
    expect(await codeOf(apps.register(inputOf('org')))).toBe('already_registered')
  })

  it('is not undone by a repeat after the app was removed (APP-7)', async () => {
    const { appgrant } = createFixture()
    const { app } = await appgrant.apps.register(inputOf('org'))
    await appgrant.apps.remove(app.key)
    expect(await refusalOf(appgrant.apps.register(inputOf('org')))).toMatchObject({
      code: 'already_registered',
      details: { app: app.key },
    })
    expect(await appgrant.apps.get(app.key)).toBeUndefined()
  })

  it('names the app of a repeat only if the store confirms it (REV-7)', async () => {
    const { appgrant, store } = createFixture()
    const { app } = await appgrant.apps.register(inputOf('org'))
    store.fail('replace', 'after')
    expect(await refusalOf(appgrant.apps.register(inputOf('org')))).toMatchObject({
      code: 'outcome_unknown',
      details: { app: app.key },
    })
    expect(await codeOf(appgrant.apps.register(inputOf('org')))).toBe('already_registered')
  })

  it('succeeds if its write is delivered twice and the app is changed in between (APP-7)', async () => {
    const { node } = createFixture()
    const inner = memoryStore()
    let between = async () => {}
    const twice = node({
      store: {
        ...inner,
        async insert(record, options) {
          await inner.insert(record, options)
          await between()
          return inner.insert(record, options)
        },
      },
    })
    const other = node({ store: inner })
    between = async () => {
      for (const { key } of (await other.apps.list()).items) await other.apps.suspend(key)
    }
    const { app } = await twice.apps.register(inputOf('org'))
    expect(await other.apps.get(app.key)).toMatchObject({ suspended: { by: {} } })
  })

  it.each([
    ['a short text', 'a'.repeat(15)],
    ['a long text', 'a'.repeat(65)],
    ['another character', `${'a'.repeat(20)}=`],
    ['a line break', `${'a'.repeat(20)}\n`],
    ['nothing', null],
    ['a number', 12345678901234567890n],
  ])('is refused with %s as once (ERR-4)', async (_, once) => {
    const { appgrant, observed } = createFixture()
    const refusal = await refusalOf(appgrant.apps.register({ ...inputOf('org'), once } as unknown as NewApp))
    expect(refusal.code).toBe('invalid_request')
    expect(refusal.message).toContain('once: expected 16–64 random characters')
    expect(observed.calls.insert).toBe(0)
  })

  it('may have any text of 16 to 64 such characters', async () => {
    const { appgrant } = createFixture()
    for (const once of ['a'.repeat(16), '_'.repeat(64), 'AZaz09_-AZaz09_-'])
      expect(await codeOf(appgrant.apps.register(inputOf('org', once)))).toBe('ok')
  })
})
