import { describe, expect, it } from 'vitest'
import { appSigner } from '../../support/app-signer.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

const { jwk: PUBLIC_JWK } = await appSigner()

async function setUp() {
  const fixture = createFixture()
  const { app, secret } = await fixture.registerTrusted()
  const { accessToken } = await fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const isAlive = async () => (await fixture.appgrant.authorizer.tryVerify(accessToken)).ok
  return { ...fixture, key: app.key, secret, id: app.secrets[0]?.id ?? '', isAlive }
}

describe('regenerating a secret that is named', () => {
  it('replaces it and revokes every token', async () => {
    const { appgrant, key, id, isAlive } = await setUp()
    const { app, secret } = await appgrant.apps.regenerateSecret(key, { replaces: id })
    expect(app.secrets).toHaveLength(1)
    expect(app.secrets[0]?.id).not.toBe(id)
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key, secret }))).toBe('ok')
    expect(await isAlive()).toBe(false)
  })

  it('is refused if the app has it no more, and revokes and stores nothing (REV-6)', async () => {
    const { appgrant, observed, key, id, secret, isAlive } = await setUp()
    const before = observed.written.length
    expect(await codeOf(appgrant.apps.regenerateSecret(key, { replaces: 'x'.repeat(11) }))).toBe('secret_not_found')
    expect(observed.written).toHaveLength(before)
    expect(await isAlive()).toBe(true)
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key, secret }))).toBe('ok')
    const renewed = await appgrant.apps.regenerateSecret(key, { replaces: id })
    expect(await codeOf(appgrant.apps.regenerateSecret(key, { replaces: id }))).toBe('secret_not_found')
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key, secret: renewed.secret }))).toBe('ok')
    const again = renewed.app.secrets[0]?.id
    expect(await codeOf(appgrant.apps.regenerateSecret(key, { replaces: again }))).toBe('ok')
  })

  it('may name either of two secrets, both of which are replaced', async () => {
    const { appgrant, key, id } = await setUp()
    const { secretId } = await appgrant.apps.addSecret(key)
    expect((await appgrant.apps.regenerateSecret(key, { replaces: secretId })).app.secrets).toHaveLength(1)
    expect(await codeOf(appgrant.apps.regenerateSecret(key, { replaces: id }))).toBe('secret_not_found')
  })

  it('may name a key, of an app that has no secret', async () => {
    const { appgrant, registerKeyed } = createFixture(undefined, { issuer: 'https://login.example' })
    const { app } = await registerKeyed({ jwks: [PUBLIC_JWK] })
    const kid = app.jwks[0]?.kid ?? ''
    expect(await codeOf(appgrant.apps.regenerateSecret(app.key, { replaces: '' }))).toBe('secret_not_found')
    const { secret } = await appgrant.apps.regenerateSecret(app.key, { replaces: kid })
    expect(await codeOf(appgrant.apps.regenerateSecret(app.key, { replaces: kid }))).toBe('secret_not_found')
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret }))).toBe('ok')
  })

  it('is decided by what is stored when it is written (REV-1)', async () => {
    const { appgrant, store, key, id } = await setUp()
    const held = store.hold('replace')
    const late = codeOf(appgrant.apps.regenerateSecret(key, { replaces: id }))
    await held.reached
    const { secret } = await appgrant.apps.regenerateSecret(key, { replaces: id })
    held.release()
    expect(await late).toBe('secret_not_found')
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key, secret }))).toBe('ok')
  })

  it('is refused with a name that is not a string, or another member (ERR-6)', async () => {
    const { appgrant, key } = await setUp()
    const { apps } = appgrant
    const wrong = (options: object) => refusalOf(apps.regenerateSecret(key, options))
    expect((await wrong({ replaces: 5 })).message).toContain('replaces: expected a string')
    expect((await wrong({ secretId: 'x' })).message).toContain('options.secretId: unknown member, expected replaces')
    expect(await codeOf(apps.regenerateSecret(key, { replaces: undefined }))).toBe('ok')
  })
})
