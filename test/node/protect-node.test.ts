import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createResourceMetadata, type ResourceDpopOptions } from '../../src/http/index.ts'
import { accessOf, protectNode, toNodeHandler } from '../../src/node.ts'
import { dpopKey, NONCE_KEY, type ProofOf } from '../support/dpop.ts'
import { httpFixture, ISSUER } from '../support/http-fixture.ts'
import { rawConnection } from '../support/raw-connection.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function guarded(options = {}, host: Parameters<typeof httpFixture>[0] = {}) {
  const here = httpFixture(host)
  const { app, secret } = await here.trustedApp()
  const { accessToken } = await here.appgrant.authorizer.clientCredentials({
    key: app.key,
    secret,
    scope: ['calls:read'],
  })
  const guard = protectNode(here.appgrant.authorizer, options)
  const letThrough: unknown[] = []
  const port = await listen((req, res) =>
    guard(req, res, (error) => {
      letThrough.push(error)
      res.end(error ? 'failed' : accessOf(req).account)
    }),
  )
  const ask = async (...authorization: string[]) => {
    const connection = await rawConnection(port)
    const lines = authorization.map((value) => `Authorization: ${value}\r\n`).join('')
    const response = await connection.ask(`GET /calls HTTP/1.1\r\nHost: x\r\n${lines}\r\n`)
    connection.cut()
    return { status: response?.status, challenge: response?.headers.get('www-authenticate'), body: response?.body }
  }
  return { ...here, accessToken, ask, letThrough }
}

describe('protectNode (RFC 6750)', () => {
  it('protectNode calls next for a valid token, and accessOf returns its access', async () => {
    const { ask, accessToken, letThrough } = await guarded({ scope: 'calls:read' })
    expect(await ask(`Bearer ${accessToken}`)).toEqual({ status: 200, challenge: undefined, body: 'org-1' })
    expect(letThrough).toEqual([undefined])
  })

  it('protectNode responds itself to an invalid token and does not call next', async () => {
    const { ask, accessToken, letThrough, faults } = await guarded({ scope: 'calls:write' })
    expect(await ask()).toEqual({ status: 401, challenge: 'Bearer scope="calls:write"', body: '' })
    expect(await ask('Bearer x')).toMatchObject({ status: 401, challenge: expect.stringContaining('invalid_token') })
    expect(await ask(`Bearer ${accessToken}`)).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('scope="calls:write"'),
    })
    faults.fail('get', 'before')
    expect(await ask(`Bearer ${accessToken}`)).toMatchObject({ status: 503 })
    expect(letThrough).toEqual([])
  })

  it('protectNode points clients to metadata that a service serves in one line (WEB-7, RFC 9728 §5.1)', async () => {
    const resource = 'https://api.example/mcp'
    const { ask } = await guarded({ audience: resource, metadata: true }, { resources: [resource] })
    const { challenge = '' } = await ask()
    const [, address = ''] = /^Bearer resource_metadata="([^"]+)"$/.exec(challenge) ?? []
    const metadata = createResourceMetadata({ resource, issuer: ISSUER, scopes: ['calls:read'] })
    const port = await listen(toNodeHandler(metadata))
    const response = await fetch(`http://127.0.0.1:${port}${new URL(address).pathname}`)
    expect(await response.json()).toMatchObject({ resource, authorization_servers: [ISSUER] })
  })

  it('protectNode refuses two Authorization headers, even if the first is valid', async () => {
    const { ask, accessToken, letThrough } = await guarded()
    expect(await ask(`Bearer ${accessToken}`, 'Bearer x')).toMatchObject({ status: 400 })
    expect(letThrough).toEqual([])
  })

  it('protectNode passes errors that are not outages to next', async () => {
    const cause = new Error('a bug')
    const guard = protectNode({ tryVerify: () => Promise.reject(cause) })
    const errors: unknown[] = []
    const port = await listen((req, res) =>
      guard(req, res, (error) => {
        errors.push(error)
        res.end()
      }),
    )
    await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: 'Bearer x' } })
    expect(errors).toEqual([cause])
  })

  it('accessOf throws a TypeError unless protectNode admitted the request', async () => {
    const errors: unknown[] = []
    const port = await listen((req, res) => {
      try {
        accessOf(req)
      } catch (error) {
        errors.push(error)
      }
      res.end()
    })
    await fetch(`http://127.0.0.1:${port}/`)
    expect(errors[0]).toBeInstanceOf(TypeError)
  })
})

describe('protectNode with DPoP (RFC 9449 §7)', () => {
  const API = 'https://api.example'

  async function bound(dpop: ResourceDpopOptions = {}) {
    const here = httpFixture({ dpop: {}, resources: [API] })
    const { app, secret } = await here.trustedApp()
    const key = await dpopKey()
    const dpopProof = await key.prove({ url: `${ISSUER}/token`, at: here.clock() })
    const { accessToken } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret, dpopProof })
    const guard = protectNode(here.appgrant.authorizer, { audience: API, dpop })
    const port = await listen((req, res) => guard(req, res, () => res.end(accessOf(req).jkt)))
    const ask = async (target: string, proofs: readonly string[]) => {
      const connection = await rawConnection(port)
      const lines = [`Authorization: DPoP ${accessToken}`, ...proofs.map((proof) => `DPoP: ${proof}`)]
      const response = await connection.ask(
        `GET ${target} HTTP/1.1\r\nHost: evil.example\r\n${lines.join('\r\n')}\r\n\r\n`,
      )
      connection.cut()
      return response
    }
    const prove = (changed: Partial<ProofOf> = {}) =>
      key.prove({ url: `${API}/calls`, method: 'GET', token: accessToken, ...changed })
    return { key, ask, prove }
  }

  it.each(['/calls', '/calls?page=2', 'http://evil.example/calls'])(
    'the path of %s is what a proof is for, whatever the host in it (DPOP-6, HTTP-7)',
    async (target) => {
      const { key, ask, prove } = await bound()
      expect(await ask(target, [await prove()])).toMatchObject({ status: 200, body: key.jkt })
      expect((await ask(target, [await prove({ url: 'http://evil.example/calls' })]))?.status).toBe(401)
    },
  )

  it('two headers DPoP are refused, whichever is valid (DPOP-6)', async () => {
    const { ask, prove } = await bound()
    expect((await ask('/calls', [await prove(), await prove()]))?.status).toBe(401)
  })

  it('each response has the next nonce, so that a client is asked once (DPOP-3)', async () => {
    const { ask, prove } = await bound({ nonceKeys: [NONCE_KEY] })
    const demanded = await ask('/calls', [await prove()])
    const nonce = demanded?.headers.get('dpop-nonce') ?? ''
    expect([demanded?.status, demanded?.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('DPoP error="use_dpop_nonce"'),
    ])
    const response = await ask('/calls', [await prove({ nonce })])
    expect([response?.status, response?.headers.get('dpop-nonce')]).toEqual([200, expect.stringMatching(/^[\w-]{22}$/)])
  })
})
