import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { protect } from '../../src/http/index.ts'
import { createPossession, type ResourceDpopOptions } from '../../src/http/wire/possession.ts'
import type { AppGrantOptions } from '../../src/options.ts'
import { dpopKey, NONCE_KEY, type ProofOf } from '../support/dpop.ts'
import { httpFixture, ISSUER } from '../support/http-fixture.ts'

const API = 'https://api.example'
const CALLS = `${API}/v1/calls`
const ALGS = 'algs="ES256 EdDSA PS256 RS256 Ed25519"'
const key = await dpopKey()
const thief = await dpopKey()

/** A token that is bound to the key, and requests with it. The clock of the platform stands still; that of proofs does not. */
async function withBound(dpop: ResourceDpopOptions | undefined = {}, options: Partial<AppGrantOptions> = {}) {
  const here = httpFixture({ dpop: {}, resources: [API, ISSUER], ...options })
  const { app, secret } = await here.trustedApp()
  const tokenBy = async (by: typeof key | undefined) => {
    const dpopProof = await by?.prove({ url: `${ISSUER}/token`, at: here.clock() })
    const granted = await here.appgrant.authorizer.clientCredentials({
      key: app.key,
      secret,
      scope: ['calls:read'],
      dpopProof,
    })
    return granted.accessToken
  }
  const accessToken = await tokenBy(key)
  const guard = protect(here.appgrant.authorizer, { audience: API, scope: 'calls:read', dpop })
  const request = (headers: Record<string, string>, url = `${CALLS}?page=2`) => guard(new Request(url, { headers }))
  const proof = (changed: Partial<ProofOf> = {}, by = key) =>
    by.prove({ url: CALLS, method: 'GET', token: accessToken, ...changed })
  const withProof = async (changed?: Partial<ProofOf>, by?: typeof key) =>
    request({ authorization: `DPoP ${accessToken}`, dpop: await proof(changed, by) })
  return { ...here, app, tokenBy, accessToken, guard, request, proof, withProof }
}

async function refused(response: unknown) {
  if (!(response instanceof Response)) throw new Error('let through')
  const { headers, status } = response
  const challenge = headers.get('www-authenticate') ?? ''
  return { status, challenge, nonce: headers.get('dpop-nonce'), error: /error="(\w+)"/.exec(challenge)?.[1] }
}

