import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createKey } from '../../src/credentials/app-key.ts'
import { createRandomText } from '../../src/credentials/random.ts'
import { createHandler } from '../../src/http/index.ts'
import { createAppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { authorization, REDIRECT, VERIFIER } from '../support/http-authorization.ts'
import { basic, ISSUER, jsonOf } from '../support/http-fixture.ts'
import { warningsDuring } from '../support/warnings.ts'

const AGENT = 'attacker/1'
const ADDRESS = '192.0.2.66'

async function setUp() {
  const here = await authorization()
  const { app: other, secret } = await here.appgrant.apps.register(exampleApp({ owner: 'org-2', scopes: ['read'] }))
  const seen: unknown[] = []
  here.appgrant.events.on('refused', ({ at: _, ...event }) => void seen.push(event))
  const send = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    headers.set('user-agent', AGENT)
    return here.send(path, { ...init, headers, remoteAddress: ADDRESS })
  }
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    send(path, { method: 'POST', body: new URLSearchParams(form), headers })
  return { ...here, other: { key: other.key, secret }, seen, send, post, credentials: basic(here.app.key, here.secret) }
}
type Scene = Awaited<ReturnType<typeof setUp>>

interface Refused {
  readonly code: string
  readonly reason: string
  readonly app?: 'mine' | 'other'
  readonly by?: { readonly account: string; readonly login: string }
}
const ANN = { account: 'user-1', login: 'ann' }

const TABLE: Readonly<Record<string, readonly [(scene: Scene) => Promise<Response>, number, Refused]>> = {
  'a wrong secret at /token': [
    ({ post, app }) => post('/token', { grant_type: 'client_credentials' }, basic(app.key, 'guess')),
    401,
    { code: 'app_authentication_failed', reason: 'wrong_secret', app: 'mine' },
  ],
  'a code with a wrong verifier': [
    async ({ post, code, credentials }) => {
      const form = { grant_type: 'authorization_code', redirect_uri: REDIRECT, code_verifier: 'w'.repeat(43) }
      return post('/token', { ...form, code: await code() }, credentials)
    },
    400,
    { code: 'invalid_code', reason: 'wrong_verifier', app: 'mine' },
  ],
  'a refresh token of another app': [
    async ({ post, tokens, other }) => {
      const refresh_token = String((await tokens()).refresh_token)
      return post('/token', { grant_type: 'refresh_token', refresh_token }, basic(other.key, other.secret))
    },
    400,
    { code: 'invalid_refresh_token', reason: 'other_app', app: 'other' },
  ],
  "another app's token at /revoke": [
    async ({ post, tokens, other }) =>
      post('/revoke', { token: String((await tokens()).access_token) }, basic(other.key, other.secret)),
    400,
    { code: 'foreign_token', reason: 'foreign_token', app: 'other' },
  ],
  "another app's token at /introspect": [
    async ({ post, tokens, other }) =>
      post('/introspect', { token: String((await tokens()).access_token) }, basic(other.key, other.secret)),
    200,
    { code: 'foreign_token', reason: 'foreign_token', app: 'other' },
  ],
  'an unregistered redirect URL at /authorize': [
    ({ send, params }) => send(`/authorize?${params({ redirect_uri: 'https://evil.example/' })}`),
    400,
    { code: 'invalid_redirect', reason: 'unregistered_redirect', app: 'mine' },
  ],
  'a scope at /authorize that the app did not register': [
    ({ send, params }) => send(`/authorize?${params({ scope: 'admin' })}`),
    303,
    { code: 'invalid_scope', reason: 'invalid_scope', app: 'mine', by: ANN },
  ],
  'a stolen ticket': [
    async ({ post, ticket, session }) => {
      const stolen = await ticket()
      session.who = { account: 'user-2', login: 'eve' }
      return post('/authorize/decision', { ticket: stolen, decision: 'approve' }, { 'sec-fetch-site': 'same-origin' })
    },
    400,
    { code: 'invalid_ticket', reason: 'other_account', app: 'mine', by: { account: 'user-2', login: 'eve' } },
  ],
  'a decision that a page of another site posts': [
    async ({ post, ticket }) =>
      post('/authorize/decision', { ticket: await ticket(), decision: 'approve' }, { 'sec-fetch-site': 'cross-site' }),
    403,
    { code: 'not_permitted', reason: 'cross_site_request' },
  ],
  'a change that a page of another site makes': [
    ({ send }) =>
      send('/apps', {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      }),
    403,
    { code: 'not_permitted', reason: 'cross_site_request' },
  ],
  "another account's app": [
    ({ send, other }) => send(`/apps/${other.key}`),
    404,
    { code: 'app_not_found', reason: 'app_of_another_account', app: 'other', by: ANN },
  ],
  "removal of another account's app": [
    ({ send, other }) =>
      send('/apps/remove', {
        method: 'POST',
        body: JSON.stringify({ apps: [other.key] }),
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      }),
    200,
    { code: 'app_not_found', reason: 'app_of_another_account', app: 'other', by: ANN },
  ],
}

