import { createServer } from 'node:http'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createConsole } from '../../src/console/create-console.ts'
import type { ConsoleOptions } from '../../src/console/options.ts'
import type { Viewer } from '../../src/console/viewer.ts'
import { toNodeHandler } from '../../src/node.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { createFixture } from '../support/fixture.ts'
import { closed, listening } from '../support/real-server.ts'
import { challengeOf, codeIn, REDIRECT, VERIFIER } from '../support/session-fixture.ts'
import { NAMES } from './world.ts'

/**
 * The console on a real server, at a host that the browser maps to this machine. Other paths of the host are an empty page, and
 * `/sign-in` signs in and goes back.
 */
export async function consoleServer(
  options: Partial<ConsoleOptions> & {
    readonly host?: string
    readonly signInAt?: string
    readonly timeoutMs?: number
  } = {},
) {
  const { host = 'localhost', signInAt = '', timeoutMs = 5000, ...rest } = options
  const server = createServer()
  const { port } = new URL(await listening(server))
  const origin = `http://${host}:${port}`
  const fixture = createFixture(memoryStore(), { issuer: 'https://login.example', clock: Date.now, timeoutMs })
  const { appgrant } = fixture
  const { app, secret } = await appgrant.apps.register(
    exampleApp({
      owner: 'org',
      name: 'Call Reports',
      description: 'Statistics of every queue and agent',
      homepage: 'https://reports.example/',
      redirectUrls: [REDIRECT],
      scopes: ['read', 'write'],
    }),
  )
  const state = {
    viewer: { account: 'org', login: 'olga@seven.example' } as Viewer | undefined,
    requests: [] as string[],
  }
  const handler = createConsole(appgrant, {
    url: `${origin}/console`,
    signIn: async (request) => {
      const { pathname, search } = new URL(request.url)
      return (
        state.viewer ??
        Response.redirect(`${signInAt || origin}/sign-in?back=${encodeURIComponent(origin + pathname + search)}`, 303)
      )
    },
    accounts: {
      names: async (ids) => Object.fromEntries(ids.map((id) => [id, NAMES[id as keyof typeof NAMES] ?? id])),
    },
    ...rest,
  })
  const pages = toNodeHandler(handler)
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', origin)
    state.requests.push(`${request.method} ${request.headers.host}${url.pathname}`)
    if (url.pathname.startsWith('/console')) return void pages(request, response)
    if (url.pathname === '/sign-in') {
      state.viewer = { account: 'org', login: 'olga@seven.example' }
      return response.writeHead(303, { location: url.searchParams.get('back') ?? '/' }).end()
    }
    if (url.pathname === '/brand.css')
      return response.writeHead(200, { 'content-type': 'text/css' }).end('.brand { color: rgb(1, 2, 3) }')
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!doctype html><title>elsewhere</title><h1>Elsewhere</h1>')
  })
  return {
    ...fixture,
    state,
    origin,
    port,
    key: app.key,
    secret,
    /** Tokens of the app for an account that approves it. */
    async approve(account: string) {
      const params = new URLSearchParams({
        client_id: app.key,
        redirect_uri: REDIRECT,
        response_type: 'code',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
      })
      const asked = await appgrant.authorizer.beginAuthorization(params, { account })
      if (asked.step !== 'consent') throw new Error('expected a consent')
      const decided = await appgrant.authorizer.approve({ ticket: asked.ticket, account, scope: ['read'] })
      return appgrant.authorizer.exchangeCode({
        key: app.key,
        secret,
        code: codeIn(decided),
        codeVerifier: VERIFIER,
        redirectUrl: REDIRECT,
      })
    },
    async close() {
      await closed(server)
      await appgrant.close()
    },
  }
}

export type ConsoleServer = Awaited<ReturnType<typeof consoleServer>>
