// This library on Redis, by node:http.
import { createHandler } from '../../dist/http.js'
import { accessOf, protectNode, toNodeHandler } from '../../dist/node.js'
import { redisStore } from '../../dist/redis.js'
import { platform } from '../apps.ts'
import { redisHere, routes, sendJson, serve } from './serve.ts'

const [, timeoutMs] = process.argv.find((arg) => arg.startsWith('timeoutMs='))?.split('=') ?? []
const store = redisStore({ client: redisHere(), namespace: 'ag' })
const { appgrant, key, secret } = await platform(store, { ...(timeoutMs && { timeoutMs: Number(timeoutMs) }) })
const handler = toNodeHandler(createHandler(appgrant))
const strict = protectNode(appgrant.authorizer)
const cached = protectNode(appgrant.authorizer, { maxStalenessMs: 60_000 })

serve(
  routes({
    '/token': handler,
    '/introspect': handler,
    '/bearer': (req, res) => strict(req, res, () => sendJson(res, { account: accessOf(req).account })),
    '/cached': (req, res) => cached(req, res, () => sendJson(res, { account: accessOf(req).account })),
  }),
  { key, secret },
)
