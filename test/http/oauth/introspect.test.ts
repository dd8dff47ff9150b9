import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { basic, httpFixture, jsonOf, refusal } from '../../support/http-fixture.ts'

async function withToken() {
  const here = httpFixture()
  const { app, secret } = await here.trustedApp()
  const { accessToken, tokenId } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const ask = (token: string, by = { key: app.key, secret }) =>
    here.post('/introspect', { token }, basic(by.key, by.secret))
  return { ...here, app, secret, accessToken, tokenId, ask }
}

describe('POST /introspect', () => {
  it('an app can introspect its own access token, which has no user behind it (HTTP-3, S28, TOK-6, RFC 7662 §2.2)', async () => {
    const { ask, app, accessToken, tokenId, clock } = await withToken()
    const now = Math.floor(clock() / 1000)
    const response = await ask(accessToken)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await jsonOf(response)).toEqual({
      active: true,
      kind: 'app',
      client_id: app.key,
      sub: `app:${app.key}`,
      client_name: app.name,
      owner: app.owner,
      aud: 'https://login.example',
      token_type: 'Bearer',
      max_staleness_ms: 300_000,
      scope: 'calls:read calls:write',
      iat: now,
      exp: now + 3600,
      iss: 'https://login.example',
      jti: tokenId,
    })
  })

  it('introspection shows the current state: a lost scope, and the account that owns the app (S34, S49)', async () => {
    const { ask, app, accessToken, appgrant } = await withToken()
    await appgrant.apps.update(app.key, { scopes: ['calls:write'] })
    expect((await jsonOf(await ask(accessToken))).scope).toBe('calls:write')
    await appgrant.apps.update(app.key, { scopes: [] })
    expect(await jsonOf(await ask(accessToken))).not.toHaveProperty('scope')
  })

  it('a resource server whose resource is no longer one of the host sees nothing of other apps (HTTP-3)', async () => {
    const store = memoryStore()
    const [mine, other] = ['https://a.example', 'https://b.example'] as const
    const before = httpFixture({ store, resources: [mine, other] })
    const { app, secret } = await before.trustedApp()
    const server = await before.trustedApp({ owner: 'org-2' })
    await before.appgrant.apps.setResourceServer(server.app.key, mine)
    const grant = { key: app.key, secret, resources: [mine, other] }
    const { accessToken } = await before.appgrant.authorizer.clientCredentials(grant)
    const by = basic(server.app.key, server.secret)
    expect(await jsonOf(await before.post('/introspect', { token: accessToken }, by))).toMatchObject({ active: true })
    for (const resources of [[other], undefined]) {
      const after = httpFixture({ store, ...(resources && { resources }) })
      const response = await after.post('/introspect', { token: accessToken }, by)
      expect([response.status, await response.text()]).toEqual([200, '{"active":false}'])
    }
    const after = httpFixture({ store, resources: [other] })
    const own = await jsonOf(await after.post('/introspect', { token: accessToken }, basic(app.key, secret)))
    expect(own).toMatchObject({ active: true, aud: other })
  })

  it('introspection of the token of another app is exactly {"active":false} (HTTP-3, S35)', async () => {
    const { ask, accessToken, trustedApp } = await withToken()
    for (const owner of ['org-1', 'org-2']) {
      const { app, secret } = await trustedApp({ owner })
      const response = await ask(accessToken, { key: app.key, secret })
      expect([response.status, await response.text()]).toEqual([200, '{"active":false}'])
    }
  })

  it('introspection of a secret, key, garbage or another kind is exactly {"active":false} (HTTP-3, S36)', async () => {
    const { ask, app, secret, accessToken } = await withToken()
    const others = [
      secret,
      app.key,
      'x',
      accessToken.slice(0, -1),
      `${accessToken} `,
      accessToken.replace('_at_', '_rt_'),
      'a'.repeat(15_000),
    ]
    for (const token of others) expect(await (await ask(token)).text()).toBe('{"active":false}')
  })

  it('introspection of an expired or removed token is exactly {"active":false}', async () => {
    const { ask, app, secret, accessToken, tokenId, appgrant, clock } = await withToken()
    const other = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    await appgrant.tokens.remove({ app: app.key, account: app.owner, ids: [tokenId] })
    expect(await (await ask(accessToken)).text()).toBe('{"active":false}')
    expect((await jsonOf(await ask(other.accessToken))).active).toBe(true)
    clock.advance(3_600_000)
    expect(await (await ask(other.accessToken)).text()).toBe('{"active":false}')
  })

  it('introspection refuses an app that is suspended, removed or has a new secret (S33)', async () => {
    const { ask, app, secret, accessToken, appgrant } = await withToken()
    await appgrant.apps.suspend(app.key)
    expect(await refusal(await ask(accessToken))).toEqual({ status: 400, error: 'unauthorized_client' })
    await appgrant.apps.resume(app.key)
    const renewed = await appgrant.apps.regenerateSecret(app.key)
    expect(await refusal(await ask(accessToken, { key: app.key, secret }))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
    expect(await (await ask(accessToken, { key: app.key, secret: renewed.secret })).text()).toBe('{"active":false}')
    await appgrant.apps.remove(app.key)
    expect(await refusal(await ask(accessToken, { key: app.key, secret: renewed.secret }))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
  })

  it('introspection needs a token', async () => {
    const { post, app, secret } = await withToken()
    for (const form of [{}, { token: '' }])
      expect(await refusal(await post('/introspect', form as Record<string, string>, basic(app.key, secret)))).toEqual({
        status: 400,
        error: 'invalid_request',
      })
  })

  it('introspection is 503 if the store is down, never active:false, whichever read fails (ERR-1)', async () => {
    const { ask, accessToken, faults, counts } = await withToken()
    const before = counts.get
    await ask(accessToken)
    const reads = counts.get - before
    expect(reads).toBeGreaterThan(1)
    for (let at = 0; at < reads; at++) {
      const holds = Array.from({ length: at }, () => faults.hold('get'))
      for (const { release } of holds) release()
      const failing = faults.hold('get')
      const answering = ask(accessToken)
      await failing.reached
      faults.fail('get', 'before')
      failing.release()
      const response = await answering
      expect(response.headers.get('retry-after')).toBe('5')
      expect(await refusal(response)).toEqual({ status: 503, error: 'temporarily_unavailable' })
    }
  })
})
