import { describe, expect, it } from 'vitest'
import type { AppGrantOptions } from '../../../src/index.ts'
import { RING_KEY } from '../../support/devices.ts'
import { answerIn, authorization, CHALLENGE, expectPage, REDIRECT, ticketIn } from '../../support/http-authorization.ts'
import { ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'

const PUSHED = { keyRing: [RING_KEY], pushedRequests: 'accepted' } as const
const REQUEST = {
  redirect_uri: REDIRECT,
  response_type: 'code',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  state: 'xyz',
}

async function fixture(options: Partial<AppGrantOptions> = {}, fields: object = {}) {
  const here = await authorization({ ...PUSHED, ...options }, fields)
  const uri = async (changed: Record<string, string> = {}) =>
    String((await jsonOf(await here.asApp('/par', { ...REQUEST, ...changed }))).request_uri)
  const open = (request_uri: string, init: RequestInit = {}) =>
    here.send(`/authorize?${new URLSearchParams({ client_id: here.app.key, request_uri })}`, init)
  return { ...here, uri, open }
}

describe('POST /par', () => {
  it('exists only with the option, and the metadata says so (PAR-1, PAR-4, HTTP-7)', async () => {
    const metadata = '/.well-known/oauth-authorization-server'
    const off = await authorization()
    expect((await off.asApp('/par', REQUEST)).status).toBe(404)
    expect(await jsonOf(await off.send(metadata))).not.toHaveProperty('pushed_authorization_request_endpoint')
    for (const pushedRequests of ['accepted', 'required'] as const)
      expect(await jsonOf(await (await fixture({ pushedRequests })).send(metadata))).toMatchObject({
        pushed_authorization_request_endpoint: `${ISSUER}/par`,
        require_pushed_authorization_requests: pushedRequests === 'required',
      })
  })

  it('the response is a 201 with request_uri and expires_in, not stored anywhere, and leads to a code (PAR-1)', async () => {
    const w = await fixture()
    const writes = w.writes()
    const response = await w.asApp('/par', { ...REQUEST, scope: 'calls:read' })
    expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const body = await jsonOf(response)
    expect(body).toEqual({ request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/), expires_in: 600 })
    expect(w.writes()).toBe(writes)
    const page = await w.open(String(body.request_uri))
    expectPage(page, 200)
    const decided = await w.decide({ ticket: ticketIn(await page.text()), decision: 'approve', scope: 'calls:read' })
    const answer = answerIn(decided)
    expect(answer.get('state')).toBe('xyz')
    expect(await jsonOf(await w.redeem(answer.get('code') ?? ''))).toMatchObject({ scope: 'calls:read' })
    expectPage(await w.open(String(body.request_uri)), 400)
  })

  it.each([
    [{ client_secret: 'wrong' }, 400, 'invalid_request'],
    [{ redirect_uri: 'https://evil.example/' }, 400, 'invalid_request'],
    [{ scope: 'unheard-of' }, 400, 'invalid_scope'],
    [{ resource: 'https://elsewhere.example/' }, 400, 'invalid_target'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 400, 'invalid_request'],
    [{ response_type: 'token' }, 400, 'invalid_request'],
    [{ state: 's'.repeat(20_000) }, 413, 'invalid_request'],
  ])('a request with %o is refused (PAR-1)', async (changed, status, error) => {
    const w = await fixture()
    expect(await refusal(await w.asApp('/par', { ...REQUEST, ...(changed as object) }))).toEqual({ status, error })
  })

  it('other methods, wrong credentials, and parameters in the URL are refused (RFC 9126 §2.3, HTTP-5)', async () => {
    const w = await fixture()
    const response = await w.send('/par')
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    expect(await refusal(await w.post('/par', { ...REQUEST, client_id: w.app.key }))).toEqual({
      status: 401,
      error: 'invalid_client',
    })
    expect(await refusal(await w.asApp(`/par?redirect_uri=${REDIRECT}`, REQUEST))).toEqual({
      status: 400,
      error: 'invalid_request',
    })
  })

  it('nothing of a request URI that is not valid is redirected or shown to be signed in for (PAR-2, S01)', async () => {
    const w = await fixture()
    const uri = await w.uri()
    w.session.who = undefined
    expectPage(await w.open(`${uri}x`), 400)
    expect(w.session.asked).toEqual([])
    const response = await w.open(uri)
    expect([response.status, response.headers.get('location')]).toEqual([302, `${ISSUER}/sign-in`])
    w.clock.advance(599_000)
    w.session.who = { account: 'user-1' }
    expectPage(await w.open(uri), 200)
  })

  it('the sign-in that a pushed request needs is asked for, although the browser does not carry it (TOK-11)', async () => {
    const w = await fixture()
    const uri = await w.uri({ max_age: '60', acr_values: 'mfa' })
    const answer = answerIn(await w.open(uri))
    expect(w.session.needs).toEqual([{ maxAgeSeconds: 60, acrValues: ['mfa'] }])
    expect(answer.get('error')).toBe('unmet_authentication_requirements')
  })

  it('a page of a public app may push, and no other page (HTTP-6, HTTP-10)', async () => {
    const w = await fixture({}, { public: true })
    const { origin } = new URL(REDIRECT)
    const from = (page: string) => w.post('/par', { ...REQUEST, client_id: w.app.key }, { origin: page })
    expect((await from(origin)).headers.get('access-control-allow-origin')).toBe(origin)
    expect((await from('https://evil.example')).headers.has('access-control-allow-origin')).toBe(false)
    const preflight = await w.send('/par', { method: 'OPTIONS', headers: { origin } })
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
  })

  it('if requests must be pushed, /authorize says so on its page (PAR-4)', async () => {
    const w = await fixture({ pushedRequests: 'required' })
    expectPage(await w.authorize(), 400)
    expectPage(await w.open(await w.uri()), 200)
  })
})
