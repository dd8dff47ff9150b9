import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type ErrorCode, isAppGrantError } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { appSigner } from '../../support/app-signer.ts'
import { DEVICES } from '../../support/devices.ts'
import { createFixture } from '../../support/fixture.ts'
import { hostileValues, spoil } from '../../support/hostile-values.ts'

const SEED = 4_045
const INPUTS = 10_000
const VERIFIER = 'v'.repeat(43)
/** None of these is the caller's fault, so no input may lead there. */
const OUTAGES: readonly ErrorCode[] = ['store_unavailable', 'outcome_unknown', 'directory_unavailable', 'conflict']

async function setUp() {
  const fixture = createFixture(memoryStore(), {
    issuer: 'https://auth.example',
    ...DEVICES,
    pushedRequests: 'accepted',
    dpop: {},
  })
  const { jwk } = await appSigner()
  const { app, secret } = await fixture.registerTrusted()
  const { accessToken: token, tokenId } = await fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const change = {
    name: 'Other',
    homepage: 'https://b.example/',
    redirectUrls: ['https://b.example/cb'],
    scopes: ['read'],
  }
  const of = { app: app.key, account: 'org', limit: 5 }
  const credentials = { key: app.key, secret, userAgent: 'x', remoteAddress: '192.0.2.1' }
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: app.key,
    redirect_uri: 'https://app.example/callback',
    code_challenge: VERIFIER,
    code_challenge_method: 'S256',
  })
  /** For each method valid arguments, at least one of which is spoilt. */
  const right: Record<string, Record<string, readonly unknown[]>> = {
    apps: {
      register: [
        {
          ...exampleApp({ owner: 'org', trusted: true, public: false }),
          description: 'x',
          image: 'https://b.example/i.png',
          adminPhone: '+12025550123',
          scopes: ['read'],
          apiType: 'unified',
          jwks: [jwk],
          once: 'o'.repeat(16),
        },
      ],
      get: [app.key],
      list: [
        {
          owner: 'org',
          order: 'newest',
          name: 'x',
          suspended: true,
          trusted: true,
          apiType: 'x',
          limit: 5,
          cursor: 'x',
        },
      ],
      update: [app.key, change, { expected: { name: 'Other', scopes: ['read'] } }],
      setTrusted: [app.key, true],
      setPublished: [app.key, true],
      setResourceServer: [app.key, 'https://auth.example'],
      setLifetimes: [app.key, { accessTokenSeconds: 60 }],
      suspend: [app.key],
      resume: [app.key],
      regenerateSecret: [app.key, { replaces: app.secrets[0]?.id }],
      replaceJwks: [app.key, [jwk]],
      addSecret: [app.key],
      removeSecret: [{ app: app.key, secretId: app.secrets[0]?.id }],
      revokeTokens: [app.key],
      remove: [app.key],
      export: [{ digests: true }],
      import: [
        [{ ...exampleApp({ owner: 'org' }), key: 'k', legacySecret: [{ scheme: 'sha256-hex', text: 'a'.repeat(64) }] }],
        { dryRun: true, drop: ['scopes'] },
      ],
    },
    tokens: {
      list: [{ ...of, cursor: 'x' }],
      count: [of],
      remove: [{ ...of, ids: [tokenId] }],
      removeAll: [of],
    },
    authorizer: {
      verify: [token],
      tryVerify: [token],
      clientCredentials: [{ ...credentials, scope: ['read'], dpopProof: 'x.y.z' }],
      revokeToken: [{ ...credentials, token }],
      reportLeak: [{ token, key: app.key, url: 'https://git.example/x', userAgent: 'x', remoteAddress: '192.0.2.1' }],
      authenticateApp: [credentials],
      checkAuthorization: [request],
      beginAuthorization: [request, { account: 'user', login: 'x' }],
      approve: [{ ticket: 'x', account: 'user', login: 'x', scope: ['read'] }],
      beginRegistration: [request, { account: 'user', login: 'x' }],
      approveRegistration: [{ ticket: 'x', account: 'user', login: 'x', grant: true, scope: ['read'] }],
      denyRegistration: [{ ticket: 'x', account: 'user', login: 'x' }],
      exchangeRegistration: [{ code: 'x', codeVerifier: 'x', redirectUrl: 'x' }],
      deny: [{ ticket: 'x', account: 'user', login: 'x' }],
      exchangeCode: [
        { ...credentials, code: 'x', codeVerifier: VERIFIER, redirectUrl: 'https://app.example/callback' },
      ],
      refresh: [{ ...credentials, secret: undefined, assertion: 'x.y.z', refreshToken: 'x', scope: ['read'] }],
    },
    devices: {
      authorize: [{ ...credentials, scope: ['read'], resources: ['x'] }],
      beginEntry: [{ account: 'user', login: 'x' }],
      enterUserCode: [{ ticket: 'x', userCode: 'WDJB-MJHT', account: 'user', login: 'x' }],
      ask: [{ userCode: 'WDJB-MJHT', account: 'user', login: 'x', authenticatedAt: new Date(), acr: 'x' }],
      approve: [{ ticket: 'x', account: 'user', login: 'x', scope: ['read'] }],
      deny: [{ ticket: 'x', account: 'user', login: 'x' }],
      exchange: [{ ...credentials, deviceCode: 'x', resources: ['x'] }],
    },
    pushedRequests: { push: [request, { ...credentials, dpopProof: 'x.y.z' }] },
    installs: {
      get: [{ app: app.key, account: 'org' }],
      list: [{ account: 'org', name: 'x', counts: true, limit: 5, cursor: 'x' }],
      listByApp: [{ app: app.key, limit: 5, cursor: 'x' }],
      count: [{ app: app.key }],
      withdraw: [{ app: app.key, account: 'org' }],
    },
  }
  return { ...fixture, right, app, secret, token }
}

