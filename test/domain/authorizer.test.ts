import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AppGrantError } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { createFixture } from '../support/fixture.ts'

async function setUp() {
  const fixture = createFixture()
  const { app, secret } = await fixture.registerTrusted()
  const grant = (scope?: readonly string[]) =>
    fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret, scope })
  return { ...fixture, app, secret, grant }
}

describe('client credentials', () => {
  it('only a trusted app gets its own token: it is for the owner, marked app-only and without refresh token (TOK-1, TOK-6)', async () => {
    const { appgrant, app, secret, grant, clock } = await setUp()
    const granted = await grant()
    expect(Object.keys(granted).sort()).toEqual(['expiresAt', 'expiresInSeconds', 'scope', 'tokenId', 'tokenType'])
    expect('refreshToken' in granted && granted.refreshToken).toBeFalsy()
    const issuedAt = new Date(clock())
    const expiresAt = new Date(clock() + 3_600_000)
    expect(granted).toMatchObject({ expiresAt, expiresInSeconds: 3600, scope: ['read', 'write'], tokenType: 'Bearer' })
    expect(await appgrant.authorizer.tryVerify(granted.accessToken)).toEqual({
      ok: true,
      kind: 'app',
      app: { key: app.key, name: 'Example App', owner: 'org' },
      account: 'org',
      scope: ['read', 'write'],
      audience: [],
      tokenId: granted.tokenId,
      issuedAt,
      expiresAt,
    })
    await appgrant.apps.setTrusted(app.key, false)
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret }))).toBe('app_not_trusted')
    const { app: open } = await appgrant.apps.register(exampleApp({ owner: 'org', public: true }))
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key: open.key, secret: '' }))).toBe(
      'app_authentication_failed',
    )
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key: open.key } as never))).toBe('invalid_request')
  })

  it('a token gets the part of the requested scope that the app registered, by default all of it, and none is an error that names it (TOK-7)', async () => {
    const { grant, observed } = await setUp()
    expect((await grant()).scope).toEqual(['read', 'write'])
    expect((await grant(['write'])).scope).toEqual(['write'])
    expect((await grant(['read', 'read'])).scope).toEqual(['read'])
    expect((await grant([])).scope).toEqual([])
    for (const scope of [
      ['read', 'admin'],
      ['offline_access', 'read'],
      ['', 'read'],
      ['read', '__proto__', 'Write'],
    ])
      expect((await grant(scope)).scope, inspect(scope)).toEqual(['read'])
    await expect(grant(['admin', 'offline_access', 'calls:read'])).rejects.toMatchObject({
      code: 'invalid_scope',
      message: 'scope: none of the requested scopes can be granted: admin, calls:read, 1 that does not exist',
    })
    const writes = observed.writes()
    const wrong = [
      ['admin'],
      ['Read'],
      ['read '],
      ['read write'],
      [''],
      'read',
      null,
      { 0: 'read' },
      [5],
      [['read']],
      Array(1),
      Array(101).fill('read'),
    ]
    for (const scope of wrong) expect(await codeOf(grant(scope as string[])), inspect(scope)).toBe('invalid_scope')
    expect(observed.writes()).toBe(writes)
  })

  it("a token's scope is limited to what the app registers now, and returns with it (S49, TOK-7)", async () => {
    const { appgrant, app, grant } = await setUp()
    const { accessToken } = await grant()
    const scopeNow = async () => {
      const access = await appgrant.authorizer.tryVerify(accessToken)
      return access.ok ? access.scope : access.reason
    }
    await appgrant.apps.update(app.key, { scopes: ['write', 'admin'] })
    expect(await scopeNow()).toEqual(['write'])
    expect(await codeOf(grant(['read']))).toBe('invalid_scope')
    await appgrant.apps.update(app.key, { scopes: [] })
    expect(await scopeNow()).toEqual([])
    await appgrant.apps.update(app.key, { scopes: ['read', 'write'] })
    expect(await scopeNow()).toEqual(['read', 'write'])
  })

  it('valid credentials are refused with the reason, and nothing is consumed or stored (ERR-1)', async () => {
    const { appgrant, app, secret, tree, grant, observed } = await setUp()
    const writes = () => observed.writes()
    await appgrant.apps.suspend(app.key)
    const before = writes()
    expect(await codeOf(grant())).toBe('app_suspended')
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret }))).toBe('app_suspended')
    expect(writes()).toBe(before)
    await appgrant.apps.resume(app.key)
    const resumed = writes()
    tree.set('org', { active: false })
    expect(await codeOf(grant())).toBe('account_blocked')
    tree.set('org', { active: true, mayUseApps: false })
    expect(await codeOf(grant())).toBe('not_permitted')
    tree.setDown(true)
    expect(await codeOf(grant())).toBe('directory_unavailable')
    expect(writes()).toBe(resumed)
  })

  it('each issued token is one event, after it was stored', async () => {
    const { appgrant, app, grant, store, observed } = await setUp()
    const seen: unknown[] = []
    appgrant.events.on('token', ({ at: _, ...event }) => seen.push([event, observed.written.length]))
    store.fail('insert', 'after')
    expect(await codeOf(grant())).toBe('outcome_unknown')
    expect(seen).toEqual([])
    const { tokenId } = await grant()
    expect(seen).toEqual([
      [{ change: 'issued', app: app.key, account: 'org', tokenIds: [tokenId], by: {} }, observed.written.length],
    ])
  })
})

