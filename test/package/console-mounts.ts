import { createServer, type RequestListener, type Server } from 'node:http'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import express from 'express'
import Fastify, { type FastifyReply } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import type { Handler } from '../../src/http/index.ts'
import type { Library } from './library.ts'

/** Serves the console at `/console` of a framework, as docs/console.md says, and resolves when it listens on 127.0.0.1. */
export type ConsoleMount = (library: Library, pages: Handler) => Promise<Server>

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

export const consoleMounts: Readonly<Record<string, ConsoleMount>> = {
  async 'node:http'({ node }, pages) {
    const serveConsole = node.toNodeHandler(pages)
    return listen((req, res) => {
      if (req.url?.startsWith('/console')) void serveConsole(req, res)
      else res.writeHead(404).end()
    })
  },

  async 'Express, under a path'({ node }, pages) {
    const app = express()
    app.use('/console', node.toNodeHandler(pages))
    // What comes after may parse bodies.
    app.use(express.urlencoded())
    return listen(app)
  },

  async Fastify({ node }, pages) {
    const app = Fastify()
    const serveConsole = node.toNodeHandler(pages)
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all('/console', handle)
      scope.all('/console/*', handle)
    })
    async function handle(request: { raw: Parameters<typeof serveConsole>[0] }, reply: FastifyReply): Promise<void> {
      reply.hijack()
      await serveConsole(request.raw, reply.raw)
    }
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server
  },

  async Hono(_, pages) {
    const app = new Hono()
    app.all('/console/*', (c) => pages(c.req.raw, { remoteAddress: getConnInfo(c).remote.address }))
    return new Promise((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(server as Server))
    })
  },

  async Koa({ node }, pages) {
    const app = new Koa()
    const serveConsole = node.toNodeHandler(pages)
    app.use(async (ctx, next) => {
      if (!ctx.path.startsWith('/console')) return next()
      ctx.respond = false
      await serveConsole(ctx.req, ctx.res)
    })
    return listen(app.callback())
  },
}