describe('protect with DPoP (RFC 9449 §7)', () => {
  it.each(['DPoP', 'dpop', 'DPOP'])(
    'a bound token with a proof after %j is let through with its key (DPOP-6)',
    async (scheme) => {
      const w = await withBound()
      const access = await w.request({ authorization: `${scheme} ${w.accessToken}`, dpop: await w.proof() })
      expect(access).toMatchObject({ ok: true, jkt: key.jkt, account: w.app.owner })
    },
  )

  it('a bound token as Bearer is refused, with and without the option and a proof (RFC 9449 §7.2, DPOP-6)', async () => {
    for (const dpop of [{}, undefined]) {
      const w = await withBound(dpop)
      const guard = protect(w.appgrant.authorizer, { audience: API, dpop })
      const headers = { authorization: `Bearer ${w.accessToken}`, dpop: await w.proof() }
      const other = dpop ? `, DPoP ${ALGS}` : ''
      expect(await refused(await guard(new Request(CALLS, { headers })))).toMatchObject({
        status: 401,
        challenge: `Bearer error="invalid_token", error_description="the access token is not valid"${other}`,
      })
      const unaware = { tryVerify: (token: string) => w.appgrant.authorizer.tryVerify(token, { acceptBound: true }) }
      expect(await refused(await protect(unaware)(new Request(CALLS, { headers })))).toMatchObject({ status: 401 })
    }
  })

  it('a bearer token is let through as Bearer beside it, and refused as DPoP (DPOP-6)', async () => {
    const w = await withBound()
    const plain = await w.tokenBy(undefined)
    expect(await w.request({ authorization: `Bearer ${plain}` })).toMatchObject({ ok: true })
    const response = await w.request({ authorization: `DPoP ${plain}`, dpop: await w.proof({ token: plain }) })
    expect(await refused(response)).toMatchObject({ status: 401, error: 'invalid_token' })
  })

  it('without credentials both schemes are named, and without the option only Bearer (RFC 9449 §7.1, DPOP-6)', async () => {
    const w = await withBound()
    expect((await refused(await w.request({}))).challenge).toBe(`Bearer scope="calls:read", DPoP ${ALGS}`)
    const bearer = protect(w.appgrant.authorizer)
    const headers = { authorization: `DPoP ${w.accessToken}`, dpop: await w.proof() }
    expect(await refused(await bearer(new Request(CALLS, { headers })))).toMatchObject({
      status: 401,
      challenge: 'Bearer',
    })
  })

  const FAULTS: Readonly<Record<string, Partial<ProofOf>>> = {
    'of 61 s ago': { at: Date.now() - 65_000 },
    'of 61 s ahead': { at: Date.now() + 120_000 },
    'without jti': { claims: { jti: undefined } },
    'of typ JWT': { header: { typ: 'JWT' } },
    'with a private key': { header: { jwk: key.privateJwk } },
    'for another host': { url: 'https://evil.example/v1/calls' },
    'for the method get': { method: 'get' },
    'for the method POST': { method: 'POST' },
    'for another token': { token: 'another' },
    'by another key than it has': { header: { jwk: thief.jwk } },
  }
  it.each(Object.entries(FAULTS))('a proof %s is invalid_dpop_proof 401 (DPOP-6)', async (_, changed) => {
    const w = await withBound()
    expect(await refused(await w.withProof(changed))).toMatchObject({
      status: 401,
      error: 'invalid_dpop_proof',
      challenge: expect.stringMatching(
        /^DPoP error="invalid_dpop_proof", error_description="[^"]+", scope="calls:read", algs="/,
      ),
      nonce: null,
    })
  })

  it('no proof, two proofs or a token that is not one are refused as DPoP (DPOP-6)', async () => {
    const w = await withBound()
    const authorization = `DPoP ${w.accessToken}`
    expect(await refused(await w.request({ authorization }))).toMatchObject({
      status: 401,
      error: 'invalid_dpop_proof',
    })
    const dpop = `${await w.proof()}, ${await w.proof()}`
    expect(await refused(await w.request({ authorization, dpop }))).toMatchObject({
      status: 401,
      error: 'invalid_dpop_proof',
    })
    expect(await refused(await w.request({ authorization: 'DPoP a b' }))).toMatchObject({
      status: 400,
      challenge: expect.stringMatching(/^DPoP error="invalid_request"/),
    })
    const both = `DPoP ${w.accessToken}, Bearer ${w.accessToken}`
    expect(await refused(await w.request({ authorization: both, dpop: await w.proof() }))).toMatchObject({
      status: 400,
    })
  })

  it('a valid proof by another key than that of the token is invalid_token (RFC 9449 §7.1, DPOP-6)', async () => {
    const w = await withBound()
    expect(await refused(await w.withProof({}, thief))).toMatchObject({
      status: 401,
      challenge: expect.stringContaining(
        'DPoP error="invalid_token", error_description="the access token is bound to another key"',
      ),
    })
  })

  it('a revoked token is invalid_token, and a missing scope 403, as DPoP (DPOP-6)', async () => {
    const w = await withBound()
    const wide = protect(w.appgrant.authorizer, { audience: API, scope: 'calls:write', dpop: {} })
    const headers = { authorization: `DPoP ${w.accessToken}`, dpop: await w.proof() }
    expect(await refused(await wide(new Request(CALLS, { headers })))).toMatchObject({
      status: 403,
      challenge: expect.stringMatching(/^DPoP error="insufficient_scope"/),
    })
    await w.appgrant.apps.revokeTokens(w.app.key)
    expect(await refused(await w.withProof())).toMatchObject({ status: 401, error: 'invalid_token' })
  })

  it.each([`${CALLS}?page=3`, `${CALLS}#x`, `https://API.example:443/v1/calls`])(
    'a proof for %s is for the same URL (DPOP-6)',
    async (url) => {
      const w = await withBound()
      expect(await w.withProof({ url })).toMatchObject({ ok: true })
    },
  )

  it('nothing of the URL but the path comes from the request (DPOP-6, HTTP-7)', async () => {
    const w = await withBound()
    const headers = async (url: string) => ({
      authorization: `DPoP ${w.accessToken}`,
      host: 'evil.example',
      dpop: await w.proof({ url }),
    })
    const evil = 'https://evil.example/v1/calls'
    expect(await refused(await w.request(await headers(evil), evil))).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('the htu of the DPoP proof must be https://api.example followed by the path'),
    })
    expect(await w.request(await headers(CALLS), evil)).toMatchObject({ ok: true })
  })

  it('the option url has the part of the path that a proxy removes (DPOP-6)', async () => {
    const w = await withBound({ url: `${API}/v1` })
    const headers = { authorization: `DPoP ${w.accessToken}`, dpop: await w.proof() }
    expect(await w.request(headers, 'http://localhost:3000/calls')).toMatchObject({ ok: true })
  })

  it('with nonces a proof needs one, and its time does not count (RFC 9449 §9, DPOP-3, DPOP-6)', async () => {
    const w = await withBound({ nonceKeys: [NONCE_KEY] })
    const demanded = await refused(await w.withProof())
    expect(demanded).toMatchObject({
      status: 401,
      error: 'use_dpop_nonce',
      nonce: expect.stringMatching(/^[\w-]{22}$/),
    })
    expect(await w.withProof({ nonce: demanded.nonce ?? '', at: 0 })).toMatchObject({ ok: true })
    const other = createPossession('protect', { nonceKeys: [NONCE_KEY] }, API)
    expect(other.nonce()).toBe(demanded.nonce)
  })

  it('cached acceptances need a proof too (DPOP-6)', async () => {
    const w = await withBound()
    const guard = protect(w.appgrant.authorizer, { audience: API, maxStalenessMs: 60_000, dpop: {} })
    const send = async (headers: Record<string, string>) => guard(new Request(CALLS, { headers }))
    const authorization = `DPoP ${w.accessToken}`
    for (const _ of [1, 2]) expect(await send({ authorization, dpop: await w.proof() })).toMatchObject({ ok: true })
    expect(await refused(await send({ authorization }))).toMatchObject({ status: 401 })
    expect(await refused(await send({ authorization, dpop: await w.proof({}, thief) }))).toMatchObject({ status: 401 })
    expect(await refused(await send({ authorization: `Bearer ${w.accessToken}` }))).toMatchObject({ status: 401 })
  })
})