describe('token verification', () => {
  it('a failed verification has a reason, which is only unknown for callers without the genuine token (TOK-6)', async () => {
    const { appgrant, app, grant, clock } = await setUp()
    const { accessToken, tokenId } = await grant()
    const reason = async (text: unknown) => {
      const answer = await appgrant.authorizer.tryVerify(text as string)
      return answer.ok ? 'ok' : answer.reason
    }
    for (const text of [
      '',
      'x',
      app.key,
      tokenId,
      accessToken.slice(0, -1),
      `${accessToken} `,
      null,
      undefined,
      5,
      {},
      [accessToken],
      Object(accessToken),
    ])
      expect(await reason(text)).toBe('malformed')
    const other = createFixture()
    const foreign = await other.registerTrusted()
    const { accessToken: elsewhere } = await other.appgrant.authorizer.clientCredentials({
      key: foreign.app.key,
      secret: foreign.secret,
    })
    expect(await reason(elsewhere)).toBe('unknown')
    clock.advance(3_599_999)
    expect(await reason(accessToken)).toBe('ok')
    clock.advance(1)
    expect(await reason(accessToken)).toBe('expired')
  })

  it('verification rejects if the store or the directory is down, because the result is not known (ERR-1)', async () => {
    const { appgrant, grant, store, tree } = await setUp()
    const { accessToken } = await grant()
    store.fail('get', 'before')
    expect(await codeOf(appgrant.authorizer.tryVerify(accessToken))).toBe('store_unavailable')
    store.fail('get', 'after')
    expect(await codeOf(appgrant.authorizer.tryVerify(accessToken))).toBe('store_unavailable')
    tree.setDown(true)
    expect(await codeOf(appgrant.authorizer.tryVerify(accessToken))).toBe('directory_unavailable')
    tree.setDown(false)
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
  })

  it('every node gives the same verification result from the moment an operation has resolved (REV-3)', async () => {
    const { app, secret, store, appgrant } = await setUp()
    const other = createFixture(store).appgrant
    for (const act of ['revokeTokens', 'suspend', 'resume', 'regenerateSecret', 'remove'] as const) {
      const { accessToken } = await appgrant.authorizer
        .clientCredentials({ key: app.key, secret })
        .catch(() => ({ accessToken: '' }))
      await appgrant.apps[act](app.key)
      expect((await other.authorizer.tryVerify(accessToken)).ok, act).toBe(false)
    }
  })
})

