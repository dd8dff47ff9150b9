// The endpoints and a guarded resource on Hono, here on Node. Try the commands that it prints.
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createAppGrant } from 'appgrant'
import { createHandler, protect } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { Hono } from 'hono'

const port = Number(process.env.PORT ?? 3000)
const issuer = `http://127.0.0.1:${port}`
const appgrant = createAppGrant({ store: memoryStore(), issuer })
const { app: registered, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  scopes: ['calls:read'],
  trusted: true,
})

const app = new Hono()
const guard = protect(appgrant.authorizer, { scope: 'calls:read' })
app.get('/calls', async (c) => {
  const access = await guard(c.req.raw)
  return access instanceof Response ? access : c.text(`calls of ${access.account}\n`)
})

const handler = createHandler(appgrant)
app.all('*', (c) => {
  // Failed authentications are limited per address. Other runtimes provide the address in other ways.
  const { address } = getConnInfo(c).remote
  return handler(c.req.raw, address === undefined ? {} : { remoteAddress: address })
})

serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => {
  console.log(`curl -u ${registered.key}:${secret} -d grant_type=client_credentials ${issuer}/token`)
  console.log(`curl -H "Authorization: Bearer TOKEN" ${issuer}/calls`)
})
