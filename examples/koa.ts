// The endpoints and a guarded resource on Koa. Try the commands that it prints.
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import Koa from 'koa'

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

const app = new Koa()
const guard = protectNode(appgrant.authorizer, { scope: 'calls:read' })
app.use(async (ctx, next) => {
  if (ctx.path !== '/calls') return next()
  // If the token is rejected, the guard sends the response itself and Koa must not send another.
  ctx.respond = false
  await new Promise<void>((resolve, reject) => {
    ctx.res.once('close', resolve)
    guard(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve()))
  })
  if (ctx.res.writableEnded) return
  ctx.respond = true
  ctx.body = `calls of ${accessOf(ctx.req).account}\n`
})

// Before any body parser: the endpoints read their bodies themselves.
const endpoints = toNodeHandler(createHandler(appgrant))
app.use(async (ctx) => {
  ctx.respond = false
  await endpoints(ctx.req, ctx.res)
})

app.listen(port, '127.0.0.1', () => {
  console.log(`curl -u ${registered.key}:${secret} -d grant_type=client_credentials ${issuer}/token`)
  console.log(`curl -H "Authorization: Bearer TOKEN" ${issuer}/calls`)
})
