import { createServer, type RequestListener, type Server } from 'node:http'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import type { Handler } from '../../src/http/index.ts'
import type { AppGrant } from '../../src/index.ts'
import type { Library } from './library.ts'

/** What is mounted: the endpoints, and `GET /calls` behind a guard. */
export interface Mounted {
  readonly library: Library
  readonly appgrant: AppGrant
  readonly handler: Handler
  /** Mounts it behind what a careless host may have in front: a parser that has read the body. */
  readonly isBodyParsed?: boolean
}

/** A framework: how it serves {@link Mounted}. Resolves when it listens on a port of 127.0.0.1. */
export type Mount = (mounted: Mounted) => Promise<Server>

const SCOPE = { scope: 'calls:read' }

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

export const mounts: Readonly<Record<string, Mount>> = {
  async 'node:http'({ library, appgrant, handler, isBodyParsed }) {
    const endpoints = library.node.toNodeHandler(handler)
    const guard = library.node.protectNode(appgrant.authorizer, SCOPE)
    return listen(async (req, res) => {
      if (isBodyParsed) await readAll(req)
      if (req.url === '/calls') guard(req, res, () => res.end(library.node.accessOf(req).account))
      else await endpoints(req, res)
    })
  },

  async express({ library, appgrant, handler, isBodyParsed }) {
    const app = express()
    if (isBodyParsed) app.use(express.json(), express.urlencoded())
    app.get('/calls', library.node.protectNode(appgrant.authorizer, SCOPE), (req, res) => {
      res.end(library.node.accessOf(req).account)
    })
    app.use(library.node.toNodeHandler(handler))
    return listen(app)
  },

  async fastify({ library, appgrant, handler, isBodyParsed }) {
    const app = Fastify()
    const endpoints = library.node.toNodeHandler(handler)
    const guard = library.node.protectNode(appgrant.authorizer, SCOPE)
    app.get('/calls', {
      preHandler: (request, reply, done) => guard(request.raw, reply.raw, () => done()),
      handler: async (request) => library.node.accessOf(request.raw).account,
    })
    app.register(async (scope) => {
      if (!isBodyParsed) scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, payload, done) => {
        if (isBodyParsed) readAll(payload).then(() => done(null), done)
        else done(null)
      })
      scope.all('/*', (request, reply) => {
        reply.hijack()
        return endpoints(request.raw, reply.raw)
      })
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server
  },

  async hono({ library, appgrant, handler, isBodyParsed }) {
    const app = new Hono()
    if (isBodyParsed) {
      app.use(async (c, next) => {
        await c.req.text()
        await next()
      })
    }
    const guard = library.http.protect(appgrant.authorizer, SCOPE)
    app.get('/calls', async (c) => {
      const access = await guard(c.req.raw)
      return access instanceof Response ? access : c.text(access.account)
    })
    app.all('*', (c) => {
      const { address } = getConnInfo(c).remote
      return handler(c.req.raw, { remoteAddress: address })
    })
    return new Promise((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(server as Server))
    })
  },

  async koa({ library, appgrant, handler, isBodyParsed }) {
    const app = new Koa()
    // Otherwise it would print every broken connection.
    app.silent = true
    const endpoints = library.node.toNodeHandler(handler)
    const guard = library.node.protectNode(appgrant.authorizer, SCOPE)
    if (isBodyParsed) {
      app.use(async (ctx, next) => {
        await readAll(ctx.req)
        await next()
      })
    }
    app.use(async (ctx, next) => {
      if (ctx.path !== '/calls') return next()
      ctx.respond = false
      await new Promise<void>((resolve, reject) => {
        ctx.res.once('close', resolve)
        guard(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve()))
      })
      if (ctx.res.writableEnded) return
      ctx.respond = true
      ctx.body = library.node.accessOf(ctx.req).account
    })
    app.use(async (ctx) => {
      ctx.respond = false
      await endpoints(ctx.req, ctx.res)
    })
    return listen(app.callback())
  },
}
