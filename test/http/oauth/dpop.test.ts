import { describe, expect, it } from 'vitest'
import type { AppGrantOptions } from '../../../src/options.ts'
import { type DpopKey, dpopKey, NONCE_KEY, type ProofOf } from '../../support/dpop.ts'
import { authorization, REDIRECT, VERIFIER } from '../../support/http-authorization.ts'
import { httpFixture, ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'
import { CLIENT_KEY } from '../../support/self-registration.ts'
import { SIGNING } from '../../support/signing.ts'

const key = await dpopKey()
const thief = await dpopKey()
const TOKEN = `${ISSUER}/token`

async function scene(options: Partial<AppGrantOptions> = { dpop: {} }, app: object = { public: true }) {
  const here = await authorization(options, app)
  const proofBy = (by: DpopKey, changed: Partial<ProofOf> = {}) =>
    by.prove({ url: TOKEN, at: here.clock(), ...changed })
  const client: Record<string, string> = here.app.public
    ? { client_id: here.app.key }
    : { client_id: here.app.key, client_secret: here.secret }
  const send = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    here.post('/token', { ...client, ...form }, headers)
  const redeem = (code: string, headers?: Record<string, string>) =>
    send({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER }, headers)
  const refresh = (token: unknown, headers?: Record<string, string>) =>
    send({ grant_type: 'refresh_token', refresh_token: String(token) }, headers)
  return { ...here, client, proofBy, redeem, refresh }
}

describe('DPoP at /token (RFC 9449 §5)', () => {
  it('a proof gets a token of type DPoP, and a refresh without one is refused with the same refresh token good (DPOP-2)', async () => {
    const w = await scene()
    const response = await w.redeem(await w.code(), { dpop: await w.proofBy(key) })
    const first = await jsonOf(response)
    expect([response.status, first.token_type]).toEqual([200, 'DPoP'])
    expect(response.headers.has('dpop-nonce')).toBe(false)
    const writes = w.writes()
    expect(await refusal(await w.refresh(first.refresh_token))).toEqual({ status: 400, error: 'invalid_dpop_proof' })
    const foreign = { dpop: await w.proofBy(thief) }
    expect(await refusal(await w.refresh(first.refresh_token, foreign))).toEqual({
      status: 400,
      error: 'invalid_dpop_proof',
    })
    expect(w.writes()).toBe(writes)
    const again = await jsonOf(await w.refresh(first.refresh_token, { dpop: await w.proofBy(key) }))
    expect(again.token_type).toBe('DPoP')
  })

  it('a malformed proof, two headers or a proof for another endpoint is invalid_dpop_proof 400 (DPOP-1)', async () => {
    const w = await scene()
    const code = await w.code()
    const [one, two] = [await w.proofBy(key), await w.proofBy(key)]
    const others = [`${one}, ${two}`, 'x', await w.proofBy(key, { url: `${ISSUER}/revoke` })]
    others.push(await w.proofBy(key, { url: 'http://localhost/token' }), await w.proofBy(key, { method: 'post' }))
    const writes = w.writes()
    for (const dpop of others)
      expect(await refusal(await w.redeem(code, { dpop }))).toEqual({ status: 400, error: 'invalid_dpop_proof' })
    expect(w.writes()).toBe(writes)
    expect((await w.redeem(code, { dpop: one })).status).toBe(200)
  })

  it('neither Host nor a forwarding header changes the URL that a proof must be for (DPOP-1, HTTP-7, S57)', async () => {
    const w = await scene()
    const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    const dpop = await w.proofBy(key, { url: 'https://evil.example/token' })
    expect(await refusal(await w.redeem(await w.code(), { ...evil, dpop }))).toMatchObject({ status: 400 })
    expect((await w.redeem(await w.code(), { ...evil, dpop: await w.proofBy(key) })).status).toBe(200)
  })

  it('without the option a proof has no effect, whatever it is, and the metadata says nothing of it (DPOP-2)', async () => {
    const w = await scene({})
    expect(await jsonOf(await w.redeem(await w.code(), { dpop: 'x' }))).toMatchObject({ token_type: 'Bearer' })
    const metadata = await jsonOf(await w.send('/.well-known/oauth-authorization-server'))
    expect(metadata).not.toHaveProperty('dpop_signing_alg_values_supported')
  })

  it('the metadata names the algorithms of proofs (RFC 9449 §5.1, DPOP-1)', async () => {
    const w = await scene()
    expect(await jsonOf(await w.send('/.well-known/oauth-authorization-server'))).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256', 'Ed25519'],
    })
  })

  it('a nonce is demanded once with use_dpop_nonce, and each response has the next (RFC 9449 §8, DPOP-3)', async () => {
    const w = await scene({ dpop: { nonceKeys: [NONCE_KEY] } })
    const code = await w.code()
    const demanded = await w.redeem(code, { dpop: await w.proofBy(key) })
    const nonce = demanded.headers.get('dpop-nonce') ?? ''
    expect(await refusal(demanded)).toEqual({ status: 400, error: 'use_dpop_nonce' })
    w.clock.advance(60_000 - (w.clock() % 60_000))
    const response = await w.redeem(code, { dpop: await w.proofBy(key, { nonce }) })
    expect(response.status).toBe(200)
    const next = response.headers.get('dpop-nonce')
    expect(next).toMatch(/^[\w-]{22}$/)
    expect(next).not.toBe(nonce)
    // Without a proof there is no next one.
    expect((await w.refresh('x')).headers.has('dpop-nonce')).toBe(false)
  })

  it('an assertion of an app is not used up by a wrong proof (DPOP-1)', async () => {
    const { appSigner } = await import('../../support/app-signer.ts')
    const signer = await appSigner()
    const w = await scene({ dpop: {} }, { jwks: [signer.jwk], trusted: true })
    const assertion = await signer.sign(w.app.key, w.clock(), { claims: { aud: ISSUER } })
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }
    expect(await refusal(await w.post('/token', form, { dpop: 'x' }))).toEqual({
      status: 400,
      error: 'invalid_dpop_proof',
    })
    expect((await w.post('/token', form, { dpop: await w.proofBy(key) })).status).toBe(200)
  })

  it('a page of a public app may read the nonce, and is allowed to send a proof (HTTP-6, HTTP-10, DPOP-3)', async () => {
    const w = await scene({ dpop: { nonceKeys: [NONCE_KEY] } })
    const { origin } = new URL(REDIRECT)
    const response = await w.redeem(await w.code(), { origin, dpop: await w.proofBy(key) })
    expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    expect(response.headers.get('access-control-expose-headers')).toBe('DPoP-Nonce')
    expect(response.headers.has('dpop-nonce')).toBe(true)
    const asked = { origin, 'access-control-request-headers': 'content-type, dpop' }
    const preflight = await w.send('/token', { method: 'OPTIONS', headers: asked })
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type, dpop')
  })

  it('introspection says the type and the key of a bound token (RFC 9449 §6.2, DPOP-2)', async () => {
    const w = await scene({ dpop: {} }, {})
    const { access_token } = await jsonOf(await w.redeem(await w.code(), { dpop: await w.proofBy(key) }))
    const seen = await jsonOf(await w.post('/introspect', { ...w.client, token: String(access_token) }))
    expect(seen).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } })
  })

  it('a signed token has the key in cnf (RFC 9449 §6.1, DPOP-2)', async () => {
    const w = await scene({ dpop: {}, signing: SIGNING })
    const { access_token } = await jsonOf(await w.redeem(await w.code(), { dpop: await w.proofBy(key) }))
    const [, claims = ''] = String(access_token).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ cnf: { jkt: key.jkt } })
    const { access_token: plain } = await jsonOf(await w.redeem(await w.code()))
    expect(Buffer.from(String(plain).split('.')[1] ?? '', 'base64url').toString()).not.toContain('cnf')
  })

  it('an app that must have bound tokens gets invalid_dpop_proof without a proof (RFC 9449 §5.2, DPOP-5)', async () => {
    const w = await scene({ dpop: {} }, { public: true, dpopBoundAccessTokens: true })
    const code = await w.code()
    expect(await refusal(await w.redeem(code))).toEqual({ status: 400, error: 'invalid_dpop_proof' })
    expect((await w.redeem(code, { dpop: await w.proofBy(key) })).status).toBe(200)
  })
})

