import { createHmac, createPublicKey, sign as signBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { CompactSign, calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AppGrantOptions, createAppGrant, type Jwk } from '../../../src/index.ts'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { SCOPES } from '../../support/scopes.ts'
import { createSessionFixture, HOUR, ISSUER, type SessionFixture } from '../../support/session-fixture.ts'
import { keyObject, newKey, publicPart } from '../../support/signing.ts'

const A = 'https://a.example/'
const B = 'https://b.example/'

async function withToken(options: Partial<AppGrantOptions> = {}) {
  const current = newKey()
  const fixture = createFixture(memoryStore(), { issuer: ISSUER, signing: { current }, ...options })
  const { app, secret } = await fixture.registerTrusted()
  const grant = (more = {}) => fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret, ...more })
  const granted = await grant()
  const verify = async (token: string, ...more: [options?: { readonly audience?: string }]) => {
    const answer = await fixture.appgrant.authorizer.tryVerify(token, ...more)
    return answer.ok ? 'ok' : answer.reason
  }
  const header = { alg: 'ES256', typ: 'at+jwt', kid: await calculateJwkThumbprint(current) }
  const forge = (claims: object, headers: object = {}, key: Jwk = current) =>
    signed({ ...(decodeJwt(granted.accessToken) as object), ...claims }, { ...header, ...headers }, key)
  return { ...fixture, app, secret, grant, granted, token: granted.accessToken, current, verify, header, forge }
}

/** A JWS with that header and payload, whatever they are, and a valid signature of that key. */
async function signed(payload: object | string, header: object, key: Jwk): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const imported = await importJWK(key, String(key.alg))
  return new CompactSign(Buffer.from(text)).setProtectedHeader({ ...header, alg: String(key.alg) }).sign(imported)
}

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const withHeader = (token: string, header: unknown) => [part(header), ...token.split('.').slice(1)].join('.')

