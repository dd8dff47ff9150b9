import { decodeJwt } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { Access, AppGrantOptions } from '../../../src/index.ts'
import { introspectionVerifier, signatureVerifier } from '../../../src/resource.ts'
import { API, platform } from '../../resource/platform.ts'
import { codeOf } from '../../support/code-of.ts'
import { basic, httpFixture, jsonOf } from '../../support/http-fixture.ts'
import { createSessionFixture } from '../../support/session-fixture.ts'
import { SIGNING } from '../../support/signing.ts'

const BIG = { text: 'x'.repeat(4096 - '{"text":""}'.length) }

const RESERVED = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'client_name', 'scope'],
  ...['kind', 'owner', 'ref', 'active', 'token_type', 'cnf', 'act', 'may_act'],
]
const REFUSED: readonly (readonly [string, unknown])[] = [
  ['an array', ['x']],
  ['a text', 'x'],
  ['null', null],
  ['a function', () => () => {}],
  ['more than 4 KiB', { ...BIG, a: 1 }],
  ['more than 4 KiB in UTF-8', { text: 'ü'.repeat(2048) }],
  [
    'a cycle',
    () =>
      Object.assign(
        {},
        {
          get self() {
            return this
          },
        },
      ),
  ],
  ['a BigInt', { n: 5n }],
  [
    'a thrown error',
    () => {
      throw new Error('down')
    },
  ],
  ['a rejection', () => Promise.reject(new Error('down'))],
  ['no response in time', () => new Promise(() => {})],
  ...RESERVED.map((name) => [`the reserved name ${name}`, { [name]: 'secret-value' }] as const),
  ['a reserved name by toJSON', { toJSON: () => ({ sub: 'root' }) }],
  ['__proto__', JSON.parse('{"__proto__":{"sub":"root"}}')],
]

/** A session fixture with signed tokens whose claims a test sets. */
async function withClaims(claims: AppGrantOptions['claims'] = () => ({}), options: Partial<AppGrantOptions> = {}) {
  let current = claims
  const w = await createSessionFixture(
    async () => memoryStore(),
    { options: { claims: (access) => current?.(access), ...options }, app: { trusted: true } },
    { signing: SIGNING },
  )
  const outages: unknown[] = []
  w.appgrant.events.on('outage', ({ code, operation, cause }) => outages.push([code, operation, String(cause)]))
  const trusted = () => w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })
  const set = (next: unknown) => {
    current = typeof next === 'function' ? (next as NonNullable<typeof claims>) : () => next as never
  }
  return { ...w, outages, trusted, set }
}