describe('dpop_bound_access_tokens at /register (RFC 9449 §5.2)', () => {
  const registering = (options: Partial<AppGrantOptions>) =>
    httpFixture({
      signIn: async () => ({ account: 'user-1' }),
      selfRegistration: { keys: [CLIENT_KEY], scopes: ['calls:read'] },
      ...options,
    })
  const METADATA = { client_name: 'Assistant', redirect_uris: ['http://127.0.0.1/callback'] }

  it('a program that registers for bound tokens alone is another client, and is told so (DPOP-5)', async () => {
    const w = registering({ dpop: {} })
    const plain = await jsonOf(await w.call('POST', '/register', METADATA))
    const response = await w.call('POST', '/register', { ...METADATA, dpop_bound_access_tokens: true })
    const bound = await jsonOf(response)
    expect([response.status, bound.dpop_bound_access_tokens]).toEqual([201, true])
    expect(bound.client_id).not.toBe(plain.client_id)
    expect(plain).not.toHaveProperty('dpop_bound_access_tokens')
    for (const other of [false, 'true', null])
      expect(await jsonOf(await w.call('POST', '/register', { ...METADATA, dpop_bound_access_tokens: other }))).toEqual(
        plain,
      )
  })

  it('without the option the response does not repeat it (DPOP-5, RFC 7591 §3.2.1)', async () => {
    const w = registering({})
    const bound = await jsonOf(await w.call('POST', '/register', { ...METADATA, dpop_bound_access_tokens: true }))
    expect(bound).toEqual(await jsonOf(await w.call('POST', '/register', METADATA)))
  })
})
