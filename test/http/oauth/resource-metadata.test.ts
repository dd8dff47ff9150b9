import { describe, expect, it } from 'vitest'
import { createResourceMetadata, type ResourceDescription } from '../../../src/http/index.ts'
import { httpFixture, ISSUER } from '../../support/http-fixture.ts'

const RESOURCE = 'https://api.example/mcp'
const PATH = '/.well-known/oauth-protected-resource/mcp'
const METADATA = {
  resource: RESOURCE,
  authorization_servers: ['https://login.example/oauth'],
  scopes_supported: ['calls:read'],
  bearer_methods_supported: ['header'],
}

/** The two ways in which the same metadata is served: apart from the platform, and by its handler. */
const SERVERS = {
  createResourceMetadata: (described: Omit<ResourceDescription, 'resource'> = { scopes: ['calls:read'] }) =>
    createResourceMetadata({ resource: RESOURCE, issuer: 'https://login.example/oauth', ...described }),
  createHandler: (described: Omit<ResourceDescription, 'resource'> = { scopes: ['calls:read'] }) =>
    httpFixture({
      issuer: 'https://login.example/oauth',
      resources: [RESOURCE],
      resourceMetadata: [{ resource: RESOURCE, ...described }],
    }).handler,
} as const

describe.each(['createResourceMetadata', 'createHandler'] as const)('resource metadata of %s (RFC 9728)', (server) => {
  const serve = SERVERS[server]
  const get = (handler: ReturnType<typeof serve>, init?: RequestInit) =>
    handler(new Request(`https://api.example${PATH}`, init))

  it('is at the path between host and path of the resource, for every page and cache (WEB-7, RFC 9728 §3)', async () => {
    const response = await get(serve())
    expect([response.status, await response.text()]).toEqual([200, JSON.stringify(METADATA)])
    expect(Object.fromEntries(response.headers)).toEqual({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=3600',
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
    })
    const head = await get(serve(), { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('cache-control')]).toEqual([
      200,
      '',
      'public, max-age=3600',
    ])
  })

  it('does not depend on the Host or forwarding headers (S57, HTTP-7)', async () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
    }
    const response = await serve()(new Request(`https://evil.example:8443${PATH}?x=1`, { headers }))
    expect(await response.json()).toEqual(METADATA)
  })

  it('is allowed to be read by a page that sends headers of its own (HTTP-10)', async () => {
    const asked = { origin: 'https://client.example', 'access-control-request-headers': 'mcp-protocol-version' }
    const response = await get(serve(), { method: 'OPTIONS', headers: asked })
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'mcp-protocol-version',
    })
  })

  it('responds 405 to other methods and 404 at other paths', async () => {
    const handler = serve()
    const post = await get(handler, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    for (const path of ['/.well-known/oauth-protected-resource', `${PATH}/`, `${PATH}/x`, '/mcp'])
      expect([path, (await handler(new Request(`https://api.example${path}`))).status]).toEqual([path, 404])
  })

  it('names the resource if it has a name, leaves empty lists out and never names offline_access (WEB-7)', async () => {
    const named = await get(serve({ scopes: ['calls:write', 'calls:read', 'calls:write'], name: 'Calls' }))
    expect(await named.json()).toEqual({
      ...METADATA,
      scopes_supported: ['calls:write', 'calls:read'],
      resource_name: 'Calls',
    })
    expect(await (await get(serve({ scopes: [] }))).json()).not.toHaveProperty('scopes_supported')
  })

  it.each([
    [{ scopes: ['a b'] }, 'scopes'],
    [{ scopes: 'calls:read' }, 'scopes'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ name: 'Calls\u202e' }, 'name'],
    [{ resource: 'https://API.example/mcp' }, 'resource'],
    [{ resource: 'http://api.example/mcp' }, 'resource'],
    [{ resource: 'https://api.example/mcp#' }, 'resource'],
    [{ resource: 'urn:example:mcp' }, 'resource'],
    [{ resource: undefined }, 'resource'],
  ])('throws a TypeError for %j', (given, name) => {
    const option = server === 'createHandler' ? `resourceMetadata.${name}` : name
    expect(() => serve(given as never)).toThrow(new RegExp(`^${server}: ${option}: expected `))
  })
})

