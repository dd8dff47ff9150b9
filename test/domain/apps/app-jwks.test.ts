import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { inspect } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { PublicJwk } from '../../../src/domain/apps/app-jwks.ts'
import { isAppGrantError } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { appSigner } from '../../support/app-signer.ts'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { ISSUER } from '../../support/session-fixture.ts'

const publicJwk = (...of: Parameters<typeof generateKeyPairSync>): JsonWebKey =>
  (generateKeyPairSync(...of).publicKey as unknown as { export(as: object): JsonWebKey }).export({ format: 'jwk' })
const EC = publicJwk('ec' as never, { namedCurve: 'P-256' } as never)
const OKP = publicJwk('ed25519' as never)
const RSA = publicJwk('rsa' as never, { modulusLength: 2048 } as never)
const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })

/** The encodings of the points of Ed25519 whose order divides 8, and those with a coordinate beyond the prime. */
const LOW_ORDER = ['', '80'].flatMap((sign) =>
  [
    `00${'00'.repeat(30)}`,
    `01${'00'.repeat(30)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03',
    `ec${'ff'.repeat(30)}`,
    `ed${'ff'.repeat(30)}`,
    `ee${'ff'.repeat(30)}`,
  ].map((rest) => {
    const top = rest.startsWith('26') ? 0x05 : rest.startsWith('c7') ? 0x7a : rest.startsWith('0') ? 0 : 0x7f
    return rest + (top | Number(`0x${sign || '0'}`)).toString(16).padStart(2, '0')
  }),
)

const setUp = () => createFixture(memoryStore(), { issuer: ISSUER })
type Fixture = ReturnType<typeof setUp>

/** The errors of the keys, the same at registration and at replacement; nothing is stored. */
async function wrongWith(jwks: unknown, fixture: Fixture = setUp()): Promise<readonly string[]> {
  const { app } = await fixture.registerTrusted()
  const writes = fixture.observed.writes()
  const calls = [
    () => fixture.registerKeyed({ jwks: jwks as PublicJwk[] }),
    () => fixture.appgrant.apps.replaceJwks(app.key, jwks as PublicJwk[]),
  ]
  const told = []
  for (const call of calls) {
    const error: unknown = await call().catch((one: unknown) => one)
    if (!isAppGrantError(error, 'invalid_fields'))
      throw new Error(`expected invalid_fields, received ${inspect(error)}`)
    for (const { expected, received } of error.details.fields) expect(expected.length * received.length).not.toBe(0)
    told.push(error.details.fields.map(({ field, code }) => `${field}: ${code}`))
  }
  expect(fixture.observed.writes()).toBe(writes)
  expect(told[0]).toEqual(told[1])
  return told[0] ?? []
}

describe('app keys', () => {
  it('only the necessary members of a key are stored and returned', async () => {
    const { registerKeyed, appgrant, observed } = setUp()
    const given = [
      { ...EC, kid: 'mine', use: 'sig', key_ops: ['verify'], alg: 'ES256', x5u: 'https://evil.example/', more: 1 },
      { ...OKP, alg: 'Ed25519' },
      { ...RSA, alg: 'PS256', kid: 'Schlüssel'.slice(0, 4) },
    ]
    const { app, secret } = await registerKeyed({ jwks: given as PublicJwk[] })
    expect(secret).toBeUndefined()
    const jwks = [
      { kty: 'EC', crv: 'P-256', x: EC.x, y: EC.y, kid: 'mine' },
      { kty: 'OKP', crv: 'Ed25519', x: OKP.x, kid: await calculateJwkThumbprint(OKP as never) },
      { kty: 'RSA', n: RSA.n, e: 'AQAB', alg: 'PS256', kid: 'Schl' },
    ]
    expect(app).toMatchObject({ secrets: [], jwks })
    expect(app.jwks).toEqual(jwks)
    expect((await appgrant.apps.get(app.key))?.jwks).toEqual(jwks)
    expect(JSON.stringify(observed.written)).not.toContain('evil')
  })

  it.each([
    ['an EC key with d', { ...EC, d: 'c2VjcmV0' }, 'd'],
    ['an Ed25519 key with d', { ...OKP, d: 'c2VjcmV0' }, 'd'],
    ['a whole RSA private key', privateKey, 'd'],
    ['an RSA key with a factor', { ...RSA, p: privateKey.p }, 'p'],
    ['an RSA key with an exponent', { ...RSA, dq: privateKey.dq }, 'dq'],
    ['an RSA key with other factors', { ...RSA, oth: [{ d: 'c2VjcmV0' }] }, 'oth'],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }, 'k'],
    ['an EC key with an empty d', { ...EC, d: '' }, 'd'],
    ['an EC key with null for d', { ...EC, d: null }, 'd'],
  ])('%s is refused, and its private part appears nowhere (S68)', async (_, key, member) => {
    const fixture = setUp()
    expect(await wrongWith([EC, key], fixture)).toEqual([`jwks[1].${member}: private_key`])
    const error: unknown = await fixture.registerKeyed({ jwks: [key as PublicJwk] }).catch((one: unknown) => one)
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
      for (const value of [(key as Record<string, unknown>)[name]])
        if (typeof value === 'string' && value !== '') expect(inspect(error, { depth: 10 })).not.toContain(value)
  })

  it.each([
    ['of another curve', publicJwk('ec' as never, { namedCurve: 'P-384' } as never)],
    ['of secp256k1', publicJwk('ec' as never, { namedCurve: 'secp256k1' } as never)],
    ['of X25519', publicJwk('x25519' as never)],
    ['of Ed448', publicJwk('ed448' as never)],
    ['of RSA-1024', publicJwk('rsa' as never, { modulusLength: 1024 } as never)],
    [
      'of RSA-1024 that looks longer',
      { ...RSA, n: `${'A'.repeat(171)}${publicJwk('rsa' as never, { modulusLength: 1024 } as never).n}` },
    ],
    ['of RSA with an even modulus', { ...RSA, n: `${RSA.n?.slice(0, -2)}AA` }],
    ...LOW_ORDER.map((hex): [string, object] => [
      `of low order, ${hex.slice(0, 4)}…${hex.slice(-2)}`,
      { ...OKP, x: Buffer.from(hex, 'hex').toString('base64url') },
    ]),
    ['of RSA with a small exponent', { ...RSA, e: 'Aw' }],
    ['of RSA with the exponent 1', { ...RSA, e: 'AQ' }],
    ['of too long an RSA modulus', { ...RSA, n: 'x'.repeat(684) }],
    ['of a point off the curve', { ...EC, x: `${EC.x?.startsWith('A') ? 'B' : 'A'}${EC.x?.slice(1)}` }],
    ['of a short coordinate', { ...EC, x: EC.x?.slice(1) }],
    ['without a coordinate', { kty: 'EC', crv: 'P-256', x: EC.x }],
    ['of no type', { ...EC, kty: undefined }],
    ['of an unknown type', { ...EC, kty: 'AKP' }],
    ['of an inherited type', { ...EC, kty: 'constructor' }],
    ['for encryption', { ...EC, use: 'enc' }],
    ['for other operations', { ...EC, key_ops: ['deriveKey'] }],
    ['with operations that are not a list', { ...EC, key_ops: 'verify' }],
    ['for another algorithm', { ...EC, alg: 'ES384' }],
    ['for an algorithm of another type', { ...EC, alg: 'RS256' }],
    ['for a symmetric algorithm', { ...RSA, alg: 'HS256' }],
    ['for an algorithm that is not a string', { ...EC, alg: ['ES256'] }],
    ['that is empty', {}],
    ['with a coordinate of another type', { ...EC, x: [EC.x] }],
    ['with inherited members', Object.create(EC)],
  ])('an app key %s is refused (S68)', async (_, key) => {
    expect(await wrongWith([key])).toEqual(['jwks[0]: not_a_public_key'])
  })

  it('app keys need distinct kids of printable ASCII (S68)', async () => {
    const other = publicJwk('ec' as never, { namedCurve: 'P-256' } as never)
    expect(
      await wrongWith([
        { ...EC, kid: 'a' },
        { ...other, kid: 'a' },
      ]),
    ).toEqual(['jwks[1].kid: duplicate'])
    expect(await wrongWith([EC, other, EC])).toEqual(['jwks[2].kid: duplicate'])
    for (const kid of ['', 'x'.repeat(129), 'a\nb', 'ü', '\0', 7, null, ['a'], {}])
      expect(await wrongWith([{ ...EC, kid }])).toEqual(['jwks[0].kid: not_a_key_id'])
  })

  it.each([
    [[], 'required'],
    [{ keys: [EC] }, 'wrong_type'],
    [JSON.stringify([EC]), 'wrong_type'],
    [null, 'wrong_type'],
    [7, 'wrong_type'],
    [Array.from({ length: 11 }, (_, at) => ({ ...EC, kid: String(at) })), 'too_many'],
    [Object.assign([], { length: 4_000_000_000 }), 'too_many'],
  ])('app keys are a list of 1 to 10 keys: case %# is refused', async (jwks, code) => {
    expect(await wrongWith(jwks)).toEqual([`jwks: ${code}`])
  })

  it('ten app keys are accepted, and all errors in them are reported together', async () => {
    const { registerKeyed } = setUp()
    const ten = Array.from({ length: 10 }, (_, at) => ({ ...EC, kid: String(at) }))
    expect((await registerKeyed({ jwks: ten as PublicJwk[] })).app.jwks).toHaveLength(10)
    const hostile = Object.defineProperty({ ...EC }, 'x', {
      get: () => {
        throw new Error('mine')
      },
      enumerable: true,
    })
    expect(await wrongWith([EC, null, 'x', [], hostile, { ...OKP, d: 'x' }])).toEqual([
      'jwks[1]: wrong_type',
      'jwks[2]: wrong_type',
      'jwks[3]: wrong_type',
      'jwks[4]: not_a_public_key',
      'jwks[5].d: private_key',
    ])
  })

  it('errors in app keys are reported together with every other wrong field (APP-5)', async () => {
    const { appgrant } = setUp()
    const wrong = exampleApp({ owner: 'org', name: '', jwks: [{ ...EC, d: 'x' } as PublicJwk] })
    await expect(appgrant.apps.register(wrong)).rejects.toMatchObject({
      details: {
        fields: [
          { field: 'jwks[0].d', code: 'private_key' },
          { field: 'name', code: 'required' },
        ],
      },
    })
  })

  it('keys are refused for public apps, without an issuer, and as a URL (S09)', async () => {
    const { appgrant, registerKeyed, registerTrusted } = setUp()
    const codes = async (call: Promise<unknown>) => {
      const error: unknown = await call.catch((one: unknown) => one)
      if (!isAppGrantError(error, 'invalid_fields')) throw error
      return error.details.fields.map(({ field, code }) => `${field}: ${code}`)
    }
    const jwks = [EC as PublicJwk]
    expect(await codes(appgrant.apps.register(exampleApp({ owner: 'org', public: true, jwks })))).toEqual([
      'jwks: public_app_jwks',
    ])
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org', public: true }))
    expect(await codeOf(appgrant.apps.replaceJwks(app.key, jwks))).toBe('invalid_request')
    const url = { jwks_uri: 'https://evil.example/jwks.json' } as object
    expect(await codes(registerTrusted(url))).toEqual(['jwks_uri: unknown_field'])
    expect(await codes(registerKeyed({ ...url, jwks }))).toEqual(['jwks_uri: unknown_field'])
    const alone = createFixture(memoryStore())
    expect(await codes(alone.registerKeyed({ jwks }))).toEqual(['jwks: issuer_required'])
    const { app: other } = await alone.registerTrusted()
    expect(await codes(alone.appgrant.apps.replaceJwks(other.key, jwks))).toEqual(['jwks: issuer_required'])
  })
})

describe('replaceJwks', () => {
  it('replaceJwks replaces all credentials, returns the app and emits one event (ACC-5)', async () => {
    const { appgrant, registerTrusted } = setUp()
    const { app } = await registerTrusted()
    await appgrant.apps.addSecret(app.key)
    const events: unknown[] = []
    appgrant.events.on('app', ({ at: _, ...event }) => events.push(event))
    const changed = await appgrant.as('org', { login: 'maria' }).apps.replaceJwks(app.key, [OKP as PublicJwk])
    expect(changed).toMatchObject({ key: app.key, secrets: [], jwks: [{ kty: 'OKP', x: OKP.x }] })
    expect(events).toEqual([{ change: 'jwks_replaced', app: app.key, by: { account: 'org', login: 'maria' } }])
    const { app: back } = await appgrant.apps.regenerateSecret(app.key)
    expect(back).toMatchObject({ jwks: [] })
    expect(back.secrets).toHaveLength(1)
  })

  it('replaceJwks is for the owner and accounts above; for others the app does not exist (LST-4)', async () => {
    const { appgrant, registerTrusted } = setUp()
    const { app } = await registerTrusted()
    const jwks = [EC as PublicJwk]
    for (const account of ['user', 'other-org', 'other-provider'])
      expect(await codeOf(appgrant.as(account).apps.replaceJwks(app.key, jwks))).toBe('app_not_found')
    for (const account of ['org', 'provider', 'root'])
      expect(await codeOf(appgrant.as(account).apps.replaceJwks(app.key, jwks))).toBe('ok')
    for (const key of ['', 'x', 'x'.repeat(32)])
      expect(await codeOf(appgrant.apps.replaceJwks(key, jwks))).toBe('app_not_found')
    expect(await codeOf(appgrant.apps.replaceJwks(7 as never, jwks))).toBe('invalid_request')
  })

  it("replaceJwks stamps the app with the owner's current epoch (ACC-7)", async () => {
    const { appgrant, registerTrusted, tree, clock } = setUp()
    const { app } = await registerTrusted()
    tree.set('org', { epoch: 'second' })
    const signer = await appSigner()
    const grant = async () =>
      codeOf(appgrant.authorizer.clientCredentials({ assertion: await signer.sign(app.key, clock()) }))
    expect(await codeOf(appgrant.as('org').apps.replaceJwks(app.key, [signer.jwk]))).toBe('app_not_found')
    await appgrant.as('provider').apps.replaceJwks(app.key, [signer.jwk])
    expect(await grant()).toBe('ok')
    tree.set('org', { epoch: 'third' })
    expect(await grant()).toBe('account_blocked')
  })

  it('an app with keys cannot have a secret as well', async () => {
    const { appgrant, registerTrusted } = setUp()
    const { app, secret } = await registerTrusted()
    const [id = ''] = app.secrets.map((one) => one.id)
    await appgrant.apps.replaceJwks(app.key, [EC as PublicJwk])
    await expect(appgrant.apps.addSecret(app.key)).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'the app authenticates with public keys',
    })
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret }))).toBe(
      'app_authentication_failed',
    )
    // It was removed already.
    expect(await codeOf(appgrant.apps.removeSecret({ app: app.key, secretId: id }))).toBe('ok')
  })

  it('an update does not change keys', async () => {
    const { appgrant, registerKeyed } = setUp()
    const { app } = await registerKeyed({ jwks: [EC as PublicJwk] })
    expect(await codeOf(appgrant.apps.update(app.key, { name: 'Another', jwks: [OKP] } as object))).toBe(
      'invalid_fields',
    )
    expect(await appgrant.apps.get(app.key)).toEqual(app)
  })
})
