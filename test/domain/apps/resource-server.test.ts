import { describe, expect, it } from 'vitest'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

const RESOURCES = ['https://api.example', 'https://billing.example']

describe('apps.setResourceServer (HTTP-3)', () => {
  const fixture = () => createFixture(undefined, { issuer: 'https://login.example', resources: RESOURCES })

  it('only the host makes an app a resource server, which it can undo and which is an event (HTTP-3)', async () => {
    const { appgrant, registerTrusted } = fixture()
    const changes: unknown[] = []
    appgrant.events.on('app', ({ change }) => changes.push(change))
    const { app } = await registerTrusted()
    expect(app).not.toHaveProperty('resourceServer')
    expect(await codeOf(appgrant.as('org').apps.setResourceServer(app.key, RESOURCES[0]))).toBe('not_permitted')
    expect(await appgrant.apps.get(app.key)).toEqual(app)
    expect(await appgrant.apps.setResourceServer(app.key, RESOURCES[1])).toEqual({
      ...app,
      resourceServer: RESOURCES[1],
    })
    expect(await appgrant.apps.get(app.key)).toEqual({ ...app, resourceServer: RESOURCES[1] })
    expect(await appgrant.apps.setResourceServer(app.key, undefined)).toEqual(app)
    expect(changes).toEqual(['registered', 'resource_server_set', 'resource_server_set'])
  })

  it('a resource server is refused for an unlisted resource, a public app or an unknown app, and nothing is stored (HTTP-3)', async () => {
    const { appgrant, registerTrusted, store } = fixture()
    const { app } = await registerTrusted()
    const open = await appgrant.apps.register({
      ...{ owner: 'org', name: 'Open', homepage: 'https://open.example/', adminEmail: 'a@open.example' },
      ...{ public: true, redirectUrls: ['https://open.example/cb'] },
    })
    store.fail('replace', 'before', 1)
    expect(await codeOf(appgrant.apps.setResourceServer(app.key, 'https://other.example'))).toBe('invalid_target')
    expect(await codeOf(appgrant.apps.setResourceServer(app.key, 7 as never))).toBe('invalid_request')
    expect(await codeOf(appgrant.apps.setResourceServer(open.app.key, RESOURCES[0]))).toBe('invalid_request')
    expect(await codeOf(appgrant.apps.setResourceServer('x'.repeat(32), RESOURCES[0]))).toBe('app_not_found')
  })

  it('no field of a submission makes an app a resource server (S42)', async () => {
    const { appgrant, registerTrusted } = fixture()
    const submitted = { resourceServer: RESOURCES[0] } as object
    const { app } = await registerTrusted()
    expect(await codeOf(registerTrusted(submitted))).toBe('invalid_fields')
    expect(await codeOf(appgrant.apps.update(app.key, submitted))).toBe('invalid_fields')
    expect(await appgrant.apps.get(app.key)).not.toHaveProperty('resourceServer')
  })
})
