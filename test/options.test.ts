import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../adapters/memory/memory-store.ts'
import { mongoStore } from '../adapters/mongodb/mongo-store.ts'
import { redisStore } from '../adapters/redis/redis-store.ts'
import { sqliteStore } from '../adapters/sqlite/sqlite-store.ts'
import { type AppGrantOptions, createAppGrant } from '../src/index.ts'
import { LIMITS } from '../src/limits.ts'
import { manualClock } from '../src/testing/index.ts'
import { newKey } from './support/signing.ts'

const store = memoryStore()
const KEY = 'a key of client ids of 32 bytes, or of more'
const ANY_TYPE = [null, '', 'x', true, {}, [], () => 0, 5n, Symbol('s'), Number.NaN, 1.5, '7']
const create = (options: unknown) => createAppGrant(options as AppGrantOptions)
const errorOf = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return error
  }
}

/** Each option with values that it refuses, besides values of a wrong type. */
const REFUSED: Record<string, readonly unknown[]> = {
  store: [undefined, null, {}, 'redis://localhost', { get: () => {} }, { ...store, replace: undefined }],
  directory: [null, {}, 'x', { lineage: 'x' }, () => []],
  issuer: [
    '',
    'https://a.example/',
    'https://a.example?x',
    'https://a.example/x#',
    'http://a.example',
    'ftp://a.example',
    'https://A.example',
    'https://a.example:443',
    'https://u@a.example',
    'https://a.example/x/',
    'https://a.example/./x',
    5,
    {},
    null,
  ],
  tokenPrefix: ['', 'a', 'A1', '1a', 'a_b', 'abcdefghijk', 'ag\n', 5, {}, null],
  keyRing: [null, '', KEY, [], ['k'.repeat(31)], [KEY, KEY], [KEY, Buffer.from(KEY)], [5]],
  deviceGrant: [null, false, true, '', [], {}, { apps: true }, { apps: 'all' }],
  pushedRequests: [null, true, '', 'Required', 'require', {}],
  selfRegistration: [
    null,
    false,
    '',
    {},
    [],
    { keys: [KEY] },
    { scopes: [] },
    { keys: KEY, scopes: [] },
    { keys: [], scopes: [] },
    { keys: ['k'.repeat(31)], scopes: [] },
    { keys: ['k'.repeat(1025)], scopes: [] },
    { keys: [KEY, KEY], scopes: [] },
    { keys: [KEY, Buffer.from(KEY)], scopes: [] },
    { keys: Array.from({ length: 9 }, (_, at) => `${at}${KEY}`), scopes: [] },
    { keys: [5], scopes: [] },
    { keys: [KEY], scopes: 'read' },
    { keys: [KEY], scopes: ['not in the catalogue'] },
    { keys: [KEY], scopes: [], admit: true },
    ...[null, true, 'https://a.example/', {}].map((fetchDocument) => ({ keys: [KEY], scopes: [], fetchDocument })),
    ...[
      'all',
      ['loopback'],
      ['http://a.example/cb'],
      ['javascript:x'],
      ['https://a.example/#'],
      ['com.example.app'],
      [5],
    ].map((redirects) => ({ keys: [KEY], scopes: [], redirects })),
  ],
  redirects: [
    null,
    'all',
    { loopback: true },
    { loopback: 'private' },
    { schemes: 'com.example.app' },
    { schemes: ['javascript'] },
    { schemes: ['Com.example.app'] },
    { schemes: ['com.example.app:'] },
    { schemes: [5] },
    { schemes: Array(101).fill('com.example.app') },
  ],
  reservedNames: [
    null,
    'Platform Support',
    {},
    [5],
    [''],
    ['  '],
    ['a'.repeat(101)],
    ['a\u202eb'],
    ['Platform  Support', 'PLATFORM support'],
    Array.from({ length: 1001 }, (_, n) => `Name ${n}`),
  ],
  assertions: [
    null,
    'issuer',
    { audience: 'any' },
    { audience: ['issuer'] },
    { audience: null },
    { maxLifetimeSeconds: 59 },
    { maxLifetimeSeconds: 86_401 },
    { maxLifetimeSeconds: 60.5 },
    { maxLifetimeSeconds: '300' },
  ],
  claims: [{}, 'x', null],
  consent: ['skip', {}, null],
  rotateRefreshTokens: ['false', 0, {}, null],
  clock: [5, 'now', {}, null],
  appsPerOwner: [0, -1, 100_001, ...ANY_TYPE],
  maxStalenessMs: [-1, 300_001, 0.5, ...ANY_TYPE],
  timeoutMs: [9, 60_001, Number.POSITIVE_INFINITY, ...ANY_TYPE],
  lifetimes: [null, 5, 'x'],
  limits: [null, 5, 'x'],
  resources: [
    null,
    5,
    'https://a.example/',
    [],
    [5],
    ['x'],
    ['https://a.example/#x'],
    ['https://a.example/ b'],
    ['https://a.example/', 'https://a.example/'],
    [`https://a.example/${'x'.repeat(512)}`],
    Array.from({ length: 101 }, (_, n) => `https://a.example/${n}`),
  ],
}