describe('hostile input to public methods', () => {
  afterEach(() => vi.useRealTimers())

  const parts = ['apps', 'tokens', 'installs', 'authorizer', 'devices', 'pushedRequests'] as const

  it('hostile input is tried on every public method (ERR-4)', async () => {
    const { appgrant, right } = await setUp()
    for (const part of parts) {
      const methods = Object.entries(appgrant[part] ?? {}).filter(([, member]) => typeof member === 'function')
      expect(Object.keys(right[part] ?? {}).sort()).toEqual(methods.map(([name]) => name).sort())
    }
  })

  for (const part of parts) {
    it(`${part}: ${INPUTS} hostile inputs for each method (seed ${SEED}) cause no untyped error and store nothing (ERR-4)`, async () => {
      // What earlier calls left to do in the background is not done meanwhile.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { appgrant, observed, right } = await setUp()
      const stored = () => new Map(observed.written.map((record) => [`${record.kind} ${record.id}`, record.data]))
      for (const [method, args] of Object.entries(right[part] ?? {})) {
        const hostile = hostileValues(SEED)
        const api = appgrant[part] as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>
        for (let n = 0; n < INPUTS; n++) {
          const spoilt = hostile.pick(args.map((_, at) => at))
          const given = args.map((arg, at) => (at === spoilt ? spoilArgument(arg) : arg))
          const before = observed.written.length
          try {
            await api[method]?.(...given)
          } catch (error) {
            const input = () =>
              `seed ${SEED}, input ${n} of ${method}: ${inspect(given, { depth: 4, maxStringLength: 200 })}`
            if (!isAppGrantError(error)) throw new Error(`${input()} ended with ${inspect(error)}`)
            const isOutage = OUTAGES.includes(error.code) && !('changed' in error.details)
            expect(isOutage, `${input()} ended with ${error.code}`).toBe(false)
            if (observed.written.length > before) {
              const earlier = new Map(
                observed.written.slice(0, before).map((record) => [`${record.kind} ${record.id}`, record.data]),
              )
              expect(stored(), input()).toEqual(earlier)
            }
          }
        }

        function spoilArgument(arg: unknown): unknown {
          return typeof arg === 'object' && arg !== null && hostile.chance(0.8)
            ? spoilObject(arg, hostile)
            : hostile.value()
        }
      }
    })
  }

  it(`as() and asHost() accept ids or throw TypeError for ${INPUTS} hostile inputs (seed ${SEED})`, async () => {
    const { appgrant } = await setUp()
    const hostile = hostileValues(SEED)
    const calls = [
      () => appgrant.as(hostile.value() as string),
      () => appgrant.as('org', spoil({ login: 'x' }, hostile)),
      () => appgrant.asHost(spoil({ login: 'x' }, hostile) as { login: string }),
      () => appgrant.asHost(hostile.value() as { login: string }),
    ]
    for (let n = 0; n < INPUTS; n++) {
      try {
        calls[n % calls.length]?.()
      } catch (error) {
        expect(error, `seed ${SEED}, input ${n}`).toBeInstanceOf(TypeError)
      }
    }
    for (const nobody of [undefined, null, '', 5, {}, [], '\0', 'a'.repeat(257), '\ud800'])
      expect(() => appgrant.as(nobody as never)).toThrow(/^as: account: expected an account id/)
    expect(() => appgrant.asHost({ login: '' })).toThrow(/^asHost: login/)
    expect(() => appgrant.as('org', { login: '' })).toThrow(/^as: login/)
  })

  it('a field whose getter throws is a wrong type, and nothing is stored (ERR-4)', async () => {
    const { appgrant, observed, app } = await setUp()
    const before = observed.written.length
    const fields = [
      'name',
      'homepage',
      'adminEmail',
      'description',
      'redirectUrls',
      'scopes',
      'trusted',
      'apiType',
      'jwks',
    ]
    for (const field of fields) {
      const get = () => {
        throw new Error('mine')
      }
      const { owner, ...rest } = exampleApp({ owner: 'org' })
      const change = Object.defineProperty({ ...rest }, field, { get, enumerable: true })
      const refused = { code: 'invalid_fields', details: { fields: [{ field, code: 'wrong_type' }] } }
      await expect(
        appgrant.apps.register(Object.defineProperty({ owner, ...rest }, field, { get, enumerable: true })),
      ).rejects.toMatchObject(refused)
      if (!['trusted', 'jwks'].includes(field))
        await expect(appgrant.apps.update(app.key, change)).rejects.toMatchObject(refused)
    }
    expect(observed.written).toHaveLength(before)
  })

  it('hostile ids are refused before the store or the directory is asked (S40, S45)', async () => {
    const { appgrant, observed, tree, app, token } = await setUp()
    const before = { ...observed.calls }
    const questions = tree.questions
    const wrong = [{ $ne: null }, { $gt: '' }, ['x'], 5, Object('x'), { toString: () => app.key }, 'a'.repeat(100_000)]
    for (const value of wrong) {
      const bad = value as string
      await appgrant.apps.get(bad).catch(() => {})
      await appgrant.apps.suspend(bad).catch(() => {})
      await appgrant.tokens.count({ app: bad, account: 'org' }).catch(() => {})
      await appgrant.authorizer.tryVerify(bad)
      await appgrant.authorizer.tryVerify(token + bad)
      await appgrant.authorizer.authenticateApp({ key: bad, secret: bad }).catch(() => {})
      await appgrant.apps.list({ owner: bad }).catch(() => {})
      await appgrant.apps.list({ owner: 'org', cursor: bad }).catch(() => {})
      await appgrant.apps.list({ owner: 'org', name: bad }).catch(() => {})
    }
    // Whether the list of `org` is visible is checked before its cursor: that asks the directory, never the store.
    expect(observed.calls).toEqual(before)
    expect(tree.questions - questions).toBeLessThanOrEqual(wrong.length)
  })
})

/** Parameters of a request are strings, whatever they contain. */
function spoilObject(object: object, hostile: ReturnType<typeof hostileValues>): object {
  if (!(object instanceof URLSearchParams)) return spoil(object, hostile)
  const spoilt = new URLSearchParams(object)
  const name = hostile.pick([...object.keys(), 'scope', 'state', 'request', 'resource'])
  const value = hostile.value()
  const text =
    typeof value === 'string' ? value : (JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? 'n' : one)) ?? '')
  if (hostile.chance(0.3)) spoilt.append(name, text)
  else spoilt.set(name, text)
  return spoilt
}
