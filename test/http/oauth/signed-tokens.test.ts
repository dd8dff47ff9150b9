import { createServer, type Server } from 'node:http'
import { createRemoteJWKSet, decodeJwt, type JWKSCacheInput, jwksCache, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../../src/create-app-grant.ts'
import { createHandler, protect } from '../../../src/http/index.ts'
import type { Jwk, SignatureAlgorithm, SigningOptions } from '../../../src/index.ts'
import { toNodeHandler } from '../../../src/node.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { basic, httpFixture, jsonOf, refusal } from '../../support/http-fixture.ts'
import { closed, listening } from '../../support/real-server.ts'
import { SCOPES } from '../../support/scopes.ts'
import { newKey, publicPart, SIGNING } from '../../support/signing.ts'

const A = 'https://a.example/'
const B = 'https://b.example/'
const insecure = { [oauth.allowInsecureRequests]: true }
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await closed(server)
})

/** The endpoints on a real server, over one store, whose keys can be changed as by a restart. */
async function platform(first: SigningOptions, path = '') {
  const server = createServer()
  servers.push(server)
  const issuer = (await listening(server)) + path
  const store = memoryStore()
  const jwksReads = { count: 0 }
  const nodeWith = (signing: SigningOptions) => {
    const appgrant = createAppGrant({ store, issuer, scopes: SCOPES, signing, resources: [A, B] })
    return { appgrant, handle: toNodeHandler(createHandler(appgrant)) }
  }
  let node = nodeWith(first)
  server.on('request', (request, response) => {
    if (request.url?.endsWith('/jwks.json')) jwksReads.count++
    return node.handle(request, response)
  })
  const { app, secret } = await node.appgrant.apps.register(exampleApp({ trusted: true, scopes: ['calls:read'] }))
  const mint = async (resource?: string) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...(resource && { resource }) })
    const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers: basic(app.key, secret) })
    expect(response.status).toBe(200)
    return String((await jsonOf(response)).access_token)
  }
  const restart = (signing: SigningOptions) => {
    node = nodeWith(signing)
    return node.appgrant
  }
  return { issuer, app, mint, restart, jwksReads, nodeWith, appgrant: () => node.appgrant }
}

async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const found = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(new URL(issuer), found)
}

describe.each<SignatureAlgorithm>(['ES256', 'EdDSA', 'PS256', 'RS256'])('tokens signed with %s', (alg) => {
  it('oauth4webapi validates a signed token by discovery over HTTP, and for no other audience (RFC 9068 §4)', async () => {
    const { issuer, mint, app } = await platform({ current: newKey(alg) }, '/oauth')
    const server = await discover(issuer)
    const validate = (token: string, audience: string) => {
      const request = new Request(A, { headers: { authorization: `Bearer ${token}` } })
      return oauth.validateJwtAccessToken(server, request, audience, { signingAlgorithms: [alg], ...insecure })
    }
    const token = await mint(B)
    expect(await validate(token, B)).toMatchObject({ iss: issuer, aud: B, client_id: app.key, scope: 'calls:read' })
    await expect(validate(token, A)).rejects.toThrow()
  })

  it('jwtVerify of jose validates a signed token with the published keys', async () => {
    const { issuer, mint, app } = await platform({ current: newKey(alg) })
    const { jwks_uri: uri = '' } = await discover(issuer)
    const { payload, protectedHeader } = await jwtVerify(await mint(), createRemoteJWKSet(new URL(uri)), {
      issuer,
      audience: A,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
    })
    expect(payload).toMatchObject({ sub: `app:${app.key}`, kind: 'app', owner: 'org-1' })
    expect(protectedHeader).toMatchObject({ alg, typ: 'at+jwt' })
  })
})