describe('resource metadata', () => {
  it.each([
    ['https://api.example', '/.well-known/oauth-protected-resource'],
    ['https://api.example/', '/.well-known/oauth-protected-resource'],
    ['https://api.example/mcp/', '/.well-known/oauth-protected-resource/mcp/'],
    ['https://api.example/a/b', '/.well-known/oauth-protected-resource/a/b'],
    ['https://api.example/mcp?tenant=1', '/.well-known/oauth-protected-resource/mcp'],
    ['http://127.0.0.1:3000/mcp', '/.well-known/oauth-protected-resource/mcp'],
  ])('of %s is served at %s, with the resource as it was configured (RFC 9728 §3.1)', async (resource, path) => {
    const handler = createResourceMetadata({ resource, issuer: ISSUER })
    expect(handler.path).toBe(path)
    const response = await handler(new Request(new URL(path, resource)))
    expect(await response.json()).toEqual({
      resource,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    })
  })

  it('createHandler describes each of its resources, by default with the whole catalogue (ACC-8, WEB-7)', async () => {
    const resources = [ISSUER, RESOURCE]
    const scopes = { 'calls:read': 'Read', offline_access: 'Stay', 'calls:write': 'Write' }
    const { send } = httpFixture({ resources, scopes, resourceMetadata: resources.map((resource) => ({ resource })) })
    for (const path of ['/.well-known/oauth-protected-resource', PATH, '/.well-known/oauth-authorization-server'])
      expect(await (await send(path)).json()).toMatchObject({ scopes_supported: ['calls:read', 'calls:write'] })
  })

  it('is not moved by the prefix that a proxy removes (HTTP-9)', async () => {
    const { appgrant } = httpFixture({ issuer: `${ISSUER}/oauth`, resources: [RESOURCE] })
    const { createHandler } = await import('../../../src/http/index.ts')
    const handler = createHandler(appgrant, { strippedPrefix: '/oauth', resourceMetadata: [{ resource: RESOURCE }] })
    expect((await handler(new Request(ISSUER + PATH))).status).toBe(200)
  })

  it.each([
    [[{ resource: 'https://other.example/' }], 'resourceMetadata.resource'],
    [[{ resource: ISSUER, scopes: ['unknown'] }], 'resourceMetadata.scopes'],
    [[{ resource: 'https://a.example/' }, { resource: 'https://b.example/' }], 'resourceMetadata'],
    [{ resource: ISSUER }, 'resourceMetadata'],
  ])('createHandler throws a TypeError for %j', (resourceMetadata, name) => {
    const resources = [ISSUER, 'https://a.example/', 'https://b.example/']
    expect(() => httpFixture({ resources, resourceMetadata: resourceMetadata as never })).toThrow(
      new RegExp(`^createHandler: ${name}: expected `),
    )
  })

  it('createResourceMetadata throws a TypeError for an issuer that is not one', () => {
    for (const issuer of [undefined, 'http://login.example', `${ISSUER}/`])
      expect(() => createResourceMetadata({ resource: RESOURCE, issuer: issuer as string })).toThrow(
        /^createResourceMetadata: issuer: /,
      )
  })

  it('resource differs from what is configured at most by the slash after the host (RFC 3986 §6.2.3)', async () => {
    const ask = async (resources: readonly string[], resource: string) => {
      const here = httpFixture({ resources })
      const { app, secret } = await here.trustedApp()
      const form = { grant_type: 'client_credentials', client_id: app.key, client_secret: secret, resource }
      const response = await here.post('/token', form)
      return ((await response.json()) as { error?: string }).error ?? 'issued'
    }
    expect(await ask(['https://api.example'], 'https://api.example/')).toBe('issued')
    expect(await ask(['https://api.example/'], 'https://api.example')).toBe('issued')
    expect(await ask([RESOURCE], `${RESOURCE}/`)).toBe('invalid_target')
  })
})
