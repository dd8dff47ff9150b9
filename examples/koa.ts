// The endpoints and a protected resource on Koa. Try the commands that it prints.
import { createHandler } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import Koa from 'koa'
import { platform, port, printCommands } from './platform.ts'

const { appgrant, ...credentials } = await platform()

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

app.listen(port, '127.0.0.1', () => printCommands(credentials))
