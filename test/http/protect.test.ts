import { describe, expect, it } from 'vitest'
import { AppGrantError } from '../../src/base/errors.ts'
import { protect } from '../../src/http/index.ts'
import { protectNode } from '../../src/node.ts'
import { httpFixture, jsonOf } from '../support/http-fixture.ts'

const RESOURCE = 'https://api.example/mcp'

async function withToken(options: Parameters<typeof httpFixture>[0] = {}) {
  const here = httpFixture(options)
  const { app, secret } = await here.trustedApp()
  const { accessToken } = await here.appgrant.authorizer.clientCredentials({
    key: app.key,
    secret,
    scope: ['calls:read'],
  })
  return { ...here, app, secret, accessToken }
}

const request = (authorization?: string) =>
  new Request(
    'https://api.example/calls?access_token=x',
    authorization === undefined ? {} : { headers: { authorization } },
  )

/** The refusal that is sent instead of the resource. */
async function refused(response: unknown) {
  if (!(response instanceof Response)) throw new Error('let through')
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.text() }
}

describe('protect (RFC 6750)', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer '])(
    'protect returns the access of a token after %j',
    async (scheme) => {
      const { appgrant, app, accessToken } = await withToken()
      const access = await protect(appgrant.authorizer)(request(`${scheme} ${accessToken}`))
      expect(access).toMatchObject({ ok: true, kind: 'app', account: app.owner, scope: ['calls:read'] })
    },
  )

  it.each([undefined, 'Basic YTpi', 'Bearerx y', 'Digest a', ''])(
    'protect responds to %j or a token in the query with a bare challenge (RFC 6750 §3.1, HTTP-5)',
    async (authorization) => {
      const { appgrant, counts } = await withToken()
      const before = counts.get
      expect(await refused(await protect(appgrant.authorizer)(request(authorization)))).toEqual({
        status: 401,
        challenge: 'Bearer',
        body: '',
      })
      expect(counts.get).toBe(before)
    },
  )

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a,b',
    'Bearer "a"',
    'Bearer a=b',
    'Bearer \xff',
    'Bearer a, Bearer b',
  ])('protect responds to %j with invalid_request 400', async (authorization) => {
    const { appgrant } = await withToken()
    const { status, challenge } = await refused(await protect(appgrant.authorizer)(request(authorization)))
    expect(status).toBe(400)
    expect(challenge).toMatch(/^Bearer error="invalid_request", error_description="[^"]+"$/)
  })

  it('a revoked token, a secret, a key and garbage get the same invalid_token 401 (S36, ERR-1)', async () => {
    const { appgrant, app, secret, accessToken } = await withToken()
    await appgrant.apps.revokeTokens(app.key)
    const guard = protect(appgrant.authorizer)
    for (const token of [accessToken, secret, app.key, 'x', 'a'.repeat(100_000)]) {
      expect(await refused(await guard(request(`Bearer ${token}`)))).toEqual({
        status: 401,
        challenge: 'Bearer error="invalid_token", error_description="the access token is not valid"',
        body: '{"error":"invalid_token","error_description":"the access token is not valid"}',
      })
    }
  })

  it.each(['suspend', 'remove', 'regenerateSecret', 'revokeTokens'] as const)(
    'protect refuses a token after %s (S33)',
    async (act) => {
      const { appgrant, app, accessToken } = await withToken()
      await appgrant.apps[act](app.key)
      expect(await refused(await protect(appgrant.authorizer)(request(`Bearer ${accessToken}`)))).toMatchObject({
        status: 401,
      })
    },
  )

  it('protect responds insufficient_scope 403 with the scope unless the token has all of it (RFC 6750 §3.1)', async () => {
    const { appgrant, accessToken } = await withToken()
    const bearer = request(`Bearer ${accessToken}`)
    const response = await protect(appgrant.authorizer, { scope: 'calls:read  calls:write' })(bearer)
    expect(await refused(response)).toMatchObject({
      status: 403,
      challenge:
        'Bearer error="insufficient_scope", error_description="the access token does not have the required scope", scope="calls:read calls:write"',
    })
    expect(await protect(appgrant.authorizer, { scope: 'calls:read' })(bearer)).toMatchObject({ ok: true })
    expect(await protect(appgrant.authorizer, { scope: '' })(bearer)).toMatchObject({ ok: true })
  })

  it.each([undefined, 'Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer x', 'token'])(
    'every challenge, such as that to %j, names the metadata and the scope, and without a token no error (WEB-7, RFC 9728 §5.1)',
    async (authorization) => {
      const { appgrant, accessToken } = await withToken({ resources: [RESOURCE] })
      const needed = { scope: 'calls:read calls:write', audience: RESOURCE, metadata: true }
      const sent = authorization === 'token' ? `Bearer ${accessToken}` : authorization
      const { status, challenge } = await refused(await protect(appgrant.authorizer, needed)(request(sent)))
      const parameters =
        'resource_metadata="https://api.example/.well-known/oauth-protected-resource/mcp", scope="calls:read calls:write"'
      const error = sent?.startsWith('Bearer') ? 'error="[a-z_]+", error_description="[^"]+", ' : ''
      expect(challenge).toMatch(new RegExp(`^Bearer ${error}${parameters.replaceAll(/[.?]/g, '\\$&')}$`))
      expect(status).toBe(authorization === 'token' ? 403 : /a b|r$/.test(sent ?? '') ? 400 : 401)
    },
  )

  it('a challenge names the scope without metadata too, and never offline_access (HTTP-5, WEB-7)', async () => {
    const { tryVerify } = httpFixture().appgrant.authorizer
    const challengeOf = async (scope: string) =>
      (await refused(await protect({ tryVerify }, { scope })(request()))).challenge
    expect(await challengeOf('calls:read offline_access calls:read')).toBe('Bearer scope="calls:read"')
    expect(await challengeOf('offline_access')).toBe('Bearer')
  })

  it.each([
    undefined,
    'urn:example:calls',
    'https://API.example/mcp',
    'https://api.example/mcp#x',
    'https://api.example/"',
    'http://api.example/mcp',
    'https://user@api.example/mcp',
  ])('protect throws a TypeError for metadata of the audience %j, which has no address (WEB-7)', (audience) => {
    const { appgrant } = httpFixture()
    const { authorizer } = appgrant
    expect(() => protect(authorizer, { audience, metadata: true })).toThrow(/^protect: audience: expected a canonical/)
    expect(() => protect(authorizer, { audience, metadata: 'yes' as never })).toThrow(/^protect: metadata: /)
  })

  it('protect takes no options for none if they are a promise, a list or a Map (ERR-6)', async () => {
    const { appgrant, accessToken } = await withToken()
    const { authorizer } = appgrant
    for (const options of [Promise.resolve({ scope: 'admin' }), new Map([['scope', 'admin']]), []]) {
      expect(() => protect(authorizer, options as never)).toThrow(
        /^protect: options: expected a plain object of scope, /,
      )
      await expect(authorizer.tryVerify(accessToken, options as never)).rejects.toThrow(/^verify: options: expected/)
    }
  })

  it('protect responds 503 with Retry-After if the result is not known, never 401 (ERR-1)', async () => {
    const { appgrant, accessToken, faults } = await withToken()
    faults.fail('get', 'before')
    const response = await protect(appgrant.authorizer)(request(`Bearer ${accessToken}`))
    if (!(response instanceof Response)) throw new Error('let through')
    expect([response.status, response.headers.get('retry-after'), response.headers.has('www-authenticate')]).toEqual([
      503,
      '5',
      false,
    ])
    expect(await jsonOf(response)).toMatchObject({ error: 'temporarily_unavailable' })
    const directory = new AppGrantError('directory_unavailable', { message: 'secret inside?' })
    const failing = protect({ tryVerify: () => Promise.reject(directory) })
    expect(await refused(await failing(request('Bearer x')))).toMatchObject({ status: 503 })
  })

  it('protect passes every other error to the host and never turns it into a 401', async () => {
    const cause = new Error('a bug')
    await expect(protect({ tryVerify: () => Promise.reject(cause) })(request('Bearer x'))).rejects.toBe(cause)
  })

  it('a response of protect is never cached, refused or not (HTTP-6)', async () => {
    const { appgrant } = await withToken()
    for (const authorization of [undefined, 'Bearer', 'Bearer x']) {
      const response = await protect(appgrant.authorizer)(request(authorization))
      expect(response instanceof Response && response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('protect verifies with the staleness that it was given', async () => {
    const asked: unknown[] = []
    const verifier = {
      tryVerify: async (_: string, options?: unknown) => {
        asked.push(options)
        return { ok: false, reason: 'unknown' } as const
      },
    }
    await protect(verifier, { maxStalenessMs: 5000 })(request('Bearer x'))
    await protect(verifier)(request('Bearer x'))
    expect(asked).toEqual([{ maxStalenessMs: 5000 }, {}])
  })

  it.each<[string, (...args: Parameters<typeof protect>) => unknown]>([
    ['protect', protect],
    ['protectNode', protectNode],
  ])('%s throws a TypeError for what no token of the platform can meet, and only then (ERR-6)', (name, make) => {
    const { authorizer } = httpFixture({ resources: [RESOURCE] }).appgrant
    expect(() => make(authorizer, { scope: 'calls:read calls:reed' })).toThrow(
      new RegExp(`^${name}: scope: expected one of .*calls:read.*, received "calls:reed"$`),
    )
    expect(() => make(authorizer, { audience: 'https://other.example' })).toThrow(
      new RegExp(`^${name}: audience: expected one of ${RESOURCE}: see .*, received "https://other.example"$`),
    )
    expect(() => make(authorizer, { scope: 'calls:read', audience: RESOURCE })).not.toThrow()
    const { tryVerify } = authorizer
    expect(() => make({ tryVerify }, { scope: 'calls:reed', audience: 'https://other.example' })).not.toThrow()
  })

  it('a guard for proofs of an audience without a protected origin names the audience, and takes dpop.url instead', () => {
    const audience = 'http://api.example'
    const { authorizer } = httpFixture({ resources: [audience, 'urn:example:calls'] }).appgrant
    for (const given of [audience, 'urn:example:calls', undefined])
      expect(() => protectNode(authorizer, { audience: given, dpop: {} })).toThrow(
        /^protectNode: audience: expected an https URL .* unless there is dpop.url, received /,
      )
    expect(() => protectNode(authorizer, { audience, dpop: { url: 'https://api.example' } })).not.toThrow()
  })

  it.each([
    [{ scope: 'a"b' }, 'scope'],
    [{ scope: 7 }, 'scope'],
    [{ scope: 'a\r\nb' }, 'scope'],
    [{ maxStalenessMs: -1 }, 'maxStalenessMs'],
    [{ maxStalenessMs: '5' }, 'maxStalenessMs'],
    [{ maxStalenessMs: 300_001 }, 'maxStalenessMs'],
    [{ maxStalenessMs: Number.NaN }, 'maxStalenessMs'],
  ])('protect throws a TypeError for the options %j', (options, name) => {
    const { appgrant } = httpFixture()
    expect(() => protect(appgrant.authorizer, options as object)).toThrow(new RegExp(`^protect: ${name}: `))
    expect(() => protect({} as never)).toThrow(TypeError)
  })
})
