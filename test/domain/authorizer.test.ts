import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AppGrantError } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../base/code-of.ts'
import { createWorld } from './world.ts'

async function setUp() {
  const world = createWorld()
  const { app, secret } = await world.registerTrusted()
  const grant = (scope?: readonly string[]) =>
    world.grants.authorizer.grantTrusted({ key: app.key, secret, ...(scope !== undefined && { scope }) })
  return { ...world, app, secret, grant }
}

describe('client credentials', () => {
  it('only a trusted app gets its own token: it is for the owner, marked app-only and without refresh token (TOK-1, TOK-6)', async () => {
    const { grants, app, secret, grant, clock } = await setUp()
    const granted = await grant()
    expect(Object.keys(granted).sort()).toEqual(['expiresAt', 'expiresInSeconds', 'scope', 'tokenId'])
    expect('refreshToken' in granted && granted.refreshToken).toBeFalsy()
    const issuedAt = new Date(clock())
    const expiresAt = new Date(clock() + 3_600_000)
    expect(granted).toMatchObject({ expiresAt, expiresInSeconds: 3600, scope: ['read', 'write'] })
    expect(await grants.authorizer.verify(granted.accessToken)).toEqual({
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
    await grants.apps.setTrusted(app.key, false)
    expect(await codeOf(grants.authorizer.grantTrusted({ key: app.key, secret }))).toBe('app_not_trusted')
    const { app: open } = await grants.apps.register(exampleApp({ owner: 'org', public: true }))
    expect(await codeOf(grants.authorizer.grantTrusted({ key: open.key, secret: '' }))).toBe(
      'app_authentication_failed',
    )
    expect(await codeOf(grants.authorizer.grantTrusted({ key: open.key } as never))).toBe('invalid_request')
  })

  it('a token gets the requested part of the registered scope, by default all of it, never more (TOK-7)', async () => {
    const { grant, observed } = await setUp()
    expect((await grant()).scope).toEqual(['read', 'write'])
    expect((await grant(['write'])).scope).toEqual(['write'])
    expect((await grant(['read', 'read'])).scope).toEqual(['read'])
    expect((await grant([])).scope).toEqual([])
    const writes = observed.writes()
    const wrong = [
      ['admin'],
      ['read', 'admin'],
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
    const { grants, app, grant } = await setUp()
    const { accessToken } = await grant()
    const scopeNow = async () => {
      const access = await grants.authorizer.verify(accessToken)
      return access.ok ? access.scope : access.reason
    }
    await grants.apps.update(app.key, { scopes: ['write', 'other'] })
    expect(await scopeNow()).toEqual(['write'])
    expect(await codeOf(grant(['read']))).toBe('invalid_scope')
    await grants.apps.update(app.key, { scopes: [] })
    expect(await scopeNow()).toEqual([])
    await grants.apps.update(app.key, { scopes: ['read', 'write'] })
    expect(await scopeNow()).toEqual(['read', 'write'])
  })

  it('valid credentials are refused with the reason, and nothing is consumed or stored (ERR-1)', async () => {
    const { grants, app, secret, tree, grant, observed } = await setUp()
    const writes = () => observed.writes()
    await grants.apps.suspend(app.key)
    const before = writes()
    expect(await codeOf(grant())).toBe('app_suspended')
    expect(await codeOf(grants.authorizer.authenticateApp({ key: app.key, secret }))).toBe('app_suspended')
    expect(writes()).toBe(before)
    await grants.apps.resume(app.key)
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
    const { grants, app, grant, store, observed } = await setUp()
    const seen: unknown[] = []
    grants.events.on('token', ({ at: _, ...event }) => seen.push([event, observed.written.length]))
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
    const { grants, app, grant, clock } = await setUp()
    const { accessToken, tokenId } = await grant()
    const reason = async (text: unknown) => {
      const answer = await grants.authorizer.verify(text as string)
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
    const other = createWorld()
    const foreign = await other.registerTrusted()
    const { accessToken: elsewhere } = await other.grants.authorizer.grantTrusted({
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
    const { grants, grant, store, tree } = await setUp()
    const { accessToken } = await grant()
    store.fail('get', 'before')
    expect(await codeOf(grants.authorizer.verify(accessToken))).toBe('store_unavailable')
    store.fail('get', 'after')
    expect(await codeOf(grants.authorizer.verify(accessToken))).toBe('store_unavailable')
    tree.setDown(true)
    expect(await codeOf(grants.authorizer.verify(accessToken))).toBe('directory_unavailable')
    tree.setDown(false)
    expect(await grants.authorizer.verify(accessToken)).toMatchObject({ ok: true })
  })

  it('every node gives the same verification result from the moment an operation has resolved (REV-3)', async () => {
    const { app, secret, store, grants } = await setUp()
    const other = createWorld(store).grants
    for (const act of ['revokeTokens', 'suspend', 'resume', 'regenerateSecret', 'remove'] as const) {
      const { accessToken } = await grants.authorizer
        .grantTrusted({ key: app.key, secret })
        .catch(() => ({ accessToken: '' }))
      await grants.apps[act](app.key)
      expect((await other.authorizer.verify(accessToken)).ok, act).toBe(false)
    }
  })
})

describe('revocation by the app', () => {
  it('an app revokes its own token, once or twice, even while it is suspended (HTTP-4)', async () => {
    const { grants, app, secret, grant } = await setUp()
    const { accessToken, tokenId } = await grant()
    const seen: unknown[] = []
    grants.events.on('token', ({ change, tokenIds }) => seen.push([change, tokenIds]))
    await grants.apps.suspend(app.key)
    const by = { key: app.key, secret, token: accessToken }
    await grants.authorizer.revokeToken(by)
    await grants.authorizer.revokeToken(by)
    await grants.apps.resume(app.key)
    expect(await grants.authorizer.verify(accessToken)).toEqual({ ok: false, reason: 'revoked' })
    expect(seen[0]).toEqual(['removed', [tokenId]])
  })

  it("revoking another app's token is refused and reported as an event, and the token still works (S32)", async () => {
    const { grants, registerTrusted, app, secret, grant } = await setUp()
    const { accessToken } = await grant()
    const other = await registerTrusted({ owner: 'other-org' })
    const refused: unknown[] = []
    grants.events.on('refused', ({ code, reason, app: by }) => refused.push([code, reason, by]))
    const foreign = { key: other.app.key, secret: other.secret, token: accessToken }
    expect(await codeOf(grants.authorizer.revokeToken(foreign))).toBe('foreign_token')
    expect(refused).toEqual([['foreign_token', expect.any(String), other.app.key]])
    expect(await codeOf(grants.authorizer.revokeToken({ ...foreign, secret }))).toBe('app_authentication_failed')
    expect(await grants.authorizer.verify(accessToken)).toMatchObject({ ok: true })
    expect(app.key).not.toBe(other.app.key)
  })

  it('revoking an expired or invalid token succeeds and writes nothing', async () => {
    const { grants, app, secret, grant, observed, clock } = await setUp()
    const { accessToken } = await grant()
    clock.advance(3_600_000)
    const writes = observed.writes()
    for (const token of ['', 'x', accessToken, `${accessToken}x`, 'a'.repeat(100_000), app.key])
      expect(await codeOf(grants.authorizer.revokeToken({ key: app.key, secret, token }))).toBe('ok')
    for (const token of [undefined, null, 5, {}, [accessToken]])
      expect(await codeOf(grants.authorizer.revokeToken({ key: app.key, secret, token: token as string }))).toBe(
        'invalid_request',
      )
    expect(observed.writes()).toBe(writes)
  })
})

describe('refusals', () => {
  it('every refusal has a message for clients and a hint with the fix for operators (ERR-2)', async () => {
    const { grants, app, secret, store, tree } = await setUp()
    const wrong = '0'.repeat(32)
    const errors: AppGrantError[] = []
    const collect = async (call: Promise<unknown>) => errors.push(await refusalOf(call))
    await collect(grants.authorizer.grantTrusted({ key: app.key, secret: wrong }))
    for (let n = 0; n < 10; n++)
      await codeOf(grants.authorizer.grantTrusted({ key: app.key, secret: wrong, remoteAddress: '192.0.2.1' }))
    await collect(grants.authorizer.grantTrusted({ key: app.key, secret: wrong, remoteAddress: '192.0.2.1' }))
    await collect(grants.authorizer.grantTrusted({ key: app.key, secret, scope: ['x'] }))
    await collect(grants.apps.register({} as never))
    await collect(grants.apps.register({ owner: 'org' } as never))
    await collect(grants.apps.suspend('x'))
    await collect(grants.apps.list({ cursor: 'x' }))
    await collect(grants.apps.removeSecret({ app: app.key, secretId: 'x' }))
    await collect(grants.as('org').apps.setPublished(app.key, true))
    await grants.apps.suspend(app.key)
    await collect(grants.as('org').apps.resume(app.key))
    await collect(grants.authorizer.grantTrusted({ key: app.key, secret }))
    tree.set('org', { active: false })
    await collect(grants.as('org').apps.resume(app.key))
    tree.setDown(true)
    await collect(grants.as('org').apps.resume(app.key))
    store.fail('get', 'before')
    await collect(grants.apps.resume(app.key))
    store.fail('replace', 'after')
    await collect(grants.apps.resume(app.key))
    expect(new Set(errors.map(({ code }) => code)).size).toBeGreaterThanOrEqual(13)
    for (const { code, message, hint } of errors) {
      expect(message, code).toMatch(/\S.{5,}/)
      expect(message, code).not.toBe(code)
      expect(hint, code).toMatch(/\S.{15,}/)
    }
  })
})