describe('GET /jwks.json', () => {
  it('the public keys of all roles are published for caches and pages, and the metadata names the address (HTTP-6)', async () => {
    const [current, next, previous] = [newKey(), newKey('EdDSA'), newKey('RS256')]
    const { send } = httpFixture({ signing: { current, next, previous: publicPart(previous) } })
    const response = await send('/jwks.json')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=600',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    })
    expect(response.headers.get('pragma')).toBeNull()
    const { keys } = (await response.json()) as { keys: Jwk[] }
    expect(keys).toEqual(
      [current, next, previous].map((key) => ({ ...publicPart(key), kid: expect.any(String), use: 'sig' })),
    )
    expect(JSON.stringify(keys)).not.toContain(String(current.d))
    const metadata = await jsonOf(await send('/.well-known/oauth-authorization-server'))
    expect(metadata.jwks_uri).toBe('https://login.example/jwks.json')
  })

  it('HEAD /jwks.json has no body, and no other method is allowed', async () => {
    const { send } = httpFixture({ signing: SIGNING })
    const head = await send('/jwks.json', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await send('/jwks.json', { method: 'POST' })).status).toBe(405)
  })

  it('/jwks.json does not exist without keys', async () => {
    const { send } = httpFixture()
    expect((await send('/jwks.json')).status).toBe(404)
    expect(await jsonOf(await send('/.well-known/oauth-authorization-server'))).not.toHaveProperty('jwks_uri')
  })
})

