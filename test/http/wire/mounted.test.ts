import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createHandler } from '../../../src/http/index.ts'
import { createAppGrant } from '../../../src/index.ts'

const ORIGIN = 'https://login.example'

describe('mounted in a framework that removes the mount path', () => {
  const appgrant = createAppGrant({ store: memoryStore(), issuer: `${ORIGIN}/oauth` })
  const handler = createHandler(appgrant)
  const mounted = createHandler(appgrant, { strippedPrefix: '/oauth' })

  it.each<[string, (app: Hono) => Hono]>([
    [
      'with the request unchanged',
      (app) =>
        app
          .mount('/oauth', (request) => handler(request), { replaceRequest: false })
          .mount('/.well-known', (request) => handler(request), { replaceRequest: false }),
    ],
    [
      'with strippedPrefix',
      (app) => app.mount('/oauth', (request) => mounted(request)).all('/.well-known/*', (c) => mounted(c.req.raw)),
    ],
  ])('the endpoints and the metadata work in Hono %s, as docs/frameworks.md says (HTTP-9)', async (_, mount) => {
    const app = mount(new Hono())
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' })
    const token = await app.request(`${ORIGIN}/oauth/token`, { method: 'POST', body })
    expect([token.status, await token.json()]).toMatchObject([401, { error: 'invalid_client' }])
    const metadata = await app.request(`${ORIGIN}/.well-known/oauth-authorization-server/oauth`)
    expect(await metadata.json()).toMatchObject({ token_endpoint: `${ORIGIN}/oauth/token` })
  })
})