describe('revocation by the app', () => {
  it('an app revokes its own token, once or twice, even while it is suspended (HTTP-4)', async () => {
    const { appgrant, app, secret, grant } = await setUp()
    const { accessToken, tokenId } = await grant()
    const seen: unknown[] = []
    appgrant.events.on('token', ({ change, tokenIds }) => seen.push([change, tokenIds]))
    await appgrant.apps.suspend(app.key)
    const by = { key: app.key, secret, token: accessToken }
    await appgrant.authorizer.revokeToken(by)
    await appgrant.authorizer.revokeToken(by)
    await appgrant.apps.resume(app.key)
    expect(await appgrant.authorizer.tryVerify(accessToken)).toEqual({ ok: false, reason: 'revoked' })
    expect(seen[0]).toEqual(['removed', [tokenId]])
  })

  it("revoking another app's token is refused and reported as an event, and the token still works (S32)", async () => {
    const { appgrant, registerTrusted, app, secret, grant } = await setUp()
    const { accessToken } = await grant()
    const other = await registerTrusted({ owner: 'other-org' })
    const refused: unknown[] = []
    appgrant.events.on('refused', ({ code, reason, app: by }) => refused.push([code, reason, by]))
    const foreign = { key: other.app.key, secret: other.secret, token: accessToken }
    expect(await codeOf(appgrant.authorizer.revokeToken(foreign))).toBe('foreign_token')
    expect(refused).toEqual([['foreign_token', expect.any(String), other.app.key]])
    expect(await codeOf(appgrant.authorizer.revokeToken({ ...foreign, secret }))).toBe('app_authentication_failed')
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
    expect(app.key).not.toBe(other.app.key)
  })

  it('revoking an invalid token succeeds and writes nothing', async () => {
    const { appgrant, app, secret, grant, observed } = await setUp()
    const { accessToken } = await grant()
    const writes = observed.writes()
    for (const token of ['', 'x', `${accessToken}x`, accessToken.replace('_', '__'), 'a'.repeat(100_000), app.key])
      expect(await codeOf(appgrant.authorizer.revokeToken({ key: app.key, secret, token }))).toBe('ok')
    for (const token of [undefined, null, 5, {}, [accessToken]])
      expect(await codeOf(appgrant.authorizer.revokeToken({ key: app.key, secret, token: token as string }))).toBe(
        'invalid_request',
      )
    expect(observed.writes()).toBe(writes)
  })
})

describe('refusals', () => {
  it('every refusal has a message for clients and a hint with the fix for operators (ERR-2)', async () => {
    const { appgrant, app, secret, store, tree } = await setUp()
    const wrong = '0'.repeat(32)
    const errors: AppGrantError[] = []
    const collect = async (call: Promise<unknown>) => errors.push(await refusalOf(call))
    await collect(appgrant.authorizer.clientCredentials({ key: app.key, secret: wrong }))
    for (let n = 0; n < 10; n++)
      await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret: wrong, remoteAddress: '192.0.2.1' }))
    await collect(appgrant.authorizer.clientCredentials({ key: app.key, secret: wrong, remoteAddress: '192.0.2.1' }))
    await collect(appgrant.authorizer.clientCredentials({ key: app.key, secret, scope: ['x'] }))
    await collect(appgrant.apps.register({} as never))
    await collect(appgrant.apps.register({ owner: 'org' } as never))
    await collect(appgrant.apps.suspend('x'))
    await collect(appgrant.apps.list({ cursor: 'x' }))
    await collect(appgrant.apps.removeSecret({ app: app.key, secretId: 'x' }))
    await collect(appgrant.as('org').apps.setPublished(app.key, true))
    await appgrant.apps.suspend(app.key)
    await collect(appgrant.as('org').apps.resume(app.key))
    await collect(appgrant.authorizer.clientCredentials({ key: app.key, secret }))
    tree.set('org', { active: false })
    await collect(appgrant.as('org').apps.resume(app.key))
    tree.setDown(true)
    await collect(appgrant.as('org').apps.resume(app.key))
    store.fail('get', 'before')
    await collect(appgrant.apps.resume(app.key))
    store.fail('replace', 'after')
    await collect(appgrant.apps.resume(app.key))
    expect(new Set(errors.map(({ code }) => code)).size).toBeGreaterThanOrEqual(13)
    for (const { code, message, hint } of errors) {
      expect(message, code).toMatch(/\S.{5,}/)
      expect(message, code).not.toBe(code)
      expect(hint, code).toMatch(/\S.{15,}/)
    }
  })
})