describe('signed access tokens', () => {
  it('a signed token has the claims of RFC 9068, and a token of an app alone has no account as sub (S28)', async () => {
    const { granted, header, app, clock } = await withToken()
    expect(decodeProtectedHeader(granted.accessToken)).toEqual(header)
    const iat = Math.floor(clock() / 1000)
    expect(decodeJwt(granted.accessToken)).toEqual({
      iss: ISSUER,
      sub: `app:${app.key}`,
      owner: 'org',
      client_id: app.key,
      client_name: 'Example App',
      aud: ISSUER,
      iat,
      exp: iat + 3600,
      jti: granted.tokenId,
      scope: 'read write',
      kind: 'app',
      ref: expect.stringMatching(/^ag_as_/),
    })
  })

  it('a signed token of a user names the user as sub', async () => {
    const w = await createSessionFixture(async () => memoryStore(), {}, { signing: { current: newKey() } })
    const { access, id } = await w.start()
    expect(decodeJwt(access)).toMatchObject({
      sub: 'user',
      owner: 'org',
      client_id: w.key,
      jti: id,
      kind: 'user',
      ref: expect.stringMatching(/^ag_us_/),
    })
  })

  it('a signed token gives the same access as an opaque one, in one round trip with the same reads', async () => {
    const { appgrant, token, granted, app, observed, clock } = await withToken()
    const before = observed.reads.length
    expect(await appgrant.authorizer.tryVerify(token)).toEqual({
      ok: true,
      kind: 'app',
      app: { key: app.key, name: 'Example App', owner: 'org' },
      account: 'org',
      scope: ['read', 'write'],
      audience: [ISSUER],
      tokenId: granted.tokenId,
      issuedAt: new Date(clock()),
      expiresAt: new Date(clock() + HOUR),
    })
    expect(observed.reads.slice(before)).toEqual([
      [
        { kind: 't', partition: app.key.slice(0, 2), id: granted.tokenId },
        { kind: 'a', partition: app.key.slice(0, 2), id: app.key },
      ],
    ])
  })

  it('no stored byte contains a signed token or its contents, and no inspection shows them (S46, S51)', async () => {
    const w = await createSessionFixture(async () => memoryStore(), {}, { signing: { current: newKey() } })
    const first = await w.start()
    const second = await w.next(first)
    const dump = w.observed.written.map((record) => JSON.stringify(record)).join('\n')
    for (const { access, granted } of [first, second]) {
      const [, payload = '', signature = ''] = access.split('.')
      for (const secret of [access, payload, signature, String(decodeJwt(access).ref)])
        expect(dump).not.toContain(secret)
      expect(inspect(granted, { showHidden: true })).not.toContain(signature)
    }
    expect(inspect(w.appgrant, { showHidden: true, depth: 9 })).not.toContain('"d"')
  })

  it('a signed token is cached within the allowed staleness, but not for another audience', async () => {
    const { appgrant, token, observed } = await withToken()
    const cached = () => appgrant.authorizer.tryVerify(token, { maxStalenessMs: 60_000 })
    expect(await cached()).toMatchObject({ ok: true, audience: [ISSUER] })
    const before = observed.calls.get
    expect(await cached()).toMatchObject({ ok: true })
    expect(observed.calls.get).toBe(before)
    expect(await appgrant.authorizer.tryVerify(token, { maxStalenessMs: 60_000, audience: B })).toMatchObject({
      ok: false,
      reason: 'other_audience',
    })
  })

  it('a signed token with the largest possible scope can be verified', async () => {
    const scopes = Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(100, 'x'))
    const catalogue = Object.fromEntries(scopes.map((scope) => [scope, scope]))
    const { appgrant, registerTrusted, verify } = await withToken({ scopes: { ...SCOPES, ...catalogue } })
    const { app, secret } = await registerTrusted({ scopes })
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect(await verify(accessToken)).toBe('ok')
  })

  it('an app can revoke its own signed token, but not one of another app (HTTP-4)', async () => {
    const { appgrant, token, app, secret, registerTrusted, verify } = await withToken()
    const other = await registerTrusted()
    const revoke = (key: string, proof: string) =>
      codeOf(appgrant.authorizer.revokeToken({ key, secret: proof, token }))
    expect(await revoke(other.app.key, other.secret)).toBe('foreign_token')
    expect(await verify(token)).toBe('ok')
    expect(await revoke(app.key, secret)).toBe('ok')
    expect(await verify(token)).toBe('revoked')
  })

  it('a token that nothing can sign is an outage, and nothing is stored or consumed', async () => {
    const { publicJwk, down } = external()
    const w = await createSessionFixture(
      async () => memoryStore(),
      {},
      { signing: { current: { publicJwk, sign: down.sign } } },
    )
    const outages: unknown[] = []
    w.appgrant.events.on('outage', ({ code, operation }) => outages.push({ code, operation }))
    const code = await w.code()
    const writes = w.observed.writes()
    down.is = true
    expect(await codeOf(w.exchange(code))).toBe('signing_unavailable')
    expect(w.observed.writes()).toBe(writes)
    expect(outages).toEqual([{ code: 'signing_unavailable', operation: 'sign' }])
    down.is = false
    const { accessToken } = await w.exchange(code)
    expect(await w.verify(accessToken)).toBe('ok')
  })
})

/** A key behind a service that can be down. */
function external() {
  const key = newKey()
  const down = {
    is: false,
    async sign(input: Uint8Array) {
      if (down.is) throw new Error('the key service is down')
      return signBytes('sha256', input, { key: keyObject(key), dsaEncoding: 'ieee-p1363' })
    },
  }
  return { publicJwk: publicPart(key), down }
}