describe('claims of the host', () => {
  it('a signed token has the claims that the host returns for its access, sync or async (TOK-10)', async () => {
    const asked: Access[] = []
    const w = await withClaims((access) => {
      asked.push(access)
      return { groups: ['support'], tenant: access.account, nested: { a: [1, null] } }
    })
    const { granted, access } = await w.start({ scope: ['read'] })
    expect(decodeJwt(access)).toMatchObject({
      sub: 'user',
      groups: ['support'],
      tenant: 'user',
      nested: { a: [1, null] },
    })
    expect(asked).toEqual([{ ...(await w.appgrant.authorizer.verify(access)) }])
    expect(asked[0]).toMatchObject({ kind: 'user', account: 'user', scope: ['read'], tokenId: granted.tokenId })
    w.set(async ({ kind }: Access) => ({ kinds: [kind] }))
    const own = await w.trusted()
    expect(decodeJwt(own.accessToken)).toMatchObject({ sub: `app:${w.key}`, kinds: ['app'] })
    expect(await w.verify(own.accessToken)).toBe('ok')
    // `verify` does not ask again.
    expect(asked).toHaveLength(1)
  })

  it('no claims, and as many as fit into 4 KiB, are accepted (TOK-10)', async () => {
    const w = await withClaims()
    for (const claims of [undefined, {}, BIG]) {
      w.set(claims)
      const { accessToken } = await w.trusted()
      expect(decodeJwt(accessToken)).toMatchObject(claims ?? {})
      expect(await w.verify(accessToken)).toBe('ok')
    }
  })

  it('the longest scope and the most claims fit into a token that is accepted (TOK-10)', async () => {
    const scopes = Array.from({ length: 100 }, (_, n) => `${'s'.repeat(97)}${String(n).padStart(3, '0')}`)
    const catalogue = Object.fromEntries(scopes.map((name) => [name, 'A long one']))
    const w = await withClaims(() => BIG, { scopes: { read: 'Read', write: 'Write', ...catalogue } })
    await w.appgrant.apps.update(w.key, { scopes })
    const { accessToken } = await w.trusted()
    expect(decodeJwt(accessToken).scope).toBe(scopes.join(' '))
    expect(await w.verify(accessToken)).toBe('ok')
  })

  it.each(REFUSED)(
    'claims that are %s are an outage that issues and consumes nothing (TOK-10, ERR-1)',
    async (_, claims) => {
      const w = await withClaims(undefined, { timeoutMs: 60 })
      const code = await w.code()
      w.set(claims)
      const written = w.observed.writes()
      expect(await codeOf(w.exchange(code))).toBe('claims_unavailable')
      expect(await codeOf(w.trusted())).toBe('claims_unavailable')
      expect(w.observed.writes()).toBe(written)
      expect(w.outages).toHaveLength(2)
      expect(w.outages[0]).toEqual(['claims_unavailable', 'claims', expect.any(String)])
      expect(JSON.stringify(w.outages)).not.toContain('secret-value')
      w.set({})
      expect(await codeOf(w.exchange(code))).toBe('ok')
    },
  )

  it('a function that changes the access it gets changes no token (TOK-10)', async () => {
    const w = await withClaims((access) => {
      ;(access.scope as string[]).push('admin')
      Object.assign(access, { account: 'root', kind: 'app' })
      return {}
    })
    const { access } = await w.start()
    expect(decodeJwt(access)).toMatchObject({ scope: 'read write', sub: 'user', kind: 'user' })
  })

  it('opaque tokens do not ask for claims, and introspection does, for the current access (TOK-10)', async () => {
    const asked: Access[] = []
    const here = httpFixture({
      claims: async (access) => {
        asked.push(access)
        return { groups: access.scope }
      },
    })
    const { app, secret } = await here.trustedApp()
    const other = await here.trustedApp()
    const { accessToken } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect(asked).toEqual([])
    const ask = (token: string, by = { key: app.key, secret }) =>
      here.post('/introspect', { token }, basic(by.key, by.secret))
    expect(await jsonOf(await ask(accessToken))).toMatchObject({
      active: true,
      groups: ['calls:read', 'calls:write'],
      sub: `app:${app.key}`,
    })
    await here.appgrant.apps.update(app.key, { scopes: ['calls:read'] })
    expect(await jsonOf(await ask(accessToken))).toMatchObject({ groups: ['calls:read'] })
    const before = asked.length
    expect(await (await ask(accessToken, { key: other.app.key, secret: other.secret })).text()).toBe('{"active":false}')
    expect(await (await ask('unknown')).text()).toBe('{"active":false}')
    expect(asked).toHaveLength(before)
  })

  it('introspection without the claims is a 503, never active: false (TOK-10, ERR-1)', async () => {
    const here = httpFixture({ claims: () => Promise.reject(new Error('down')) })
    const { app, secret } = await here.trustedApp()
    const { accessToken } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
    const response = await here.post('/introspect', { token: accessToken }, basic(app.key, secret))
    expect([response.status, (await jsonOf(response)).error]).toEqual([503, 'temporarily_unavailable'])
    expect(response.headers.get('retry-after')).toBe('5')
    expect(here.outages).toMatchObject([{ code: 'claims_unavailable' }])
  })
})

describe('claims of the host at a resource', async () => {
  const claims = () => ({ groups: ['support'], level: { max: 3 } })
  const there = await platform('signed', SIGNING, { claims })
  afterAll(there.close)

  it('both verifiers for resources return the claims that the host added, and every caller its own (TOK-10)', async () => {
    const token = await there.token()
    const { issuer, resource } = there
    const verifiers = [
      signatureVerifier({ issuer, audience: API }),
      introspectionVerifier({ issuer, audience: API, ...resource }),
    ]
    for (const verifier of verifiers) {
      const access = await verifier.verify(token, { maxStalenessMs: 60_000 })
      expect(access.claims).toEqual(claims())
      Object.assign(access.claims ?? {}, { groups: ['admin'] })
      expect((await verifier.verify(token, { maxStalenessMs: 60_000 })).claims).toEqual(claims())
    }
    expect(await there.appgrant.authorizer.verify(token)).not.toHaveProperty('claims')
  })
})
