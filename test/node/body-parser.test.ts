import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { toNodeHandler } from '../../src/node.ts'
import { httpFixture } from '../support/http-fixture.ts'
import { closed } from '../support/real-server.ts'
import { warningsDuring } from '../support/warnings.ts'

type Verify = (req: object, res: object, bytes: Buffer) => void

describe('behind the body parsers of Express', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await closed(server)
    }
  })

  /** The endpoints behind parsers; `verify` is called with what they read. */
  async function behindParsers(verify: Verify = () => {}) {
    const fixture = httpFixture({ signIn: async () => ({ account: 'org' }) })
    const app = express()
    app.use(express.json({ verify }), express.urlencoded({ verify }), toNodeHandler(fixture.handler))
    const server = await new Promise<Server>((resolve) => {
      const listening: Server = app.listen(0, '127.0.0.1', () => resolve(listening))
    })
    servers.push(server)
    const { port } = server.address() as AddressInfo
    const send = (path: string, type: string, body: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': type, 'sec-fetch-site': 'same-origin' },
        body,
      })
    return {
      ...fixture,
      port,
      grant: (form: Record<string, string>) =>
        send('/token', 'application/x-www-form-urlencoded', String(new URLSearchParams(form))),
      register: () => send('/apps', 'application/json', '{}'),
    }
  }

  it('the handler responds with 500, with one warning that tells the fix and an event for each request', async () => {
    const { grant, register, outages } = await behindParsers()
    const secret = 's'.repeat(32)
    const [warning, ...more] = await warningsDuring(async () => {
      for (const call of [() => grant({ client_secret: secret }), register, () => grant({ a: 'b' })])
        expect((await call()).status).toBe(500)
    })
    expect([warning?.code, more]).toEqual(['APPGRANT_MOUNT', []])
    expect(warning?.message).toContain('POST /token responds with 500, because a body parser has read the body')
    expect(warning?.message).toContain('Mount this handler before the parser')
    expect(warning?.message).toContain('req.rawBody = bytes')
    expect(warning?.message).not.toContain(secret)
    expect(outages).toHaveLength(3)
  })

  it('requests without a body work, and are no reason to warn', async () => {
    const { port, outages } = await behindParsers()
    const warnings = await warningsDuring(async () => {
      const metadata = await fetch(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server`)
      expect([metadata.status, await metadata.json()]).toMatchObject([200, { issuer: 'https://login.example' }])
    })
    expect([warnings, outages]).toEqual([[], []])
  })

  it('the verify function that the warning names makes the endpoints work (HTTP-12)', async () => {
    const { grant, register, outages } = await behindParsers((req, _, bytes) => {
      Object.assign(req, { rawBody: bytes })
    })
    const warnings = await warningsDuring(async () => {
      const response = await grant({ grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' })
      expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }])
      const created = await register()
      expect([created.status, await created.json()]).toMatchObject([400, { error: 'invalid_fields' }])
    })
    expect([warnings, outages]).toEqual([[], []])
  })
})