describe('replayed proofs (RFC 9449 §11.1)', () => {
  it('a proof is accepted once by a process, also of 50 at once, and the same jti of another key does not count (DPOP-7)', async () => {
    const w = await withBound()
    const dpop = await w.proof({ claims: { jti: 'same' } })
    const headers = { authorization: `DPoP ${w.accessToken}`, dpop }
    const answers = await Promise.all(Array.from({ length: 50 }, () => w.request(headers)))
    expect(answers.filter((one) => !(one instanceof Response))).toHaveLength(1)
    const token = await w.tokenBy(thief)
    const others = await w.proof({ claims: { jti: 'same' }, token }, thief)
    expect(await w.request({ authorization: `DPoP ${token}`, dpop: others })).toMatchObject({ ok: true })
  })

  it('a proof whose request met an outage is not used up (DPOP-7)', async () => {
    const w = await withBound()
    const headers = { authorization: `DPoP ${w.accessToken}`, dpop: await w.proof() }
    w.faults.fail('get', 'before')
    expect(await w.request(headers)).toMatchObject({ status: 503 })
    expect(await w.request(headers)).toMatchObject({ ok: true })
  })

  it('the option replay is asked once for each proof, with what two processes can share (DPOP-7)', async () => {
    const asked: [string, Date][] = []
    const known = new Set<string>()
    const replay = async (id: string, expiresAt: Date) => {
      asked.push([id, expiresAt])
      return known.size < known.add(id).size
    }
    const w = await withBound({ replay })
    const other = protect(w.appgrant.authorizer, { audience: API, dpop: { replay } })
    const at = Date.now()
    const headers = { authorization: `DPoP ${w.accessToken}`, dpop: await w.proof({ at }) }
    expect(await w.request(headers)).toMatchObject({ ok: true })
    expect(await refused(await other(new Request(CALLS, { headers })))).toMatchObject({
      status: 401,
      error: 'invalid_dpop_proof',
    })
    expect(asked).toHaveLength(2)
    expect(asked[0]?.[0]).toMatch(/^[\w-]{43}$/)
    // A minute after it has expired, because clocks differ.
    expect(asked[0]?.[1]).toEqual(new Date(Math.floor(at / 1000) * 1000 + 120_000))
  })

  it.each([
    ['in the process', {}],
    ['in the process, with nonces', { nonceKeys: [NONCE_KEY] }],
    ['by replay', { replay: () => true }],
  ])(
    'a proof that expires while its token is verified is refused: it may have been used, and forgotten %s (DPOP-7)',
    async (_, dpop: ResourceDpopOptions) => {
      const w = await withBound(dpop)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      onTestFinished(() => void vi.useRealTimers())
      let takesMs = 0
      const slow = {
        tryVerify: async () => {
          const access = await w.appgrant.authorizer.tryVerify(w.accessToken, { acceptBound: true })
          vi.setSystemTime(Date.now() + takesMs)
          return access
        },
      }
      const guard = protect(slow, { audience: API, dpop })
      const nonce = createPossession('protect', dpop, API).nonce()
      const send = async () => {
        const headers = { authorization: `DPoP ${w.accessToken}`, dpop: await w.proof({ ...(nonce && { nonce }) }) }
        return guard(new Request(CALLS, { headers }))
      }
      expect(await send()).toMatchObject({ ok: true })
      takesMs = 6 * 60_000
      expect(await refused(await send())).toMatchObject({ error: nonce ? 'use_dpop_nonce' : 'invalid_dpop_proof' })
    },
  )

  it('a proof that has expired stays so if the clock is set back (DPOP-7)', async () => {
    const w = await withBound()
    vi.useFakeTimers({ now: Date.now() })
    onTestFinished(() => void vi.useRealTimers())
    const guard = protect(w.appgrant.authorizer, { audience: API, dpop: {} })
    const send = async (dpop: string) =>
      guard(new Request(CALLS, { headers: { authorization: `DPoP ${w.accessToken}`, dpop } }))
    const dpop = await w.proof()
    expect(await send(dpop)).toMatchObject({ ok: true })
    const usedAt = Date.now()
    for (let minutes = 0; minutes < 30; minutes++) {
      vi.advanceTimersByTime(60_000)
      await send(await w.proof())
    }
    vi.setSystemTime(usedAt)
    expect(await refused(await send(dpop))).toMatchObject({ status: 401, error: 'invalid_dpop_proof' })
    vi.setSystemTime(usedAt + 29.5 * 60_000)
    expect(await send(await w.proof())).toMatchObject({ ok: true })
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['returns OK', () => 'OK'],
    ['returns null', () => null],
    ['returns nothing', () => undefined],
  ])('if replay %s, the response is 503 and not a denial (DPOP-7)', async (_, replay) => {
    const w = await withBound({ replay: replay as never })
    expect(await w.withProof()).toMatchObject({ status: 503 })
  })
})

describe('the option dpop', () => {
  const verifier = httpFixture().appgrant.authorizer
  it.each([
    [{}, 'dpop.url'],
    [{ url: 'api.example' }, 'dpop.url'],
    [{ url: 'https://api.example/' }, 'dpop.url'],
    [{ url: 'http://api.example' }, 'dpop.url'],
    [{ url: API, nonceKeys: [] }, 'dpop.nonceKeys'],
    [{ url: API, nonceKeys: ['short'] }, 'dpop.nonceKeys'],
    [{ url: API, nonceKeys: [NONCE_KEY, NONCE_KEY] }, 'dpop.nonceKeys'],
    [{ url: API, replay: true }, 'dpop.replay'],
    [{ url: API, nonceKey: 'x' }, 'nonceKeys'],
    ['yes', 'dpop'],
  ])('%j of protect is a TypeError that names %s and shows no key (ERR-6, ERR-8)', (dpop, named) => {
    const call = () => protect(verifier, { dpop: dpop as never })
    expect(call).toThrow(TypeError)
    expect(call).toThrow(named)
    expect(call).not.toThrow(/nnnn|short/)
  })
})
