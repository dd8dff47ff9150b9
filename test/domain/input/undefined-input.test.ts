import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createHandler, protect } from '../../../src/http/index.ts'
import { createAppGrant } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'

const NO_OPTIONS = {
  directory: undefined,
  issuer: undefined,
  resources: undefined,
  signing: undefined,
  tokenPrefix: undefined,
  appsPerOwner: undefined,
  lifetimes: undefined,
  rotateRefreshTokens: undefined,
  timeoutMs: undefined,
  clock: undefined,
}

describe('an optional input that is undefined', () => {
  it('an option of createAppGrant that is undefined has its default', async () => {
    const appgrant = createAppGrant({ store: memoryStore(), ...NO_OPTIONS })
    const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
    const input = { key: app.key, secret, scope: undefined, resources: undefined, userAgent: undefined }
    const { accessToken, expiresInSeconds } = await appgrant.authorizer.clientCredentials(input)
    expect(accessToken).toMatch(/^ag_at_/)
    expect(expiresInSeconds).toBe(3600)
    const seconds = createAppGrant({
      store: memoryStore(),
      lifetimes: { accessTokenSeconds: undefined, codeSeconds: 5 },
    })
    await Promise.all([appgrant.close(), seconds.close()])
  })

  it('a field of an app that is undefined is absent at registration, and kept by an update', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const none = {
      description: undefined,
      image: undefined,
      adminPhone: undefined,
      apiType: undefined,
      jwks: undefined,
    }
    const { app } = await appgrant.apps.register(exampleApp({ ...none, scopes: undefined, trusted: undefined }))
    expect(Object.keys(app).filter((name) => name in none)).toEqual(['jwks'])
    await appgrant.apps.update(app.key, { description: 'Counts calls.' })
    const changed = await appgrant.apps.update(app.key, {
      name: undefined,
      description: undefined,
      redirectUrls: undefined,
    })
    expect(changed).toEqual({ ...app, description: 'Counts calls.' })
  })

  it('a query, a context and the options of verify and protect take undefined', async () => {
    const appgrant = createAppGrant({ store: memoryStore(), issuer: 'https://login.example' })
    const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
    const of = { app: app.key, account: app.owner }
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    const as = appgrant.as(app.owner, { login: undefined, remoteAddress: undefined, userAgent: undefined })
    const paged = { cursor: undefined, limit: undefined }
    expect((await as.apps.list({ owner: undefined, name: undefined, ...paged })).items).toHaveLength(1)
    expect((await as.tokens.list({ ...of, ...paged })).items).toHaveLength(1)
    expect((await as.installs.list({ account: app.owner, name: undefined, ...paged })).items).toEqual([])
    await appgrant.authorizer.verify(accessToken, { maxStalenessMs: undefined, audience: undefined })
    const guard = protect(appgrant.authorizer, { scope: undefined, maxStalenessMs: undefined, audience: undefined })
    const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${accessToken}` } })
    expect(await guard(request)).toMatchObject({ ok: true })
    const handler = createHandler(appgrant, { signIn: undefined, consentPage: undefined, errorPage: undefined })
    const metadata = new Request('https://login.example/.well-known/oauth-authorization-server')
    expect((await handler(metadata, { remoteAddress: undefined })).status).toBe(200)
  })
})
