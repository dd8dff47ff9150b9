import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { protect } from '../../src/http/index.ts'
import { introspectionVerifier } from '../../src/resource.ts'
import { refusalOf } from '../support/code-of.ts'
import { closed, listening } from '../support/real-server.ts'
import { API, BILLING, ownWord, type Platform, platform, standIn } from './platform.ts'

for (const format of ['signed', 'opaque'] as const)
  describe(`introspectionVerifier, ${format} tokens`, () => {
    let here: Platform
    beforeEach(async () => {
      here = await platform(format)
    })
    afterEach(() => here.close())
    const verifierOf = (more: object = {}) =>
      introspectionVerifier({ issuer: here.issuer, audience: API, ...here.resource, ...more })

    it('introspectionVerifier gives the same result as verify and works with protect (HTTP-3)', async () => {
      const token = await here.token()
      expect(await verifierOf().tryVerify(token)).toEqual(await ownWord(here, token))
      const request = new Request(`${API}/calls`, { headers: { authorization: `Bearer ${token}` } })
      expect(await protect(verifierOf(), { scope: 'read' })(request)).toMatchObject({ ok: true, account: 'org' })
    })

    it('introspectionVerifier is strict by default, so the next call sees a revocation', async () => {
      const token = await here.token()
      const verifier = verifierOf()
      expect(await verifier.tryVerify(token)).toMatchObject({ ok: true })
      await here.appgrant.apps.suspend(here.app.key)
      expect(await verifier.tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
      await here.appgrant.apps.resume(here.app.key)
      expect(await verifier.tryVerify(token)).toMatchObject({ ok: true })
      await here.appgrant.apps.regenerateSecret(here.app.key)
      expect(await verifier.tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
    })

    it('introspectionVerifier asks once within maxStalenessMs, and a strict call still sees a revocation', async () => {
      const token = await here.token()
      const verifier = verifierOf()
      for (let n = 0; n < 3; n++)
        expect(await verifier.tryVerify(token, { maxStalenessMs: 60_000 })).toMatchObject({ ok: true })
      expect(here.requests).toEqual(['/introspect'])
      await here.appgrant.apps.revokeTokens(here.app.key)
      expect(await verifier.tryVerify(token, { maxStalenessMs: 60_000 })).toMatchObject({ ok: true })
      expect(await verifier.tryVerify(token)).toMatchObject({ ok: false })
    })

    it('introspectionVerifier caches for no longer than the platform says (REV-9)', async () => {
      const strict = await platform(format, undefined, { maxStalenessMs: 0 })
      try {
        const token = await strict.token()
        const verifier = introspectionVerifier({ issuer: strict.issuer, audience: API, ...strict.resource })
        for (let n = 0; n < 2; n++)
          expect(await verifier.tryVerify(token, { maxStalenessMs: 60_000 })).toMatchObject({ ok: true })
        expect(strict.requests).toEqual(['/introspect', '/introspect'])
      } finally {
        await strict.close()
      }
    })

    it('introspectionVerifier refuses a token for another resource and reveals nothing of it (S69)', async () => {
      const token = await here.token(BILLING)
      expect(await here.appgrant.authorizer.tryVerify(token)).toMatchObject({ ok: true })
      expect(await verifierOf().tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
      const other = introspectionVerifier({ issuer: here.issuer, audience: BILLING, ...here.resource })
      expect(await other.tryVerify(await here.token(API))).toEqual({ ok: false, reason: 'unknown' })
    })

    it('introspectionVerifier does not ask about texts that cannot be tokens', async () => {
      for (const bad of ['', 'a b', 'ä', `x${'y'.repeat(30_000)}`, 'a=b', undefined, {}])
        expect(await verifierOf().tryVerify(bad as string)).toEqual({ ok: false, reason: 'malformed' })
      expect(here.requests).toEqual([])
    })

    it('verify of introspectionVerifier rejects with invalid_token, and with invalid_request for its options (TOK-10)', async () => {
      const verifier = verifierOf()
      expect(await verifier.verify(await here.token())).toMatchObject({ ok: true })
      expect(await refusalOf(verifier.verify('x'))).toMatchObject({
        code: 'invalid_token',
        details: { reason: 'unknown' },
      })
      for (const call of [verifier.verify, verifier.tryVerify])
        expect((await refusalOf(call('x', { maxStalenessMs: -1 }))).code).toBe('invalid_request')
    })

    it('introspectionVerifier rejects if the platform has no result, and protect responds 503', async () => {
      const token = await here.token()
      here.store.fail('get', 'before', 2)
      expect((await refusalOf(verifierOf().tryVerify(token))).code).toBe('issuer_unavailable')
      const request = new Request(`${API}/calls`, { headers: { authorization: `Bearer ${token}` } })
      expect(await protect(verifierOf())(request)).toMatchObject({ status: 503 })
    })

    it('introspectionVerifier rejects if its app is no resource server, is suspended or has another secret', async () => {
      const token = await here.token()
      const wrong = await refusalOf(verifierOf({ secret: 'x'.repeat(32) }).tryVerify(token))
      expect(wrong).toMatchObject({
        code: 'issuer_unavailable',
        cause: { message: expect.stringContaining('invalid_client') },
      })
      await here.appgrant.apps.suspend(here.resource.key)
      expect((await refusalOf(verifierOf().tryVerify(token))).code).toBe('issuer_unavailable')
      await here.appgrant.apps.resume(here.resource.key)
      await here.appgrant.apps.setResourceServer(here.resource.key, undefined)
      expect(await verifierOf().tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
    })

    it('errors of introspectionVerifier show neither the secret nor the token (S51)', async () => {
      const token = await here.token()
      await here.close()
      const error = await refusalOf(verifierOf().tryVerify(token))
      const shown = JSON.stringify([error, String(error.stack), error.hint, String(error.cause)])
      for (const secret of [token, here.resource.secret]) expect(shown).not.toContain(secret)
      here = await platform(format)
    })
  })

describe('introspectionVerifier with an issuer that misbehaves', () => {
  const options = { audience: API, key: 'k', secret: 's' }
  const answers: Record<
    string,
    (send: (status: number, body: string, headers?: Record<string, string>) => void) => void
  > = {
    'a page': (send) => send(200, '<html>'),
    'no active': (send) => send(200, '{}'),
    'active as a text': (send) => send(200, '{"active":"true"}'),
    'a redirect': (send) => send(302, '', { location: '/elsewhere' }),
    'not its status': (send) => send(201, '{"active":true}'),
    'a huge answer': (send) => send(200, `{"active":true,"x":"${'y'.repeat(1_000_000)}"}`),
    nothing: () => {},
  }
  for (const [what, response] of Object.entries(answers))
    it(`introspectionVerifier is issuer_unavailable in bounded time if the response is ${what}`, async () => {
      const { url, server } = await standIn((_, res) => {
        response((status, body, headers = {}) => res.writeHead(status, headers).end(body))
      })
      const verifier = introspectionVerifier({ issuer: url, timeoutMs: 300, ...options })
      expect((await refusalOf(verifier.tryVerify('token'))).code).toBe('issuer_unavailable')
      server.closeAllConnections()
      await closed(server)
    })

  it('introspectionVerifier denies an active token of another issuer or resource, or one that is expired', async () => {
    let body = {}
    const server = createServer((_, res) => res.end(JSON.stringify(body)))
    const issuer = await listening(server)
    const now = Math.floor(Date.now() / 1000)
    const good = {
      ...{ active: true, iss: issuer, aud: [API, BILLING], sub: 'u', client_id: 'k', client_name: 'n', owner: 'o' },
      ...{ jti: 't', iat: now, exp: now + 60, kind: 'user' },
    }
    const verifier = introspectionVerifier({ issuer, ...options })
    body = good
    expect(await verifier.tryVerify('t')).toMatchObject({ ok: true, account: 'u', audience: [API, BILLING], scope: [] })
    for (const bad of [
      { iss: 'https://x.example' },
      { aud: BILLING },
      { aud: undefined },
      { exp: '9' },
      { kind: 'admin' },
      { sub: 1 },
    ]) {
      body = { ...good, ...bad }
      expect(await verifier.tryVerify('t')).toEqual({ ok: false, reason: 'unknown' })
    }
    body = { ...good, exp: now - 60 }
    expect(await verifier.tryVerify('t')).toEqual({ ok: false, reason: 'expired' })
    // The clock of this machine is behind, so the token may well be valid (ERR-1).
    body = { ...good, iat: now + 30 }
    expect((await refusalOf(verifier.tryVerify('t'))).code).toBe('issuer_unavailable')
    await closed(server)
  })

  it('introspectionVerifier refuses options that cannot work, by name', () => {
    const good = { issuer: 'https://login.example', ...options }
    for (const [option, value] of [
      ['issuer', 'http://login.example'],
      ['audience', ''],
      ['key', ''],
      ['secret', undefined],
      ['timeoutMs', 0],
      ['endpoint', 'http://x.example/introspect'],
      ['endpoint', 'https://:password@x.example/introspect'],
    ] as const)
      expect(() => introspectionVerifier({ ...good, [option]: value } as never)).toThrow(option)
  })
})
