import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createResourceMetadata } from '../../src/http/index.ts'
import { accessOf, protectNode, toNodeHandler } from '../../src/node.ts'
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