const LIFETIMES: Record<string, readonly number[]> = {
  accessTokenSeconds: [0, 86_401],
  codeSeconds: [0, 601],
  refreshIdleSeconds: [0, 31_536_001],
  refreshAbsoluteSeconds: [0, 31_536_001],
  refreshGraceSeconds: [-1, 61],
}

describe('createAppGrant options', () => {
  it('no error and no inspection shows a key of client ids (S51)', () => {
    const given = { store, selfRegistration: { keys: [KEY], scopes: [] } }
    expect(inspect(create(given), { depth: 9, showHidden: true })).not.toContain(KEY)
    for (const wrong of [{ keys: [KEY, KEY] }, { keys: KEY }, { keys: { [KEY]: KEY } }])
      expect(inspect(errorOf(() => create({ store, selfRegistration: { ...wrong, scopes: [] } })))).not.toContain(KEY)
  })

  it('no error and no inspection shows a key of the ring (S51)', () => {
    const given = { store, issuer: 'https://a.example', keyRing: [KEY], deviceGrant: { apps: () => true } }
    expect(inspect(create(given), { depth: 9, showHidden: true })).not.toContain(KEY)
    for (const keyRing of [[KEY, KEY], KEY, { [KEY]: KEY }])
      expect(inspect(errorOf(() => create({ store, keyRing })))).not.toContain(KEY)
  })

  const SHORT = 'a short key'
  it.each<[string, object, string]>([
    [
      'a misspelt lifetime',
      { lifetimes: { accessTokenSecond: 3 } },
      'lifetimes.accessTokenSecond: unknown option, expected accessTokenSeconds',
    ],
    [
      'a short key',
      { keyRing: [KEY, SHORT] },
      'keyRing[1]: expected a key of 32–1024 bytes, as a string or a Uint8Array, received 11 bytes',
    ],
    [
      'a key that is none',
      { keyRing: [5] },
      'keyRing[0]: expected a key of 32–1024 bytes, as a string or a Uint8Array, received a number',
    ],
    [
      'the same key again',
      { keyRing: [KEY, `${KEY}2`, KEY] },
      'keyRing[2]: expected a key of its own, received the same as keyRing[0]',
    ],
    [
      'no key',
      { keyRing: [] },
      'keyRing: expected an array of 1–8 keys of 32–1024 bytes, as a string or a Uint8Array, received an empty array',
    ],
    [
      'a short key for nonces',
      { issuer: 'https://a.example', dpop: { nonceKeys: [SHORT] } },
      'dpop.nonceKeys[0]: expected a key of 32–1024 bytes, as a string or a Uint8Array, received 11 bytes',
    ],
    [
      'a resource that is no URI',
      { resources: ['https://a.example', 'api'] },
      'resources[1]: expected an absolute URI without fragment, such as https://api.example, of at most 512 characters, received "api"',
    ],
    [
      'the same resource again',
      { resources: ['https://a.example', 'https://a.example'] },
      'resources[1]: expected another URI than resources[0], received "https://a.example"',
    ],
    ['no resource', { resources: [] }, 'resources: expected an array of 1–100 URIs, received an empty array'],
    [
      'an unknown scope of programs',
      { scopes: { a: 'A' }, selfRegistration: { keys: [KEY], scopes: ['a', 'b'] } },
      'selfRegistration.scopes[1]: expected a scope that the option scopes describes, received "b"',
    ],
  ])('an error for %s names the entry, and no key (ERR-2)', (_, options, message) => {
    expect(() => create({ store, ...options })).toThrow(new TypeError(`createAppGrant: ${message}`))
  })

  it.each([{ deviceGrant: { apps: () => true } }, { pushedRequests: 'accepted' }])(
    'what is sealed needs keys and an issuer (%o)',
    (option) => {
      const issuer = 'https://a.example'
      expect(() => create({ store, issuer, ...option })).toThrow(/^createAppGrant: keyRing: expected keys, because /)
      expect(() => create({ store, keyRing: [KEY], ...option })).toThrow(/^createAppGrant: issuer: expected /)
      expect(() => create({ store, issuer, keyRing: [KEY], ...option })).not.toThrow()
    },
  )

  for (const [name, [byDefault, min, max]] of Object.entries(LIMITS)) {
    it(`limits.${name} is an integer from ${min} to ${max}, by default ${byDefault} (APP-14)`, () => {
      expect(byDefault).toBeGreaterThanOrEqual(min)
      for (const value of [min, max]) expect(() => create({ store, limits: { [name]: value } })).not.toThrow()
      for (const value of [min - 1, max + 1, ...ANY_TYPE])
        expect(() => create({ store, limits: { [name]: value } })).toThrow(
          new RegExp(`^createAppGrant: limits\\.${name}: expected `),
        )
    })
  }

  it('createAppGrant needs only a store and accepts all options together', () => {
    const directory = { lineage: async () => [] }
    const lifetimes = {
      accessTokenSeconds: 1,
      codeSeconds: 600,
      refreshIdleSeconds: 1,
      refreshAbsoluteSeconds: 1,
      refreshGraceSeconds: 0,
    }
    expect(() => create({ store })).not.toThrow()
    expect(() =>
      create({
        store,
        directory,
        issuer: 'https://a.example/x',
        resources: ['https://a.example/x', 'urn:example:calls', 'https://b.example/?x=y'],
        signing: { current: newKey() },
        revocationFeed: true,
        tokenPrefix: 'voip',
        appsPerOwner: 1,
        lifetimes,
        redirects: { loopback: 'all', schemes: ['com.example.app'] },
        reservedNames: ['Platform Support', '公式サポート'],
        selfRegistration: {
          keys: [KEY, new Uint8Array(32)],
          scopes: [],
          redirects: ['https://a.example/cb', 'com.example.app:/cb'],
          admit: () => true,
          fetchDocument: async () => ({ status: 404, headers: new Headers(), body: new Uint8Array() }),
        },
        keyRing: [KEY, new Uint8Array(32)],
        deviceGrant: { apps: () => false },
        pushedRequests: 'required',
        claims: () => ({}),
        consent: () => 'ask',
        rotateRefreshTokens: () => true,
        timeoutMs: 10,
        clock: () => 0,
      }),
    ).not.toThrow()
    for (const issuer of [
      'https://a.example',
      'https://a.example:8443/x',
      'http://localhost:3000',
      'http://[::1]:1',
      'http://127.0.0.1',
    ])
      expect(create({ store, issuer }).issuer).toBe(issuer)
  })

  it('a revocation feed needs signed tokens, and is on or off', () => {
    const signed = { store, issuer: 'https://a.example', signing: { current: newKey() } }
    expect(() => create({ store, revocationFeed: true })).toThrow(/^createAppGrant: revocationFeed: expected .+signing/)
    expect(() => create({ ...signed, revocationFeed: 'on' })).toThrow(/^createAppGrant: revocationFeed: expected true/)
    expect(create(signed).revocationFeed).toBeUndefined()
    expect(create({ ...signed, revocationFeed: true }).revocationFeed).toBeDefined()
  })

  it('signing without an issuer, or with keys that cannot sign, is refused', () => {
    const signing = { current: newKey() }
    expect(() => create({ store, signing })).toThrow(/^createAppGrant: issuer: expected .+signed tokens/)
    for (const wrong of [null, 5, 'x', {}, { current: {} }, { next: newKey() }, { ...signing, previous: 5 }])
      expect(() => create({ store, issuer: 'https://a.example', signing: wrong })).toThrow(
        /^createAppGrant: signing.*: expected /,
      )
    expect(typeof create({ store, issuer: 'https://a.example', signing }).jwks).toBe('function')
    expect(create({ store, issuer: 'https://a.example' }).jwks).toBeUndefined()
  })

  it('options that are not an object are refused with the name of what is missing', () => {
    for (const options of [undefined, null, 5, 'x'])
      expect(() => create(options)).toThrow(/createAppGrant: options: expected .*store/)
  })

  for (const [name, values] of Object.entries(REFUSED)) {
    it(`a wrong ${name} is a TypeError with its name, what was expected and what was received`, () => {
      for (const [at, value] of values.entries()) {
        const text = expect(() => create({ store, [name]: value }), `value ${at} of ${name}`)
        text.toThrow(TypeError)
        expect(() => create({ store, [name]: value })).toThrow(
          new RegExp(`^createAppGrant: ${name}[.\\w[\\]]*: expected .+, received `),
        )
      }
    })
  }

  it('no TypeError about an option shows the credentials of a URL or the content of an object (ERR-8)', () => {
    const secret = 'hunter2'
    const url = `https://admin:${secret}@h.example/`
    const options = [
      ...[url, `https://h.example?password=${secret}`, { url }].map((issuer) => ({ store, issuer })),
      ...[[url, url], { url }].map((resources) => ({ store, resources })),
      ...[url, { secret }].map((tokenPrefix) => ({ store, tokenPrefix })),
      ...[url, { secret }].map((timeoutMs) => ({ store, timeoutMs })),
      ...[url, { secret }].map((given) => ({ store: given })),
    ]
    for (const given of options) {
      const error = errorOf(() => create(given))
      expect(error).toBeInstanceOf(TypeError)
      expect(inspect(error, { depth: 12, showHidden: true })).not.toContain(secret)
    }
    expect(errorOf(() => create({ store, issuer: url }))).toMatchObject({
      message: expect.stringContaining('received "https://…@h.example/"'),
    })
  })

  it.each<readonly [string, () => unknown]>([
    ['redisStore: namespace', () => redisStore({ client: { duplicate() {} }, namespace: 'redis://:hunter2@h' })],
    ['redisStore: client', () => redisStore({ client: { password: 'hunter2' } as never })],
    [
      'redisStore: durability',
      () =>
        redisStore({ client: { duplicate() {} }, durability: { replicas: 'x://:hunter2@h' as never, timeoutMs: 1 } }),
    ],
    ['sqliteStore: file', () => sqliteStore({ path: 'x', password: 'hunter2' })],
    ['mongoStore: db', () => mongoStore({ db: { password: 'hunter2' } as never })],
  ])('the TypeError about %s shows no secret (ERR-8)', (_, open) => {
    const error = errorOf(open)
    expect(error).toBeInstanceOf(TypeError)
    expect(inspect(error, { depth: 12, showHidden: true })).not.toContain('hunter2')
  })

  for (const [name, values] of Object.entries(LIFETIMES)) {
    it(`a wrong lifetimes.${name} is a TypeError with its name`, () => {
      for (const [at, value] of [...values, ...ANY_TYPE].entries()) {
        const make = () => create({ store, lifetimes: { [name]: value } })
        expect(make, `value ${at}`).toThrow(TypeError)
        expect(make).toThrow(new RegExp(`createAppGrant: lifetimes\\.${name}: expected an integer`))
      }
    })
  }

  it('lifetimes that outlive each other are refused (TOK-2)', () => {
    expect(() => create({ store, lifetimes: { accessTokenSeconds: 100, refreshIdleSeconds: 99 } })).toThrow(
      /accessTokenSeconds ≤/,
    )
    expect(() =>
      create({ store, lifetimes: { refreshIdleSeconds: 100, refreshAbsoluteSeconds: 99, accessTokenSeconds: 1 } }),
    ).toThrow(/≤ refreshAbsoluteSeconds/)
    expect(() =>
      create({ store, lifetimes: { refreshIdleSeconds: 31_536_000, refreshAbsoluteSeconds: 'never' } }),
    ).not.toThrow()
  })

  it('options are read once: a later change has no effect, and the given object is not changed', async () => {
    const clock = manualClock()
    const options = { store, clock, tokenPrefix: 'aa', lifetimes: Object.freeze({ accessTokenSeconds: 5 }) }
    const appgrant = create(options)
    options.tokenPrefix = 'bb'
    const { app, secret } = await appgrant.apps.register({
      owner: 'o',
      name: 'n',
      homepage: 'https://a.example/',
      adminEmail: 'a@a.example',
      trusted: true,
    })
    expect(await appgrant.authorizer.clientCredentials({ key: app.key, secret })).toMatchObject({
      accessToken: expect.stringMatching(/^aa_/),
      expiresInSeconds: 5,
    })
  })
})
