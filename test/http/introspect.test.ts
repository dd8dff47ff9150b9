import { describe, expect, it } from 'vitest'
import { basic, json, refusal, world } from './world.ts'

async function withToken() {
  const here = world()
  const { app, secret } = await here.trustedApp()
  const { accessToken, tokenId } = await here.grants.authorizer.grantTrusted({ key: app.key, secret })
  const ask = (token: string, by = { key: app.key, secret }) =>
    here.post('/introspect', { token }, basic(by.key, by.secret))
  return { ...here, app, secret, accessToken, tokenId, ask }
}

describe('POST /introspect', () => {
  it('S28: tells an app of its own access token, and that no user is behind it (RFC 7662 §2.2, TOK-6)', async () => {
    const { ask, app, accessToken, tokenId, clock } = await withToken()
    const now = Math.floor(clock() / 1000)
    const answer = await ask(accessToken)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await json(answer)).toEqual({
      active: true,
      kind: 'app',
      client_id: app.key,
      sub: `app:${app.key}`,
      client_name: app.name,
      owner: app.owner,
      aud: 'https://login.example',
      token_type: 'Bearer',
      scope: 'calls:read calls:write',
      iat: now,
      exp: now + 3600,
      iss: 'https://login.example',
      jti: tokenId,
    })
  })

  it('tells the state as it is: scope that was lost, the account that owns it (S34, S49)', async () => {
    const { ask, app, accessToken, grants } = await withToken()
    await grants.apps.update(app.key, { scopes: ['calls:write'] })
    expect((await json(await ask(accessToken))).scope).toBe('calls:write')
    await grants.apps.update(app.key, { scopes: [] })
    expect(await json(await ask(accessToken))).not.toHaveProperty('scope')
  })

  it('is exactly {"active":false} for the token of another app (S35)', async () => {
    const { ask, accessToken, trustedApp } = await withToken()
    for (const owner of ['org-1', 'org-2']) {
      const { app, secret } = await trustedApp({ owner })
      const answer = await ask(accessToken, { key: app.key, secret })
      expect([answer.status, await answer.text()]).toEqual([200, '{"active":false}'])
    }
  })

  it('is exactly {"active":false} for anything else: secret, key, garbage, another kind (S36)', async () => {
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

  it('is exactly {"active":false} for a token that expired or was removed', async () => {
    const { ask, app, secret, accessToken, tokenId, grants, clock } = await withToken()
    const other = await grants.authorizer.grantTrusted({ key: app.key, secret })
    await grants.tokens.remove({ app: app.key, account: app.owner, ids: [tokenId] })
    expect(await (await ask(accessToken)).text()).toBe('{"active":false}')
    expect((await json(await ask(other.accessToken))).active).toBe(true)
    clock.advance(3_600_000)
    expect(await (await ask(other.accessToken)).text()).toBe('{"active":false}')
  })

  it('serves no app that is suspended, removed, or has a new secret (S33)', async () => {
    const { ask, app, secret, accessToken, grants } = await withToken()
    await grants.apps.suspend(app.key)
    expect(await refusal(await ask(accessToken))).toEqual({ status: 400, error: 'unauthorized_client' })
    await grants.apps.resume(app.key)
    const renewed = await grants.apps.regenerateSecret(app.key)
    expect(await refusal(await ask(accessToken, { key: app.key, secret }))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
    expect(await (await ask(accessToken, { key: app.key, secret: renewed.secret })).text()).toBe('{"active":false}')
    await grants.apps.remove(app.key)
    expect(await refusal(await ask(accessToken, { key: app.key, secret: renewed.secret }))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
  })

  it('needs a token', async () => {
    const { post, app, secret } = await withToken()
    for (const form of [{}, { token: '' }])
      expect(await refusal(await post('/introspect', form as Record<string, string>, basic(app.key, secret)))).toEqual({
        status: 400,
        error: 'invalid_request',
      })
  })

  it('answers 503 when the store is down, never active:false, whichever read fails (ERR-1)', async () => {
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
      const answer = await answering
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(await refusal(answer)).toEqual({ status: 503, error: 'temporarily_unavailable' })
    }
  })
})