describe('opaque and signed tokens together', () => {
  it('a node with keys accepts both token formats, and a node without keys only opaque tokens', async () => {
    const { appgrant, store, clock, tree, token, app, secret } = await withToken()
    const opaque = createAppGrant({ store, clock, directory: tree, scopes: SCOPES, issuer: ISSUER })
    const { accessToken } = await opaque.authorizer.clientCredentials({ key: app.key, secret })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
    expect(await opaque.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
    expect(await opaque.authorizer.tryVerify(token)).toEqual({ ok: false, reason: 'malformed' })
  })

  it('the credential inside a signed token is not a token by itself, nor is an opaque token inside a signed one (S63)', async () => {
    const { token, verify, forge, appgrant, store, clock, tree, app, secret } = await withToken()
    expect(await verify(String(decodeJwt(token).ref))).toBe('malformed')
    const opaque = createAppGrant({ store, clock, directory: tree, scopes: SCOPES })
    const { accessToken, tokenId } = await opaque.authorizer.clientCredentials({ key: app.key, secret })
    expect(await verify(await forge({ ref: accessToken, jti: tokenId }))).toBe('unknown')
    expect(
      await codeOf(appgrant.authorizer.revokeToken({ key: app.key, secret, token: String(decodeJwt(token).ref) })),
    ).toBe('ok')
    expect(await verify(token)).toBe('ok')
  })

  it('a repeated refresh gets the same response, even from a node with the other format (TOK-8)', async () => {
    const signing = { current: newKey() }
    const w = await createSessionFixture(async () => memoryStore(), {}, { signing })
    const opaque = createAppGrant({ store: w.inner, clock: w.clock, directory: w.tree, scopes: SCOPES, issuer: ISSUER })
    const first = await w.start()
    const answers = [await w.refresh(first.refresh), await w.refresh(first.refresh, {}, opaque)]
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(1)
    const from = answers[0]?.refreshToken ?? ''
    const more = [await w.refresh(from, {}, opaque), await w.refresh(from)]
    expect(new Set(more.map(({ accessToken }) => accessToken)).size).toBe(1)
    expect(await w.verify(more[0]?.accessToken ?? '')).toBe('ok')
  })
})

describe('refused signed access tokens', () => {
  it('a signed token with any other algorithm is refused, whatever the key (S60)', async () => {
    const { token, verify, current, header } = await withToken()
    const body = token.split('.')[1] ?? ''
    const publicKey = createPublicKey(keyObject(current))
    const publicJwk = publicPart(current)
    const spki = { type: 'spki' } as const
    const secrets = [
      publicKey.export({ ...spki, format: 'pem' }),
      publicKey.export({ ...spki, format: 'der' }),
      JSON.stringify(publicJwk),
    ]
    for (const secret of secrets) {
      const input = `${part({ ...header, alg: 'HS256' })}.${body}`
      const mac = createHmac('sha256', secret).update(input).digest('base64url')
      expect(await verify(`${input}.${mac}`)).toBe('malformed')
    }
    for (const alg of ['none', 'None', 'nOnE', 'HS256', 'ES384', 'ES256K', 'es256']) {
      expect(await verify(withHeader(token, { ...header, alg }))).toBe('malformed')
      expect(await verify(`${part({ ...header, alg })}.${body}.`)).toBe('malformed')
    }
    // An algorithm that is supported, but not by that key.
    for (const alg of ['RS256', 'PS256', 'EdDSA'])
      expect(await verify(withHeader(token, { ...header, alg }))).toBe('unknown')
    const zero = Buffer.alloc(64).toString('base64url')
    expect(await verify(`${part(header)}.${body}.${zero}`)).toBe('unknown')
  })

  it('a signed token with a key of its own, or with a kid that is not ours, is refused (S61)', async () => {
    const { forge, verify, token, header } = await withToken()
    const stranger = newKey()
    const strangerPublic = publicPart(stranger)
    const brought = {
      jwk: strangerPublic,
      jku: 'https://evil.example/jwks.json',
      x5u: 'https://evil.example/c',
      x5c: ['AA=='],
    }
    expect(await verify(await forge({}, brought, stranger))).toBe('unknown')
    const kid = await calculateJwkThumbprint(strangerPublic)
    expect(await verify(await forge({}, { ...brought, kid }, stranger))).toBe('unknown')
    for (const bad of ['../../dev/null', '', 'x'.repeat(10_000), '__proto__', "' OR 1=1"])
      expect(await verify(await forge({}, { kid: bad }))).toBe('unknown')
    for (const bad of [{ $ne: null }, 1, null, ['k']])
      expect(await verify(withHeader(token, { ...header, kid: bad }))).toBe('malformed')
    const { kid: _kid, ...without } = header
    expect(await verify(withHeader(token, without))).toBe('unknown')
    expect(await verify(await forge({}, { jwk: strangerPublic }))).toBe('ok')
  })

  it('a signed token in a form on which parsers could differ is refused before any key or record is used (S62)', async () => {
    const { token, verify, forge, header, observed } = await withToken()
    const [head = '', body = '', signature = ''] = token.split('.')
    const before = observed.calls.get
    const claims = JSON.stringify(decodeJwt(token))
    const { current } = await withToken()
    const texts = [
      withHeader(token, { ...header, crit: ['exp'] }),
      withHeader(token, { ...header, b64: false, crit: ['b64'] }),
      withHeader(token, `{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"${header.kid}"}`),
      await signed(claims.replace('{', '{"iss":"x",'), header, current),
      await signed(`[${claims}]`, header, current),
      await signed(token, { ...header, cty: 'JWT' }, current),
      `${token}.`,
      `${token}.${signature}.x`,
      `${token}\n`,
      ` ${token}`,
      `${token}=`,
      `${head}=.${body}.${signature}`,
      `${head}.${body}`,
      `${head}.${body} .${signature}`,
      await forge({ padding: 'x'.repeat(100_000) }),
    ]
    for (const text of texts) expect(await verify(text), text.slice(0, 200)).toBe('malformed')
    expect(observed.calls.get).toBe(before)
  })

  it('a signed token of any other type is refused (S63)', async () => {
    const { verify, forge } = await withToken()
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'])
      expect(await verify(await forge({}, { typ }))).toBe('ok')
    for (const typ of [
      undefined,
      'JWT',
      'client-authentication+jwt',
      'at+jwt ',
      'application/application/at+jwt',
      'text/at+jwt',
      1,
    ])
      expect(await verify(await forge({}, { typ }))).toBe('malformed')
  })

  it.each([
    ['another issuer', { iss: 'https://evil.example' }, 'unknown'],
    ['no issuer', { iss: undefined }, 'unknown'],
    ['an issuer in an array', { iss: [ISSUER] }, 'unknown'],
    ['another audience', { aud: B }, 'unknown'],
    ['no audience', { aud: undefined }, 'unknown'],
    ['an audience that is not a string', { aud: [{ [ISSUER]: 1 }, 1, null] }, 'unknown'],
    ['no expiry', { exp: undefined }, 'unknown'],
    ['an expiry that is a string', { exp: '9999999999' }, 'unknown'],
    ['an expiry in the past', { exp: 1_000_000_000 }, 'expired'],
    ['a not-before in the future', { nbf: 9_999_999_999 }, 'unknown'],
    ['a not-before that is a string', { nbf: '0' }, 'unknown'],
    ['no issue time', { iat: undefined }, 'unknown'],
    ['no id', { jti: undefined }, 'unknown'],
    ['no app', { client_id: undefined }, 'unknown'],
    ['no subject', { sub: 1 }, 'unknown'],
    ['a scope that is a list', { scope: ['read'] }, 'unknown'],
    ['another kind', { kind: 'admin' }, 'unknown'],
    ['an app-only token without owner', { owner: undefined }, 'unknown'],
    ['no credential inside', { ref: undefined }, 'unknown'],
    ['garbage inside', { ref: 'ag_as_x' }, 'unknown'],
    ['an object inside', { ref: { $ne: null } }, 'unknown'],
  ])('a signed token with %s is refused (S64)', async (_, claims, reason) => {
    const { verify, forge, observed } = await withToken()
    const text = await forge(claims)
    const before = observed.calls.get
    expect(await verify(text)).toBe(reason)
    expect(observed.calls.get).toBe(before)
  })

  it('a signed token that was issued in the future is an outage, never accepted (S64)', async () => {
    const { appgrant, forge } = await withToken()
    expect(await codeOf(appgrant.authorizer.verify(await forge({ iat: 9_999_999_999 })))).toBe('clock_skew')
  })

  it('an audience array that contains ours is accepted (S64)', async () => {
    const { verify, forge } = await withToken()
    expect(await verify(await forge({ aud: [B, ISSUER] }))).toBe('ok')
  })

  it('a well-signed token with right ids but the credential of another token is refused (S44)', async () => {
    const { verify, forge, grant } = await withToken()
    const other = decodeJwt((await grant()).accessToken)
    expect(await verify(await forge({ ref: other.ref }))).toBe('unknown')
    expect(await verify(await forge({ ref: other.ref, jti: other.jti }))).toBe('ok')
    expect(await verify(await forge({ ref: other.ref, jti: other.jti, client_id: 'another' }))).toBe('unknown')
  })

  it('a token signed by a removed key is refused, whatever its iat, as is one signed by an unrelated key (S66)', async () => {
    const { store, clock, tree, token, current, forge, app, secret } = await withToken()
    const next = newKey()
    const node = (signing: AppGrantOptions['signing']) =>
      createAppGrant({ store, clock, directory: tree, scopes: SCOPES, issuer: ISSUER, signing })
    const { accessToken } = await node({ current: next, previous: current }).authorizer.clientCredentials({
      key: app.key,
      secret,
    })
    const after = node({ current: next })
    const reason = async (text: string, { authorizer } = after) => {
      const answer = await authorizer.tryVerify(text)
      return answer.ok ? 'ok' : answer.reason
    }
    expect(await reason(token)).toBe('unknown')
    const past = Math.floor(clock() / 1000) - 60
    expect(await reason(await forge({ iat: past, exp: past + 3600 }))).toBe('unknown')
    expect(await reason(accessToken)).toBe('ok')
    // While the old key still verifies, its holder cannot make a token without a record.
    const forgedRef = `${String(decodeJwt(token).ref).slice(0, -8)}AAAAAAAA`
    expect(await reason(await forge({ ref: forgedRef, iat: past }), node({ current: next, previous: current }))).toBe(
      'unknown',
    )
  })
})

describe('the resources of tokens', () => {
  const resources = [A, B]
  const audienceOf = async ({ appgrant }: Pick<SessionFixture, 'appgrant'>, token: string) => {
    const answer = await appgrant.authorizer.tryVerify(token)
    return answer.ok ? answer.audience : answer.reason
  }

  it.each([
    ['opaque', {}],
    ['signed', { signing: { current: newKey() } }],
  ])('%s tokens are for the requested resources, or for the first one by default', async (_, format) => {
    const w = createFixture(memoryStore(), { issuer: ISSUER, resources, ...format })
    const { app, secret } = await w.registerTrusted()
    const grant = (asked?: readonly string[]) =>
      w.appgrant.authorizer.clientCredentials({ key: app.key, secret, resources: asked })
    expect(await audienceOf(w, (await grant()).accessToken)).toEqual([A])
    expect(await audienceOf(w, (await grant([B])).accessToken)).toEqual([B])
    expect(await audienceOf(w, (await grant([B, A, B])).accessToken)).toEqual([B, A])
    const writes = w.observed.writes()
    for (const bad of [[ISSUER], [A, 'https://c.example/'], [], [`${A}x`], [''], ['x'.repeat(100_000)]])
      expect(await codeOf(grant(bad))).toBe('invalid_target')
    for (const bad of [A, { $ne: null }, [1], 1, null])
      expect(
        await codeOf(w.appgrant.authorizer.clientCredentials({ key: app.key, secret, resources: bad as never })),
      ).toBe('invalid_target')
    expect(w.observed.writes()).toBe(writes)
  })

  it.each([
    ['opaque', {}],
    ['signed', { signing: { current: newKey() } }],
  ])('%s tokens for one resource are refused at another (S69)', async (_, format) => {
    const w = createFixture(memoryStore(), { issuer: ISSUER, resources, ...format })
    const { app, secret } = await w.registerTrusted()
    const { accessToken } = await w.appgrant.authorizer.clientCredentials({ key: app.key, secret, resources: [B] })
    const { authorizer } = w.appgrant
    expect(await authorizer.tryVerify(accessToken, { audience: B })).toMatchObject({ ok: true })
    for (const audience of [A, ISSUER, '', `${B}x`])
      expect(await authorizer.tryVerify(accessToken, { audience })).toEqual({ ok: false, reason: 'other_audience' })
    expect(await codeOf(authorizer.tryVerify(accessToken, { audience: [B] as never }))).toBe('invalid_request')
    const without = createAppGrant({
      store: w.store,
      clock: w.clock,
      directory: w.tree,
      issuer: ISSUER,
      resources: [A],
      ...format,
    })
    expect(await without.authorizer.tryVerify(accessToken)).toMatchObject({ ok: false })
  })

  it('a session has the resources of its request, and redemption and refresh may only choose among them (S19)', async () => {
    const w = await createSessionFixture(async () => memoryStore(), {}, { resources: [A, B, ISSUER] })
    const code = await w.code({}, { resource: [A, B] })
    const writes = w.observed.writes()
    expect(await codeOf(w.exchange(code, { resources: [ISSUER] }))).toBe('invalid_target')
    expect(w.observed.writes()).toBe(writes)
    const first = await w.exchange(code, { resources: [B] })
    expect(await audienceOf(w, first.accessToken)).toEqual([B])
    const refresh = first.refreshToken ?? ''
    expect(await codeOf(w.refresh(refresh, { resources: [A, ISSUER] }))).toBe('invalid_target')
    const second = await w.refresh(refresh, { resources: [A] })
    expect(await audienceOf(w, second.accessToken)).toEqual([A])
    expect((await w.refresh(refresh, { resources: [A] })).accessToken).toBe(second.accessToken)
    const third = await w.refresh(second.refreshToken ?? '')
    expect(await audienceOf(w, third.accessToken)).toEqual([A, B])
  })

  it('a refresh repeated for another resource gets the same refresh token and an access token for that resource (TOK-8)', async () => {
    const w = await createSessionFixture(async () => memoryStore(), {}, { resources })
    const first = await w.exchange(await w.code({}, { resource: [A, B] }))
    const second = await w.refresh(first.refreshToken ?? '', { resources: [A] })
    const third = await w.refresh(first.refreshToken ?? '', { resources: [B] })
    expect(third.refreshToken).toBe(second.refreshToken)
    expect(await audienceOf(w, second.accessToken)).toEqual([A])
    expect(await audienceOf(w, third.accessToken)).toEqual([B])
  })

  it('an unknown resource in an authorization request is invalid_target at the app (RFC 8707 §2)', async () => {
    const w = await createSessionFixture(async () => memoryStore(), {}, { resources })
    for (const resource of ['https://c.example/', [A, ISSUER], `${A}#x`]) {
      const asked = await w.ask({ resource })
      expect(asked.step).toBe('redirect')
      if (asked.step === 'redirect') expect(new URL(asked.location).searchParams.get('error')).toBe('invalid_target')
    }
    expect((await w.ask({ resource: '' })).step).toBe('consent')
    expect(await codeOf(w.ask({ resource: `https://${'x'.repeat(5000)}` }))).toBe('invalid_request')
  })

  it('a resource that the host has taken out of its list is granted no more', async () => {
    const w = await createSessionFixture(async () => memoryStore(), {}, { resources })
    const first = await w.exchange(await w.code({}, { resource: B }))
    const fewer = w.node({ resources: [A] })
    expect(await codeOf(w.refresh(first.refreshToken ?? '', {}, fewer))).toBe('invalid_target')
    expect(await fewer.authorizer.tryVerify(first.accessToken)).toEqual({ ok: false, reason: 'other_audience' })
    expect((await w.refresh(first.refreshToken ?? '')).scope).toEqual(['read', 'write'])
  })
})

describe('account ids that begin with app:', () => {
  it('an account id that could be taken for an app is refused everywhere (S28)', async () => {
    const { appgrant } = createFixture()
    const account = 'app:x'
    expect(() => appgrant.as(account)).toThrow(/does not begin with app:/)
    expect(await codeOf(appgrant.tokens.list({ app: 'x', account }))).toBe('invalid_request')
    expect(await codeOf(appgrant.installs.list({ account }))).toBe('invalid_request')
    expect(await codeOf(appgrant.apps.list({ owner: account }))).toBe('invalid_request')
  })
})