describe('refusals over HTTP', () => {
  for (const [title, [attempt, status, { app, by = {}, ...event }]] of Object.entries(TABLE)) {
    it(`${title} raises one refused, with address and user agent of the request (ERR-9)`, async () => {
      const scene = await setUp()
      expect((await attempt(scene)).status).toBe(status)
      const keys = { mine: scene.app.key, other: scene.other.key }
      const facts = { remoteAddress: ADDRESS, userAgent: AGENT }
      expect(scene.seen).toEqual([{ ...event, ...(app && { app: keys[app] }), by, ...facts }])
    })
  }

  it('what an honest account and app do raises no refused (ERR-9)', async () => {
    const { send, tokens, refresh, asApp, seen, app } = await setUp()
    const { access_token, refresh_token } = await tokens()
    await refresh(refresh_token)
    await asApp('/introspect', { token: String(access_token) })
    await asApp('/introspect', { token: 'unknown' })
    await asApp('/revoke', { token: String(access_token) })
    for (const path of ['/apps', '/installs', `/tokens?app=${app.key}`, '/openapi.json', '/nothing'])
      expect((await send(path)).status, path).toBeLessThan(500)
    const unknown = createKey('org-1', createRandomText())
    expect((await send(`/apps/${unknown}`)).status).toBe(404)
    expect(seen).toEqual([])
  })

  it('an unexpected error of the host is a process warning if nobody listens, and the response says nothing of it (ERR-9)', async () => {
    const appgrant = createAppGrant({ store: memoryStore(), issuer: ISSUER })
    const handler = createHandler(appgrant, { signIn: () => Promise.reject(new RangeError('the host failed')) })
    const warnings = await warningsDuring(async () => {
      for (let n = 0; n < 3; n++) {
        const response = await handler(new Request(`${ISSUER}/apps`))
        expect(response.status).toBe(500)
        expect(await response.text()).not.toContain('host failed')
      }
    })
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ['APPGRANT_OUTAGE', expect.stringContaining('GET /apps with 500: RangeError: the host failed')],
    ])
  })
})

describe('what is reported', () => {
  it('no event, tracing channel or warning carries a secret, token, code, ticket or verifier (S51)', async () => {
    const scene = await setUp()
    const { appgrant, post, send, code, ticket, tokens, refresh, app, secret, other, credentials } = scene
    const seen: unknown[] = []
    for (const type of ['app', 'token', 'install', 'refused', 'outage'] as const)
      appgrant.events.on(type, (event) => void seen.push(event))
    const managed = appgrant.as('org-1')
    const apis = {
      Authorizer: appgrant.authorizer,
      AppRegistry: managed.apps,
      TokenStore: managed.tokens,
      Installs: managed.installs,
    }
    const keep: ChannelListener = (message) => void seen.push({ ...(message as object) })
    for (const [name, api] of Object.entries(apis))
      for (const method of Object.keys(api))
        for (const moment of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
          const channel = `tracing:appgrant:${name}.${method}:${moment}`
          subscribe(channel, keep)
          onTestFinished(() => void unsubscribe(channel, keep))
        }

    const secrets = new Set([secret, other.secret, VERIFIER])
    const known = <T>(value: T): T => {
      secrets.add(String(value))
      return value
    }
    const warnings = await warningsDuring(async () => {
      const first = await tokens()
      const asked = known(await ticket())
      const unused = known(await code())
      for (const value of [first.access_token, first.refresh_token]) known(value)
      // The same again, and again otherwise.
      for (const form of [{}, {}, { scope: 'calls:read' }]) {
        const { access_token, refresh_token } = await jsonOf(await refresh(first.refresh_token, form))
        for (const value of [access_token, refresh_token]) known(value)
      }
      known((await appgrant.apps.addSecret(app.key)).secret)
      for (const one of [...secrets]) {
        const wrong = basic(app.key, `${one.slice(1)}x`)
        await post('/token', { grant_type: 'refresh_token', refresh_token: one }, credentials)
        await post('/token', { grant_type: 'refresh_token', refresh_token: one }, wrong)
        await post('/token', { grant_type: 'refresh_token', refresh_token: one }, basic(other.key, other.secret))
        await post('/token', { grant_type: 'client_credentials', scope: one }, basic(one, one))
        const exchange = { grant_type: 'authorization_code', code: one, code_verifier: one, redirect_uri: one }
        await post('/token', exchange, credentials)
        await post('/token', { ...exchange, code: unused }, credentials)
        await post('/introspect', { token: one }, basic(other.key, other.secret))
        await post('/revoke', { token: one }, basic(other.key, other.secret))
        await send(`/authorize?client_id=${one}&redirect_uri=${one}`)
        await send(`/authorize?client_id=${app.key}&redirect_uri=${one}`)
        await send(`/authorize?${scene.params({ scope: one, resource: one })}`)
        for (const ticketOf of [one, asked])
          await post('/authorize/decision', { ticket: ticketOf, decision: 'approve', scope: one })
        for (const path of [`/apps/${one}`, `/apps?owner=${one}&cursor=${one}`, `/installs?account=${one}`])
          await send(path)
        await send(`/tokens?app=${app.key}&account=${one}`)
      }
      scene.faults.fail('get', 'before')
      await post('/token', { grant_type: 'client_credentials' }, credentials)
      scene.faults.heal()
      // Last, because it ends the session.
      await refresh(first.refresh_token)
      await jsonOf(await scene.redeem(unused, { code_verifier: VERIFIER }))
      await appgrant.apps.regenerateSecret(app.key)
    })
    expect(seen.length).toBeGreaterThan(300)
    expect(secrets.size).toBeGreaterThan(8)
    const shown = inspect([seen, warnings], {
      depth: 12,
      showHidden: true,
      maxArrayLength: null,
      maxStringLength: null,
    })
    for (const one of secrets) {
      expect(shown.includes(one), one).toBe(false)
      // Nor the part that proves it.
      if (one.startsWith('ag_')) expect(shown.includes(one.slice(-60, -10)), one).toBe(false)
    }
  })
})
