import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

const ALL = { useApps: true, registerApps: true, trustApps: true }

describe('permissions', () => {
  it('are those that the account and every account above it have (ACC-2)', async () => {
    const { appgrant, tree } = createFixture()
    expect(await appgrant.as('user').permissions()).toEqual(ALL)
    tree.set('provider', { mayUseApps: false })
    expect(await appgrant.as('user').permissions()).toEqual({ ...ALL, useApps: false })
    tree.set('root', { mayRegisterApps: false })
    tree.set('org', { mayTrustApps: false })
    expect(await appgrant.as('user').permissions()).toEqual({ useApps: false, registerApps: false, trustApps: false })
    expect(await appgrant.as('provider').permissions()).toEqual({ ...ALL, useApps: false, registerApps: false })
  })

  it('say true if the directory decides for each app whether it may be used', async () => {
    const { appgrant, tree } = createFixture()
    tree.set('provider', { mayUseApps: () => false })
    expect(await appgrant.as('user').permissions()).toEqual(ALL)
  })

  it('name the API types that all accounts allow, and each can be registered (ACC-4)', async () => {
    const { appgrant, tree } = createFixture()
    const { apps, permissions } = appgrant.as('user')
    tree.set('user', { mayRegisterApps: ['system', 'unified', 'system', 'other'] })
    expect((await permissions()).registerApps).toEqual(['system', 'unified', 'other'])
    tree.set('provider', { mayRegisterApps: ['unified', 'system'] })
    const { registerApps } = await permissions()
    expect(registerApps).toEqual(['system', 'unified'])
    for (const apiType of registerApps as readonly string[])
      expect(await codeOf(apps.register(exampleApp({ owner: 'user', apiType })))).toBe('ok')
    for (const apiType of ['other', undefined])
      expect(await codeOf(apps.register(exampleApp({ owner: 'user', apiType })))).toBe('not_permitted')
    tree.set('org', { mayRegisterApps: ['other'] })
    expect((await permissions()).registerApps).toBe(false)
    tree.set('org', { mayRegisterApps: [] })
    expect((await permissions()).registerApps).toBe(false)
  })

  it('for an account below are those of the caller, and of the account whether apps may act for it (ACC-2)', async () => {
    const { appgrant, tree } = createFixture()
    const { apps, permissions } = appgrant.as('provider')
    tree.set('org', { mayUseApps: false, mayRegisterApps: false, mayTrustApps: false })
    expect(await permissions({ owner: 'org' })).toEqual({ ...ALL, useApps: false })
    expect(await codeOf(apps.register(exampleApp({ owner: 'org', trusted: true })))).toBe('ok')
    tree.set('provider', { mayRegisterApps: ['unified'], mayTrustApps: false })
    expect(await permissions({ owner: 'other-org' })).toEqual({
      useApps: true,
      registerApps: ['unified'],
      trustApps: false,
    })
  })

  it('for a blocked or unknown account do not include to register, which is refused (ACC-3)', async () => {
    const { appgrant, tree } = createFixture()
    const none = { useApps: false, registerApps: false, trustApps: true }
    tree.set('org', { active: false })
    for (const { apps, permissions } of [appgrant, appgrant.as('provider')]) {
      expect(await permissions({ owner: 'org' })).toEqual(none)
      expect(await codeOf(apps.register(exampleApp({ owner: 'org' })))).toBe('account_blocked')
    }
    expect(await appgrant.permissions({ owner: 'nobody' })).toEqual(none)
  })

  it('of the host are all, and the directory is not asked', async () => {
    const { appgrant, tree } = createFixture()
    for (const { permissions } of [appgrant, appgrant.asHost({ login: 'root@host' })]) {
      expect(await permissions()).toEqual(ALL)
      expect(tree.questions).toBe(0)
    }
    expect(await appgrant.permissions({ owner: 'user' })).toEqual(ALL)
  })

  it('are asked of the directory once (ACC-1)', async () => {
    const { appgrant, tree } = createFixture()
    await appgrant.as('provider').permissions({ owner: 'user' })
    expect(tree.questions).toBe(1)
  })

  it('without a directory allow everything but trust (ACC-1)', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    expect(await appgrant.as('anybody').permissions()).toEqual({ ...ALL, trustApps: false })
    expect(await codeOf(appgrant.as('anybody').permissions({ owner: 'somebody' }))).toBe('app_not_found')
  })

  it('are refused to a blocked account, and of an account that the caller may not see (LST-4)', async () => {
    const { appgrant, tree } = createFixture()
    const reasons: unknown[] = []
    appgrant.events.on('refused', ({ reason, by }) => reasons.push([by.account, reason]))
    expect(await codeOf(appgrant.as('org').permissions({ owner: 'other-org' }))).toBe('app_not_found')
    expect(await codeOf(appgrant.as('org').permissions({ owner: 'provider' }))).toBe('app_not_found')
    expect(await codeOf(appgrant.as('nobody').permissions())).toBe('account_blocked')
    tree.set('provider', { active: false })
    expect(await codeOf(appgrant.as('org').permissions())).toBe('account_blocked')
    expect(reasons).toEqual([
      ['org', 'account_out_of_reach'],
      ['org', 'account_out_of_reach'],
      ['nobody', 'account_blocked'],
      ['org', 'account_blocked'],
    ])
  })

  it('are an outage while the directory is down, never a refusal (ERR-1)', async () => {
    const { appgrant, tree } = createFixture()
    tree.setDown(true)
    expect(await codeOf(appgrant.as('org').permissions())).toBe('directory_unavailable')
    expect(await codeOf(appgrant.permissions({ owner: 'org' }))).toBe('directory_unavailable')
  })

  it('take the name of an account, and no other member (ERR-6)', async () => {
    const { appgrant } = createFixture()
    const { permissions } = appgrant.as('org')
    const wrong = { account: 'user' } as object
    expect((await refusalOf(permissions(wrong))).message).toBe('options.account: unknown member, expected owner')
    expect(await codeOf(permissions({ owner: '' }))).toBe('invalid_request')
    expect(await permissions({ owner: undefined })).toEqual(ALL)
  })
})
