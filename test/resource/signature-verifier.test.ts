import type { RequestListener, ServerResponse } from 'node:http'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { protect } from '../../src/http/index.ts'
import type { SigningOptions } from '../../src/index.ts'
import { signatureVerifier } from '../../src/resource.ts'
import { refusalOf } from '../support/code-of.ts'
import { closed } from '../support/real-server.ts'
import { keyObject, newKey, SIGNING } from '../support/signing.ts'
import { API, BILLING, ownWord, type Platform, platform, standIn } from './platform.ts'

describe('signatureVerifier', () => {
  const open: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  const start = async (signing?: SigningOptions): Promise<Platform> => {
    const here = await platform('signed', signing)
    open.push(here)
    return here
  }
  const servesKeys = async (listener: RequestListener): Promise<string> => {
    const { url, server } = await standIn(listener)
    open.push({
      close() {
        server.closeAllConnections()
        return closed(server)
      },
    })
    return url
  }

  it('signatureVerifier gives the same result as verify, works with protect and fetches the keys once', async () => {
    const here = await start()
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API })
    for (let n = 0; n < 3; n++) {
      const token = await here.token()
      expect(await verifier.tryVerify(token)).toEqual(await ownWord(here, token))
      const request = new Request(`${API}/calls`, { headers: { authorization: `Bearer ${token}` } })
      expect(await protect(verifier, { scope: 'write' })(request)).toMatchObject({ ok: true, kind: 'app' })
    }
    expect(here.requests).toEqual(['/jwks.json'])
  })

  it('signatureVerifier does not see a revocation until the token expires, as documented', async () => {
    const here = await start()
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API })
    const token = await here.token()
    await here.appgrant.apps.regenerateSecret(here.app.key)
    expect(await verifier.tryVerify(token)).toMatchObject({ ok: true })
    expect(await here.appgrant.authorizer.tryVerify(token)).toMatchObject({ ok: false, reason: 'revoked' })
  })

  it('signatureVerifier refuses a token for another resource and malformed texts (S69)', async () => {
    const here = await start()
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API })
    expect(await verifier.tryVerify(await here.token(BILLING))).toEqual({ ok: false, reason: 'unknown' })
    expect(await verifier.tryVerify(await here.token(), { audience: BILLING })).toEqual({
      ok: false,
      reason: 'other_audience',
    })
    for (const bad of ['', 'a.b.c', 'x'.repeat(30_000), undefined])
      expect(await verifier.tryVerify(bad as string)).toEqual({ ok: false, reason: 'malformed' })
  })

  it('signatureVerifier is issuer_unavailable while its clock is behind that of the issuer, and not a denial (ERR-1)', async () => {
    const here = await start()
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API })
    const token = await here.token()
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now - 60_000)
    try {
      expect(await refusalOf(verifier.tryVerify(token))).toMatchObject({
        code: 'issuer_unavailable',
        hint: expect.stringContaining('clock'),
      })
      const request = new Request(`${API}/calls`, { headers: { authorization: `Bearer ${token}` } })
      expect(await protect(verifier)(request)).toHaveProperty('status', 503)
    } finally {
      clock.mockRestore()
    }
    expect(await verifier.tryVerify(token)).toMatchObject({ ok: true })
  })

  it('verify of signatureVerifier rejects with invalid_token and the reason (TOK-10)', async () => {
    const here = await start()
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API })
    expect(await verifier.verify(await here.token())).toMatchObject({ ok: true })
    expect(await refusalOf(verifier.verify('a.b.c'))).toMatchObject({
      code: 'invalid_token',
      details: { reason: 'malformed' },
    })
  })

  it('signatureVerifier fetches once more per cool-down for any number of unknown kids (S67)', async () => {
    const here = await start()
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API })
    expect(await verifier.tryVerify(await here.token())).toMatchObject({ ok: true })
    const stranger = keyObject(newKey())
    for (let n = 0; n < 100; n++) {
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: `k${n}` })
        .sign(stranger)
      expect(await verifier.tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
    }
    expect(here.requests.length).toBeLessThanOrEqual(2)
    expect(await verifier.tryVerify(await here.token())).toMatchObject({ ok: true })
  })

  const jwksOf = async (here: Platform) => JSON.stringify(await here.appgrant.jwks?.())
  const hostile: Record<string, (res: ServerResponse, jwks: string) => void> = {
    slow: () => {},
    dripping: (res, jwks) => {
      res.write(jwks.slice(0, 10))
    },
    empty: (res) => res.end('{"keys":[]}'),
    'not a set': (res) => res.end('[]'),
    'not JSON': (res) => res.end('<html>'),
    huge: (res, jwks) => res.end(jwks.replace('{', `{"x":"${'y'.repeat(1_000_000)}",`)),
    redirecting: (res) => res.writeHead(302, { location: '/other' }).end(),
    failing: (res) => res.writeHead(500).end(),
  }
  for (const [what, response] of Object.entries(hostile))
    it(`signatureVerifier with a key set that is ${what} waits a bounded time, reports an outage and fetches once for many calls (S67)`, async () => {
      const here = await start()
      const jwks = await jwksOf(here)
      let fetched = 0
      const url = await servesKeys((req, res) => {
        fetched++
        if (req.url === '/other') res.end(jwks)
        else response(res, jwks)
      })
      const verifier = signatureVerifier({
        issuer: here.issuer,
        audience: API,
        jwksUri: `${url}/jwks.json`,
        timeoutMs: 300,
      })
      const token = await here.token()
      for (let n = 0; n < 5; n++) expect((await refusalOf(verifier.tryVerify(token))).code).toBe('issuer_unavailable')
      expect(fetched).toBe(1)
      const request = new Request(`${API}/calls`, { headers: { authorization: `Bearer ${token}` } })
      expect(await protect(verifier)(request)).toMatchObject({ status: 503 })
    })

  it('signatureVerifier finds the new key of a changed key set and no longer trusts the old one (S67)', async () => {
    const [old, here] = [await start(), await start({ current: newKey() })]
    const sets = [await jwksOf(old), await jwksOf(here)]
    const url = await servesKeys((_, res) => res.end(sets.shift()))
    const ofOld = signatureVerifier({ issuer: old.issuer, audience: API, jwksUri: url })
    const before = await old.token()
    expect(await ofOld.tryVerify(before)).toMatchObject({ ok: true })
    const ofNew = signatureVerifier({ issuer: here.issuer, audience: API, jwksUri: url })
    expect(await ofNew.tryVerify(await here.token())).toMatchObject({ ok: true })
    expect(await ofNew.tryVerify(before)).toEqual({ ok: false, reason: 'unknown' })
  })

  it('signatureVerifier refuses a token of the right key but another issuer', async () => {
    const [one, other] = [await start(SIGNING), await start(SIGNING)]
    const verifier = signatureVerifier({ issuer: one.issuer, audience: API })
    expect(await verifier.tryVerify(await other.token())).toEqual({ ok: false, reason: 'unknown' })
  })

  it('signatureVerifier refuses options that cannot work, by name', () => {
    const good = { issuer: 'https://login.example', audience: API }
    for (const [option, value] of Object.entries({
      issuer: 'x',
      audience: 1,
      timeoutMs: 1.5,
      jwksUri: 'http://x.example/jwks.json',
    }))
      expect(() => signatureVerifier({ ...good, [option]: value } as never)).toThrow(option)
  })
})