describe('key rotation under traffic', () => {
  const [old, young] = [newKey(), newKey('EdDSA')]

  /** A service that keeps the key set as long as the cache headers allow, and refetches for no unknown key in between. */
  function cachingVerifier(issuer: string) {
    const cache: JWKSCacheInput = {}
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks.json`), {
      cacheMaxAge: 600_000,
      cooldownDuration: 600_000,
      [jwksCache]: cache,
    })
    return (token: string) =>
      jwtVerify(token, keys, { issuer, audience: A, typ: 'at+jwt' }).then(
        () => true,
        () => false,
      )
  }

  it('rotation refuses no valid token and accepts none after its key was removed (S66)', async () => {
    const p = await platform({ current: old })
    const tokens: { readonly text: string; readonly isOld: boolean }[] = []
    const here = async (text: string) => (await p.appgrant().authorizer.tryVerify(text)).ok
    /** Traffic: new tokens, and every verifier with every token so far. */
    const look = async (verifiers: readonly ((token: string) => Promise<boolean>)[], isOld: boolean) => {
      const made = await Promise.all(Array.from({ length: 5 }, () => p.mint()))
      tokens.push(...made.map((text) => ({ text, isOld })))
      return Promise.all(tokens.flatMap(({ text }) => [here, ...verifiers].map((verify) => verify(text))))
    }

    expect(await look([cachingVerifier(p.issuer)], true)).not.toContain(false)
    // A service that reads the keys from here on knows the next one before it signs.
    p.restart({ current: old, next: publicPart(young) })
    const early = cachingVerifier(p.issuer)
    expect(await look([early], true)).not.toContain(false)
    const readsBefore = p.jwksReads.count
    // A rolling restart: some nodes sign with the new key while others do not yet.
    const behind = p.appgrant()
    p.restart({ current: young, previous: publicPart(old) })
    const late = cachingVerifier(p.issuer)
    expect(await look([early, late], false)).not.toContain(false)
    for (const { text } of tokens) expect((await behind.authorizer.tryVerify(text)).ok).toBe(true)
    // The service that had cached the keys needed no second fetch.
    expect(p.jwksReads.count - readsBefore).toBe(1)
    // Everything that the old key signed has expired by now, or it would not be removed.
    p.restart({ current: young })
    const last = cachingVerifier(p.issuer)
    for (const { text, isOld } of tokens) expect(await Promise.all([here(text), last(text)])).toEqual([!isOld, !isOld])
  })

  it('a token that a retired key signs afterwards is refused, whatever it claims (S60, S66)', async () => {
    const p = await platform({ current: old })
    const appgrant = p.appgrant()
    const token = await p.mint()
    expect(await appgrant.authorizer.tryVerify(token)).toMatchObject({ ok: true })
    const after = p.restart({ current: young, next: newKey() })
    expect(await after.authorizer.tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
    expect(await cachingVerifier(p.issuer)(token)).toBe(false)
  })
})

describe('the resource parameter over HTTP', () => {
  const resources = [A, B]

  it('resource may be repeated at /token, and introspection says what the token is for (RFC 8707)', async () => {
    const { post, trustedApp } = httpFixture({ resources })
    const { app, secret } = await trustedApp()
    const proof = basic(app.key, secret)
    const audienceOf = async (resource: string) => {
      const granted = await jsonOf(await post('/token', `grant_type=client_credentials${resource}`, proof))
      return (await jsonOf(await post('/introspect', { token: String(granted.access_token) }, proof))).aud
    }
    expect(await audienceOf('')).toBe(A)
    expect(await audienceOf('&resource=')).toBe(A)
    expect(await audienceOf(`&resource=${encodeURIComponent(B)}`)).toBe(B)
    expect(await audienceOf(`&resource=${encodeURIComponent(B)}&resource=${encodeURIComponent(A)}`)).toEqual([B, A])
  })

  it.each([
    ['none of ours', 'https://c.example/'],
    ['one beside ours', `${A} https://c.example/`],
    ['a prefix', A.slice(0, -2)],
    ['another case', A.toUpperCase()],
    ['a fragment', `${A}#x`],
    ['not a URI', '..'],
  ])('a resource that is %s is invalid_target, and nothing is stored', async (_, resource) => {
    const { post, trustedApp, writes } = httpFixture({ resources })
    const { app, secret } = await trustedApp()
    const before = writes()
    const response = await post('/token', { grant_type: 'client_credentials', resource }, basic(app.key, secret))
    expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_target' })
    expect(writes()).toBe(before)
  })

  it('only resource may be repeated, only in the body, and it never appears in a URL (HTTP-5, S20)', async () => {
    const { post, trustedApp } = httpFixture({ resources })
    const { app, secret } = await trustedApp()
    const proof = basic(app.key, secret)
    const twice = new URLSearchParams([
      ['resource', A],
      ['resource', B],
    ])
    for (const [path, form] of [
      ['/token', 'grant_type=client_credentials&scope=a&scope=b'],
      ['/introspect', `token=x&${twice}`],
      ['/revoke', `token=x&${twice}`],
      [`/token?${twice}`, 'grant_type=client_credentials'],
    ] as const)
      expect(await refusal(await post(path, form, proof))).toEqual({ status: 400, error: 'invalid_request' })
  })

  it('protect refuses a token for another resource as invalid', async () => {
    const { post, trustedApp, appgrant } = httpFixture({ resources, signing: SIGNING })
    const { app, secret } = await trustedApp()
    const granted = await jsonOf(
      await post('/token', { grant_type: 'client_credentials', resource: B }, basic(app.key, secret)),
    )
    const token = String(granted.access_token)
    expect(decodeJwt(token).aud).toBe(B)
    const at = async (audience: string) =>
      protect(appgrant.authorizer, { audience })(
        new Request(audience, { headers: { authorization: `Bearer ${token}` } }),
      )
    expect(await at(B)).toMatchObject({ ok: true, audience: [B] })
    const refused = (await at(A)) as Response
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ])
    expect(() => protect(appgrant.authorizer, { audience: [A] as never })).toThrow(/audience/)
  })
})

describe('a key service that is down', () => {
  it('issuing a token while the key service is down is a 503 with Retry-After, never a 401 or a 500 (ERR-1)', async () => {
    const sign = async () => Promise.reject(new Error('down'))
    const { post, trustedApp, writes, outages } = httpFixture({
      signing: { current: { publicJwk: publicPart(newKey()), sign } },
    })
    const { app, secret } = await trustedApp()
    const before = writes()
    const response = await post('/token', { grant_type: 'client_credentials' }, basic(app.key, secret))
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual({ status: 503, error: 'temporarily_unavailable' })
    expect(writes()).toBe(before)
    expect(outages).toMatchObject([{ code: 'signing_unavailable' }])
  })
})
