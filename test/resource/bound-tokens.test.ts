import { afterAll, describe, expect, it } from 'vitest'
import { protect } from '../../src/http/index.ts'
import { introspectionVerifier, signatureVerifier } from '../../src/resource.ts'
import { dpopKey } from '../support/dpop.ts'
import { SIGNING } from '../support/signing.ts'
import { API, platform } from './platform.ts'

const key = await dpopKey()
const thief = await dpopKey()
const here = await platform('signed', SIGNING, { dpop: {} })
afterAll(() => here.close())

const { issuer, app, resource, appgrant } = here
const secret = (await appgrant.apps.addSecret(app.key)).secret
const dpopProof = await key.prove({ url: `${issuer}/token` })
const { accessToken } = await appgrant.authorizer.clientCredentials({
  key: app.key,
  secret,
  resources: [API],
  dpopProof,
})

describe.each([
  ['introspectionVerifier', introspectionVerifier({ issuer, audience: API, ...resource })],
  ['signatureVerifier', signatureVerifier({ issuer, audience: API })],
])('%s and bound tokens', (_, verifier) => {
  it('a bound token is denied unless its caller checks proofs, cached or not (DPOP-6)', async () => {
    for (const maxStalenessMs of [0, 60_000, 60_000]) {
      expect(await verifier.tryVerify(accessToken, { maxStalenessMs })).toEqual({ ok: false, reason: 'proof_required' })
      expect(await verifier.tryVerify(accessToken, { maxStalenessMs, acceptBound: true })).toMatchObject({
        jkt: key.jkt,
      })
    }
    expect(await verifier.tryVerify(accessToken)).toEqual({ ok: false, reason: 'proof_required' })
  })

  it('protect lets it through with a proof by its key, and nobody else (DPOP-6, RFC 9449 §6)', async () => {
    const guard = protect(verifier, { audience: API, dpop: {} })
    const send = async (by: typeof key | undefined, scheme = 'DPoP') => {
      const dpop = await by?.prove({ url: `${API}/calls`, method: 'GET', token: accessToken })
      const headers = { authorization: `${scheme} ${accessToken}`, ...(dpop && { dpop }) }
      const result = await guard(new Request(`${API}/calls`, { headers }))
      return result instanceof Response ? result.status : result.jkt
    }
    expect(await send(key)).toBe(key.jkt)
    expect([await send(thief), await send(undefined), await send(key, 'Bearer')]).toEqual([401, 401, 401])
  })
})

it('a token that is bound in a way that nobody here can check is denied (DPOP-6)', async () => {
  const { readClaims } = await import('../../src/credentials/jwt/claims.ts')
  const rules = { issuer, audience: [API], now: Date.now(), toleranceMs: 0 }
  const members = {
    iss: issuer,
    aud: API,
    sub: 'a',
    client_id: 'c',
    client_name: 'n',
    owner: 'o',
    jti: 'j',
    kind: 'user',
  }
  const claims = { ...members, iat: 1, exp: Date.now() }
  expect(readClaims(claims, rules)).toMatchObject({ jti: 'j' })
  expect(readClaims({ ...claims, cnf: { jkt: 'k' } }, rules)).toMatchObject({ jti: 'j' })
  for (const cnf of [{}, { 'x5t#S256': 'x' }, { jkt: 'k', 'x5t#S256': 'x' }, { jkt: 1 }, 'k', null, ['k']])
    expect(readClaims({ ...claims, cnf }, rules)).toBe('unknown')
})
