import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appRoutes } from '../../src/http/api/app-routes.ts'
import { installRoutes } from '../../src/http/api/install-routes.ts'
import { tokenRoutes } from '../../src/http/api/token-routes.ts'
import { accessOf, protectNode, toNodeHandler } from '../../src/node.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { type HostileRequest, hostileRequests, type Target } from '../support/hostile-requests.ts'
import { basic, httpFixture } from '../support/http-fixture.ts'
import { type RawConnection, rawConnection } from '../support/raw-connection.ts'

const REQUESTS = 10_000
const CONNECTIONS = 16
const SEED = Number(process.env.APPGRANT_SEED ?? 20261122)

const here = httpFixture({ signIn: async () => ({ account: 'org-2' }) })
const server: Server = createServer()
const port = () => (server.address() as AddressInfo).port
let known: readonly string[] = []
let right: { key: string; secret: string; token: string }

beforeAll(async () => {
  const { app, secret } = await here.trustedApp()
  const open = await here.appgrant.apps.register(exampleApp({ public: true }))
  const { accessToken, tokenId } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  right = { key: app.key, secret, token: accessToken }
  // Writes the day of this use, which is not done before the response.
  await here.appgrant.close()
  // Everything but the secret and the token, with which a request would not be hostile.
  known = [
    app.key,
    open.app.key,
    tokenId,
    app.secrets[0]?.id ?? '',
    secret.slice(1),
    accessToken.slice(0, -1),
    `${accessToken}x`,
    'client_credentials',
    'calls:read',
  ]
  const handle = toNodeHandler(here.handler)
  const guard = protectNode(here.appgrant.authorizer, { scope: 'calls:read' })
  server.on('request', (req, res) => {
    if (req.url?.startsWith('/calls')) guard(req, res, () => res.end(accessOf(req).account))
    else void handle(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

describe(`${REQUESTS} hostile requests over a socket (seed ${SEED})`, () => {
  const forms = (path: string): readonly Target[] => [{ method: 'POST', path, body: 'form' }]
  const described = (root: string): readonly Target[] =>
    [...appRoutes, ...installRoutes, ...tokenRoutes]
      .filter(({ path }) => path.startsWith(root))
      .map(({ method, path }) => ({ method, path, body: 'json' }))

  const authorization: readonly Target[] = [
    { method: 'GET', path: `/authorize?response_type=code&client_id={key}&code_challenge_method=S256`, body: 'form' },
    { method: 'POST', path: '/authorize', body: 'form' },
    { method: 'POST', path: '/authorize/decision', body: 'form' },
  ]

  it.each([
    { name: '/token', targets: forms('/token') },
    { name: '/revoke', targets: forms('/revoke'), isLetIn: true },
    { name: '/introspect', targets: forms('/introspect'), isLetIn: true },
    {
      name: 'the metadata',
      targets: [{ method: 'GET', path: '/.well-known/oauth-authorization-server', body: 'form' }] as const,
    },
    { name: '/apps', targets: described('/apps') },
    { name: '/tokens', targets: described('/tokens') },
    { name: '/installs', targets: described('/installs') },
    { name: '/authorize', targets: authorization },
    { name: 'a protected resource', targets: [{ method: 'GET', path: '/calls', body: 'form' }] as const },
  ])(
    'hostile requests to $name cause no 5xx and store nothing, and the server goes on serving (ERR-4)',
    async ({ name, targets, isLetIn = false }) => {
      const random = seededRandom(SEED + name.length)
      const next = hostileRequests(random, {
        texts: known,
        targets: targets.map((target) => ({
          ...target,
          path: target.path.replace('{key}', right.key).replace('{id}', known[3] ?? ''),
        })),
        authorizations: isLetIn ? [basic(right.key, right.secret).authorization] : [],
      })
      const before = here.writes()
      const statuses = new Map<number | 'none', number>()
      let left = REQUESTS
      const work = async () => {
        let connection: RawConnection | undefined
        while (left-- > 0) {
          const request = next()
          connection = connection?.isOpen() ? connection : await rawConnection(port())
          const status = await statusOf(connection, request)
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          if (status !== 'none' && status >= 500)
            throw new Error(`${status}: ${request.bytes.toString('latin1').slice(0, 3000)}`)
        }
        connection?.cut()
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, work))
      expect(here.outages).toEqual([])
      expect(here.writes()).toBe(before)
      // The endpoint is tested, not the parser of Node in front of it.
      expect([...statuses.values()].reduce((sum, count) => sum + count)).toBe(REQUESTS)
      expect(statuses.get('none') ?? 0).toBeLessThan(REQUESTS / 20)
      await expectService()
    },
    120_000,
  )
})

async function statusOf(connection: RawConnection, { bytes, isCut }: HostileRequest): Promise<number | 'none'> {
  if (isCut) {
    await connection.write(bytes)
    connection.cut()
    return 'none'
  }
  const response = await connection.ask(bytes)
  if (response?.headers.get('connection') === 'close') connection.cut()
  return response?.status ?? 'none'
}

async function expectService(): Promise<void> {
  const bearer = { authorization: `Bearer ${right.token}` }
  expect(await (await fetch(`http://127.0.0.1:${port()}/calls`, { headers: bearer })).text()).toBe('org-1')
  const body = new URLSearchParams({ token: right.token })
  const response = await fetch(`http://127.0.0.1:${port()}/introspect`, {
    method: 'POST',
    headers: basic(right.key, right.secret),
    body,
  })
  expect(await response.json()).toMatchObject({ active: true })
}
