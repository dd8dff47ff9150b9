import { createHmac, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { AssertionOptions } from '../../../src/index.ts'
import { type AppSigner, appSigner, claimsOf, type Said } from '../../support/app-signer.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { ISSUER, SECOND } from '../../support/session-fixture.ts'

const REFUSED = 'app_authentication_failed'

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

async function setUp(signers?: readonly AppSigner[], assertions?: AssertionOptions) {
  const fixture = createFixture(memoryStore(), { issuer: ISSUER, assertions })
  const [signer, ...others] = signers ?? [await appSigner()]
  if (!signer) throw new Error('there must be a signer')
  const { app } = await fixture.registerKeyed({ jwks: [signer, ...others].map(({ jwk }) => jwk) })
  const { clock, appgrant, observed } = fixture
  let reason: string | undefined
  appgrant.events.on('refused', (event) => {
    reason = event.reason
  })
  /** The result of an assertion: `ok`, or the rule that refused it, after which nothing is stored. */
  const judged = async (assertion: string, key?: string) => {
    const writes = observed.writes()
    const code = await codeOf(appgrant.authorizer.authenticateApp({ assertion, key }))
    if (code === 'ok') return code
    expect([code, observed.writes() - writes]).toEqual([REFUSED, 0])
    return reason
  }
  const claims = (changed = {}) => ({ ...claimsOf(app.key, clock()), ...changed })
  return {
    ...fixture,
    key: app.key,
    signer,
    judged,
    claims,
    sign: (said?: Said) => signer.sign(app.key, clock(), said),
    /** A compact JWS with any header and claims, and the given signature. */
    forge: (header: object | string, signature: string, changed: object | string = {}) =>
      [part(header), part(typeof changed === 'string' ? changed : claims(changed)), signature].join('.'),
  }
}

describe('assertions', () => {
  it.each(['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'])(
    'an assertion signed with %s authenticates its app',
    async (algorithm) => {
      const { judged, sign, key } = await setUp([await appSigner(algorithm)])
      expect(await judged(await sign())).toBe('ok')
      expect(await judged(await sign(), key)).toBe('ok')
    },
  )

  it('an assertion of an Ed25519 key may use either name of the algorithm, whichever the key has (RFC 9864 §2.2)', async () => {
    for (const alg of ['EdDSA', 'Ed25519']) {
      const { judged, sign } = await setUp([await appSigner('Ed25519', { alg })])
      for (const name of ['EdDSA', 'Ed25519']) expect(await judged(await sign({ header: { alg: name } }))).toBe('ok')
    }
  })

  it.each([undefined, 'JWT', 'client-authentication+jwt'])(
    'an assertion of typ %s without kid is accepted (S69)',
    async (typ) => {
      const { judged, sign } = await setUp()
      expect(await judged(await sign({ header: { typ } }))).toBe('ok')
    },
  )

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'token-introspection+jwt', 'JOSE', '', 7, null, ['JWT']])(
    'an assertion of typ %j is refused (S63, S69)',
    async (typ) => {
      const { judged, sign } = await setUp()
      expect(await judged(await sign({ header: { typ } }))).toBe('assertion_typ')
    },
  )

  it('an assertion with alg none in any case, or without a signature, is refused (S60)', async () => {
    const { judged, forge, sign } = await setUp()
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, undefined])
      for (const signature of ['', 'AA', 'A'.repeat(86)])
        expect(await judged(forge({ alg }, signature))).toBe('malformed_assertion')
    expect(await judged((await sign()).replace(/[^.]+$/, ''))).toBe('malformed_assertion')
  })

  it('an assertion with HS256 and any form of the public key as secret is refused (S60)', async () => {
    const { judged, signer, claims } = await setUp()
    const key = createPublicKey({ key: signer.jwk as JsonWebKey, format: 'jwk' })
    const forms = [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(signer.jwk),
      signer.jwk.x ?? '',
    ]
    for (const secret of forms)
      for (const alg of ['HS256', 'hs256']) {
        const input = `${part({ alg })}.${part(claims())}`
        const signature = createHmac('sha256', secret).update(input).digest('base64url')
        expect(await judged(`${input}.${signature}`)).toBe('malformed_assertion')
      }
  })

  it('an ES256 assertion with a zero signature, a wrong length or the signature of another text is refused (S60)', async () => {
    const { judged, forge, sign } = await setUp()
    const [, , genuine = ''] = (await sign()).split('.')
    const zero = Buffer.alloc(64)
    const signatures = [zero, Buffer.alloc(1), Buffer.alloc(63), Buffer.alloc(65), Buffer.alloc(64, 255)]
    for (const bytes of signatures)
      expect(await judged(forge({ alg: 'ES256' }, bytes.toString('base64url')))).toBe('assertion_signature')
    expect(await judged(forge({ alg: 'ES256' }, genuine))).toBe('assertion_signature')
    for (const trailing of ['A', 'AA']) expect(await judged(`${await sign()}${trailing}`)).toBe('assertion_signature')
  })

  it('an assertion with an algorithm that is not listed or does not fit the key is refused (S60)', async () => {
    const restricted = await appSigner('RS256', { alg: 'RS256' })
    const { judged, sign, forge } = await setUp([restricted])
    expect(await judged(await sign())).toBe('ok')
    for (const alg of [
      'ES384',
      'RS384',
      'RS512',
      'PS384',
      'HS512',
      'ES256K',
      'RSA-OAEP',
      'dir',
      'toString',
      '__proto__',
    ])
      expect(await judged(forge({ alg }, 'AA'))).toBe('malformed_assertion')
    const [, , signature = ''] = (await sign()).split('.')
    for (const alg of ['PS256', 'ES256', 'EdDSA']) expect(await judged(forge({ alg }, signature))).toBe('assertion_key')
  })

  it('keys that the header of an assertion contains or points to are never used (S61)', async () => {
    const { judged, clock, key, sign } = await setUp()
    const stranger = await appSigner()
    const brought = [
      { jwk: stranger.jwk },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/cert.pem' },
      { x5c: ['MIIB'] },
    ]
    for (const header of brought) {
      expect(await judged(await stranger.sign(key, clock(), { header }))).toBe('assertion_signature')
      expect(await judged(await sign({ header }))).toBe('ok')
    }
  })

  it('a kid that is unknown, a path, not a string or 10 kB long is refused, even if the app has only one key (S61)', async () => {
    const { judged, sign } = await setUp()
    for (const kid of [
      'unknown',
      '',
      '../../etc/passwd',
      '/dev/null',
      "' OR 1=1",
      '__proto__',
      'constructor',
      'length',
    ])
      expect(await judged(await sign({ header: { kid } })), kid).toBe('assertion_key')
    for (const kid of [{ $ne: null }, ['a'], 1, null, 'k'.repeat(10_000)])
      expect(await judged(await sign({ header: { kid } }))).toBe('malformed_assertion')
  })

  it('an assertion selects one of several keys by its kid, or by the thumbprint if the key has no kid', async () => {
    const signers = [await appSigner('ES256', { kid: 'a' }), await appSigner('ES256', { kid: 'b' }), await appSigner()]
    const { judged, clock, key, appgrant } = await setUp(signers)
    const kids = (await appgrant.apps.get(key))?.jwks.map(({ kid }) => kid) ?? []
    expect(kids.slice(0, 2)).toEqual(['a', 'b'])
    for (const [at, signer] of signers.entries()) {
      const signed = (kid: string | undefined) => signer.sign(key, clock(), { header: { kid } })
      expect(await judged(await signed(kids[at]))).toBe('ok')
      expect(await judged(await signed(kids[(at + 1) % 3]))).toBe('assertion_signature')
      expect(await judged(await signed(undefined))).toBe('assertion_key')
    }
  })

  it('assertions with extensions, nested or encrypted tokens, repeated members or a wrong form are refused (S62)', async () => {
    const { judged, sign, forge, signer, clock, key, observed } = await setUp()
    const right = await sign()
    const [header = '', payload = '', signature = ''] = right.split('.')
    const wrong = [
      forge({ alg: 'ES256', crit: ['exp'], exp: 1 }, signature),
      forge({ alg: 'ES256', crit: ['b64'], b64: false }, signature),
      forge({ alg: 'ES256', b64: true }, signature),
      forge({ alg: 'ES256', crit: [] }, signature),
      forge('{"alg":"none","alg":"ES256"}', signature),
      forge('{"alg":"ES256","\\u0061lg":"ES256"}', signature),
      forge({ alg: 'ES256' }, signature, '{"sub":"a","sub":"b"}'),
      forge({ alg: 'ES256', cty: 'JWT' }, signature, right),
      forge({ alg: 'ES256' }, signature, '["a"]'),
      forge({ alg: 'ES256' }, signature, 'null'),
      forge('["ES256"]', signature),
      `${header}..${payload}.${signature}.AA`,
      `${right}.`,
      `${right}.AA`,
      `${right}=`,
      `${header}=.${payload}.${signature}`,
      `${right}\n`,
      ` ${right}`,
      `${header}.${payload}. ${signature}`,
      `${header}.${payload}`,
      JSON.stringify({ protected: header, payload, signature }),
      await signer.sign(key, clock(), { claims: { more: 'x'.repeat(100_000) } }),
      'x'.repeat(100_000),
      '',
      '..',
      'undefined',
    ]
    const reads = observed.calls.get
    for (const text of wrong) {
      expect(await judged(text), text.slice(0, 200)).toBe('malformed_assertion')
      expect(await judged(text, key), text.slice(0, 200)).toBe('malformed_assertion')
    }
    // Not even the app was looked up (S45).
    expect(observed.calls.get).toBe(reads)
    expect(await judged(right)).toBe('ok')
  })

  it('an access token is not accepted as an assertion, nor an assertion as an access token (S63)', async () => {
    const { judged, sign, appgrant } = await setUp()
    const { accessToken, tokenId } = await appgrant.authorizer.clientCredentials({ assertion: await sign() })
    expect(await judged(accessToken)).toBe('malformed_assertion')
    const unused = await sign({ claims: { jti: tokenId, token: accessToken } })
    expect(await appgrant.authorizer.tryVerify(unused)).toEqual({ ok: false, reason: 'malformed' })
    expect(await judged(unused)).toBe('ok')
  })

  it.each([
    ['aud', [ISSUER]],
    ['aud', [ISSUER, 'https://other.example']],
    ['aud', []],
    ['aud', `${ISSUER}/`],
    ['aud', `${ISSUER}/token`],
    ['aud', ISSUER.toUpperCase()],
    ['aud', new URL(ISSUER).origin],
    ['aud', ''],
    ['aud', undefined],
    ['aud', null],
    ['iss', undefined],
    ['iss', ISSUER],
    ['iss', ''],
    ['exp', undefined],
    ['exp', null],
    ['jti', undefined],
    ['jti', ''],
    ['jti', 'x'.repeat(129)],
    ['jti', 7],
    ['jti', ['x']],
    ['jti', null],
  ])('an assertion with %s %j is refused (S64, S65)', async (claim, value) => {
    const { judged, signer, claims } = await setUp()
    const { privateJwk } = signer
    expect(await judged(await signedAs({ ...claims(), [claim]: value }, privateJwk))).toBe(`assertion_${claim}`)
  })

  it('an assertion with the sub of another app, or without one, is refused (S64)', async () => {
    const { judged, sign, registerKeyed, signer, key } = await setUp()
    const { app: other } = await registerKeyed({ jwks: [signer.jwk] })
    expect(await judged(await sign({ claims: { sub: other.key } }))).toBe('assertion_iss')
    expect(await judged(await sign({ claims: { sub: other.key } }), key)).toBe('assertion_sub')
    expect(await judged(await sign(), other.key)).toBe('assertion_iss')
    for (const sub of [undefined, null, '', 7, ['x'], { $ne: null }, 'x'.repeat(32), `${key}\n`])
      expect(await judged(await sign({ claims: { sub } }))).toBe('unknown_app')
  })

  it('an assertion expires at most 5 minutes from now, and clocks may differ by at most 5 s (S64)', async () => {
    const { judged, clock, signer, claims } = await setUp()
    const { privateJwk } = signer
    const now = clock() / SECOND
    const withTimes = async (times: object) =>
      judged(await signedAs(claims({ jti: randomUUID(), ...times }), privateJwk))
    for (const exp of [now - 4.999, now + 0.5, now + 300, now + 305]) expect(await withTimes({ exp })).toBe('ok')
    for (const exp of [
      now - 5,
      now + 305.01,
      now + 3600,
      clock() + 60_000,
      0,
      -1,
      1e300,
      String(now + 60),
      true,
      [now + 60],
    ])
      expect(await withTimes({ exp }), String(exp)).toBe('assertion_exp')
    // Whenever it was made: the limit is from now.
    expect(await withTimes({ iat: now - 3600, nbf: now - 3600, exp: now + 60 })).toBe('ok')
    expect(await withTimes({ iat: now + 3600, exp: now + 3660 })).toBe('assertion_exp')
    for (const claim of ['iat', 'nbf']) {
      expect(await withTimes({ [claim]: now + 5 })).toBe('ok')
      for (const time of [now + 5.01, now + 60, String(now), null, {}])
        expect(await withTimes({ [claim]: time }), `${claim} ${time}`).toBe(`assertion_${claim}`)
    }
  })

  const TOKEN_ENDPOINT = `${ISSUER}/token`
  it.each([
    ['issuer', { ok: [ISSUER], refused: [TOKEN_ENDPOINT, `${ISSUER}/par`, [ISSUER], [TOKEN_ENDPOINT]] }],
    ['token_endpoint', { ok: [ISSUER, TOKEN_ENDPOINT, `${ISSUER}/par`], refused: [[ISSUER], [TOKEN_ENDPOINT]] }],
    [
      'list',
      {
        ok: [ISSUER, TOKEN_ENDPOINT, [ISSUER], ['https://other.example', TOKEN_ENDPOINT]],
        refused: [[], ['https://other.example'], [[ISSUER]], Array(11).fill(ISSUER)],
      },
    ],
  ] as const)(
    'assertions.audience %s accepts what it says and nothing else (S64)',
    async (audience, { ok, refused }) => {
      const { judged, signer, claims } = await setUp(undefined, { audience })
      const withAudience = async (aud: unknown) => judged(await signedAs({ ...claims(), aud }, signer.privateJwk))
      for (const aud of ok) expect(await withAudience(aud), String(aud)).toBe('ok')
      const others = [`${ISSUER}/revoke`, `${ISSUER}/token/`, `${ISSUER}/`, 'https://other.example/token', '', 5, null]
      for (const aud of [...refused, ...others, undefined, { 0: ISSUER, length: 1 }])
        expect(await withAudience(aud), String(aud)).toBe('assertion_aud')
    },
  )

  it('assertions.maxLifetimeSeconds is how far ahead an assertion may expire, and it is used once all that time (S64, S65)', async () => {
    const { judged, sign, clock, appgrant } = await setUp(undefined, { maxLifetimeSeconds: 3600 })
    const reasons: string[] = []
    appgrant.events.on('refused', ({ reason }) => reasons.push(reason))
    const now = clock() / SECOND
    const assertion = await sign({ claims: { exp: now + 3600 } })
    expect(await judged(assertion)).toBe('ok')
    expect(await judged(await sign({ claims: { exp: now + 3605.01 } }))).toBe('assertion_exp')
    for (const seconds of [3604, 2]) {
      clock.advance(seconds * SECOND)
      expect(await codeOf(appgrant.authorizer.authenticateApp({ assertion }))).toBe(REFUSED)
    }
    expect(reasons).toEqual(['assertion_exp', 'used_assertion', 'assertion_exp'])
  })

  it.each([
    [
      'aud',
      TOKEN_ENDPOINT,
      'the issuer as a single string (the option assertions.audience of the server accepts more)',
    ],
    [
      'exp',
      2e9 + 3600,
      'a time in the future, by at most 300 seconds (the option assertions.maxLifetimeSeconds of the server accepts more)',
    ],
    ['iss', 'x', 'the client_id'],
    ['iat', 9e9, 'absent, or a time that is not in the future'],
    ['nbf', 9e9, 'absent, or a time that is not in the future'],
    ['jti', '', 'a string of 1-128 characters'],
  ])(
    'the error says what is wrong with %s %j, but only to who signed the assertion with the app’s key',
    async (claim, value, must) => {
      const { appgrant, sign, clock, key } = await setUp()
      const said = { claims: { [claim]: value } }
      const messageOf = async (assertion: string) =>
        (await refusalOf(appgrant.authorizer.authenticateApp({ assertion, key }))).message
      expect(await messageOf(await sign(said))).toBe(`the ${claim} of the assertion must be ${must}`)
      const stranger = await appSigner()
      expect(await messageOf(await stranger.sign(key, clock(), said))).toBe('unknown app or wrong credentials')
    },
  )

  it('the error names no option that is as wide as it can be', async () => {
    const { appgrant, sign } = await setUp(undefined, { audience: 'list', maxLifetimeSeconds: 86_400 })
    for (const claims of [{ aud: 'x' }, { exp: 9e9 }]) {
      const assertion = await sign({ claims })
      expect((await refusalOf(appgrant.authorizer.authenticateApp({ assertion }))).message).not.toContain('option')
    }
  })

  it('the jti of an assertion is any text of up to 128 characters', async () => {
    const { judged, sign } = await setUp()
    for (const jti of ['x'.repeat(128), '\0', '../{a}:*', '__proto__', '€'.repeat(128)])
      expect(await judged(await sign({ claims: { jti } }))).toBe('ok')
  })

  it('only an app with keys can use assertions, not unknown, removed or public apps or those with a secret', async () => {
    const { judged, signer, clock, appgrant, registerKeyed, registerTrusted, key, observed } = await setUp()
    const { app: withSecret } = await registerTrusted()
    const { app: removed } = await registerKeyed({ jwks: [signer.jwk] })
    await appgrant.apps.remove(removed.key)
    const unknown = key.slice(0, 31) + (key.endsWith('a') ? 'b' : 'a')
    const reads: number[] = []
    for (const [of, reason] of [
      [withSecret.key, 'assertion_of_app_without_keys'],
      [removed.key, 'removed_app'],
      [unknown, 'unknown_app'],
    ] as const) {
      const before = observed.calls.get
      expect(await judged(await signer.sign(of, clock()))).toBe(reason)
      reads.push(observed.calls.get - before)
    }
    expect(reads).toEqual([1, 1, 1])
  })

  it('an app with keys authenticates by assertion only, not by a secret or its key alone (S26)', async () => {
    const { appgrant, key, registerTrusted } = await setUp()
    const { secret } = await registerTrusted()
    const reasons: string[] = []
    appgrant.events.on('refused', ({ reason }) => reasons.push(reason))
    for (const wrong of ['', secret, 'x'])
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key, secret: wrong }))).toBe(REFUSED)
    expect(await codeOf(appgrant.authorizer.revokeToken({ key, token: 'x' }))).toBe(REFUSED)
    expect(await codeOf(appgrant.authorizer.refresh({ key, refreshToken: 'x' }))).toBe(REFUSED)
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key } as never))).toBe('invalid_request')
    expect(reasons).toEqual([
      'missing_assertion',
      'secret_of_app_with_keys',
      'secret_of_app_with_keys',
      'missing_assertion',
      'missing_assertion',
    ])
  })

  it('an assertion must be a string and cannot come with a secret (S40)', async () => {
    const { appgrant, key, sign } = await setUp()
    const assertion = await sign()
    for (const hostile of [
      null,
      7,
      {},
      [],
      [assertion],
      { toString: () => assertion },
      Object(assertion),
      { $ne: null },
    ])
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key, assertion: hostile as string }))).toBe(
        'invalid_request',
      )
    for (const hostile of [null, 7, {}, [key], Object(key)])
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key: hostile as string, assertion }))).toBe(
        'invalid_request',
      )
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key, assertion, secret: 'x' } as never))).toBe(
      'invalid_request',
    )
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key, assertion }))).toBe('ok')
  })

  it('the state of the app refuses an assertion as it refuses a secret, and the assertion is used up', async () => {
    const { appgrant, key, sign, tree } = await setUp()
    const grant = async () => codeOf(appgrant.authorizer.clientCredentials({ assertion: await sign() }))
    await appgrant.apps.suspend(key)
    expect(await grant()).toBe('app_suspended')
    await appgrant.apps.resume(key)
    tree.set('org', { active: false })
    expect(await grant()).toBe('account_blocked')
    tree.set('org', { active: true })
    await appgrant.apps.setTrusted(key, false)
    expect(await grant()).toBe('app_not_trusted')
  })

  it('the use of an assertion is recorded durably, because losing the record would admit it again', async () => {
    const store = memoryStore()
    const durable: unknown[] = []
    const insert: typeof store.insert = (record, options) => {
      if (record.kind === 'u') durable.push(options?.durable)
      return store.insert(record, options)
    }
    const { registerKeyed, appgrant, clock } = createFixture({ ...store, insert }, { issuer: ISSUER })
    const signer = await appSigner()
    const { app } = await registerKeyed({ jwks: [signer.jwk] })
    await appgrant.authorizer.clientCredentials({ assertion: await signer.sign(app.key, clock()) })
    expect(durable).toEqual([true])
  })

  it('failed assertions count against an address, but a valid one is never refused for them (ERR-3)', async () => {
    const { appgrant, sign, clock, key } = await setUp()
    const stranger = await appSigner()
    const remoteAddress = '192.0.2.7'
    const from = (assertion: string) => codeOf(appgrant.authorizer.authenticateApp({ assertion, remoteAddress }))
    const answers = []
    for (let n = 0; n < 11; n++) answers.push(await from(await stranger.sign(key, clock())))
    expect(answers).toEqual([...Array(10).fill(REFUSED), 'too_many_failures'])
    expect(await from(await sign())).toBe('ok')
  })

  it('an assertion appears in no error, event or inspection (S51)', async () => {
    const { appgrant, sign, key } = await setUp()
    const shown: unknown[] = []
    appgrant.events.on('refused', (event) => shown.push(event))
    const assertion = await sign({ claims: { aud: 'x' } })
    shown.push(await refusalOf(appgrant.authorizer.clientCredentials({ assertion })))
    shown.push(await refusalOf(appgrant.authorizer.clientCredentials({ key: assertion, assertion: 'x' })))
    shown.push(await refusalOf(appgrant.authorizer.clientCredentials({ key, secret: assertion })))
    for (const value of shown)
      for (const text of assertion.split('.'))
        expect(inspect(value, { depth: 20, showHidden: true }) + JSON.stringify(value)).not.toContain(text)
  })
})

/** Signs what a signing library would refuse to. */
async function signedAs(claims: object, privateJwk: object): Promise<string> {
  const key = await crypto.subtle.importKey('jwk', privateJwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const input = `${part({ alg: 'ES256' })}.${part(claims)}`
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
