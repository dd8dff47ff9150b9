// The endpoints and a protected resource on Hono, here on Node. Try the commands that it prints.
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createHandler, protect } from 'appgrant/http'
import { Hono } from 'hono'
import { platform, port, printCommands } from './platform.ts'

const { appgrant, ...credentials } = await platform()

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
  return handler(c.req.raw, { remoteAddress: address })
})

serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => printCommands(credentials))
