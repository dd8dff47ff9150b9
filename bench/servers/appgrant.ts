// This library by node:http, on Redis or on the PostgreSQL server whose URL is given instead of a port.
import { Client } from 'pg'
import { createHandler } from '../../dist/http.js'
import { accessOf, protectNode, toNodeHandler } from '../../dist/node.js'
import { postgresStore } from '../../dist/postgres.js'
import { redisStore } from '../../dist/redis.js'
import { platform } from '../apps.ts'
import { redisHere, routes, sendJson, serve } from './serve.ts'

const [, timeoutMs] = process.argv.find((arg) => arg.startsWith('timeoutMs='))?.split('=') ?? []
const url = process.argv[2]?.startsWith('postgres') ? process.argv[2] : undefined
const store = url
  ? postgresStore({ client: () => new Client(url), table: 'ag' })
  : redisStore({ client: redisHere(), namespace: 'ag' })
if (url) await store.prepare()
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
