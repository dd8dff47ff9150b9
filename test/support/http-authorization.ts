import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { HandlerOptions } from '../../src/http/index.ts'
import type { SignedIn } from '../../src/http/wire/sign-in.ts'
import type { AppGrantOptions } from '../../src/options.ts'
import type { exampleApp } from '../../src/testing/index.ts'
import { basic, httpFixture, ISSUER, jsonOf } from './http-fixture.ts'

export const REDIRECT = 'https://reports.example/callback'
export const VERIFIER = 'v'.repeat(43)
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

type AppFields = Parameters<typeof exampleApp>[0]

/** A fixture with an app that users authorize, and a session of the host whose account a test changes. */
export async function authorization(options: Partial<AppGrantOptions> & HandlerOptions = {}, fields: AppFields = {}) {
  /** Who is signed in; undefined if no account is. */
  const session: { who: SignedIn | undefined; asked: Request[]; needs: unknown[] } = {
    who: { account: 'user-1', login: 'ann' },
    asked: [],
    needs: [],
  }
  const here = httpFixture({
    async signIn(request, needs) {
      session.asked.push(request)
      session.needs.push(needs)
      return session.who ?? Response.redirect(`${ISSUER}/sign-in`, 302)
    },
    ...options,
  })
  // A public app has none, and is never asked for it.
  const { app, secret = '' } = await here.appgrant.apps.register({
    owner: 'org-1',
    name: 'Call Reports',
    homepage: 'https://reports.example/',
    adminEmail: 'ops@reports.example',
    redirectUrls: [REDIRECT],
    scopes: ['calls:read', 'calls:write'],
    ...fields,
  })
  const params = (changed: Record<string, string> = {}) =>
    new URLSearchParams({
      response_type: 'code',
      client_id: app.key,
      redirect_uri: REDIRECT,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      state: 'xyz',
      ...changed,
    })
  const authorize = (changed: Record<string, string> = {}, init: RequestInit = {}) =>
    here.send(`/authorize?${params(changed)}`, init)
  /** The ticket of a new consent request. */
  const ticket = async (changed: Record<string, string> = {}) => ticketIn(await (await authorize(changed)).text())
  const decide = (form: Record<string, string> | [string, string][], headers: Record<string, string> = {}) =>
    here.send('/authorize/decision', {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { 'sec-fetch-site': 'same-origin', ...headers },
    })
  const code = async (scope = 'calls:read calls:write', changed: Record<string, string> = {}) =>
    answerIn(await decide({ ticket: await ticket(changed), decision: 'approve', scope })).get('code') ?? ''
  const proof: Record<string, string> = app.public ? {} : basic(app.key, secret)
  /** As the app posts it. */
  const asApp = (path: string, form: Record<string, string>, headers = proof) =>
    here.post(path, app.public ? { client_id: app.key, ...form } : form, headers)
  const redeem = (presented: string, form: Record<string, string> = {}) =>
    asApp('/token', {
      grant_type: 'authorization_code',
      code: presented,
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
      ...form,
    })
  const refresh = (presented: unknown, form: Record<string, string> = {}) =>
    asApp('/token', { grant_type: 'refresh_token', refresh_token: String(presented), ...form })
  /** The response to a fresh code. */
  const tokens = async () => jsonOf(await redeem(await code()))

  return { ...here, session, app, secret, params, authorize, ticket, decide, code, asApp, redeem, refresh, tokens }
}

/** The ticket in a consent page. */
export function ticketIn(page: string): string {
  return /name="ticket" value="([\w-]+)"/.exec(page)?.[1] ?? ''
}

/** The parameters with which a response sends the browser back to the app. */
export function answerIn(response: Response): URLSearchParams {
  expect(response.status).toBe(303)
  const location = new URL(response.headers.get('location') ?? '')
  expect(`${location.origin}${location.pathname}`).toBe(REDIRECT)
  return location.searchParams
}

/** Expects a page of the endpoint with that status that leads nowhere. */
export function expectPage(response: Response, status: number): void {
  expect(response.status).toBe(status)
  expect(response.headers.has('location')).toBe(false)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('pragma')).toBe('no-cache')
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
}
