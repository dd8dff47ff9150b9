import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { answerIn, authorization, expectPage, REDIRECT, ticketIn } from '../../support/http-authorization.ts'
import { ISSUER } from '../../support/http-fixture.ts'

describe('authorization requests without a valid redirect', () => {
  it.each([
    ['not registered', 'https://evil.example/callback'],
    ['a longer one', `${REDIRECT}/more`],
    ['with a query', `${REDIRECT}?a=b`],
    ['with a fragment', `${REDIRECT}#f`],
    ['in another case', REDIRECT.toUpperCase()],
    ['a script', 'javascript:alert(1)//reports.example/callback'],
    ['a script in mixed case', ' \tJaVa\nScRiPt:alert(1)'],
    ['a data URL', 'data:text/html,<script>alert(1)</script>'],
    ['with full-width signs', 'https://reports.example／callback'],
    ['on a host that NFKC makes the same', 'https://ｒeports.example/callback'],
    ['not a URL', 'http://%%%[::'],
    ['not a URL and long', `https://${'['.repeat(4000)}`],
    ['missing', ''],
  ])(
    'an authorization request stays on our page before sign-in if its redirect is %s (HTTP-2, S01, S05, S06, S07)',
    async (_, redirect_uri) => {
      for (const method of ['GET', 'POST'] as const) {
        const { session, authorize, params, send, writes } = await authorization()
        session.who = undefined
        const before = writes()
        const response =
          method === 'GET'
            ? await authorize({ redirect_uri })
            : await send('/authorize', { method, body: params({ redirect_uri }) })
        expectPage(response, 400)
        expect(await response.text()).not.toContain('alert')
        expect(session.asked).toEqual([])
        expect(writes()).toBe(before)
      }
    },
  )

  it.each(['', 'nobody', 'A'.repeat(32), '__proto__', '{"$ne":null}', 'x'.repeat(10_000)])(
    'an authorization request for the unknown app %j stays on our page (HTTP-2)',
    async (client_id) => {
      const { authorize, session } = await authorization()
      expectPage(await authorize({ client_id }), 400)
      expect(session.asked).toEqual([])
    },
  )

  it('a consent request beyond the limit is a page with 429 and Retry-After (APP-14)', async () => {
    const { authorize } = await authorization({ limits: { consentRequestsPerAccount: 1 } })
    expectPage(await authorize(), 200)
    const response = await authorize()
    expectPage(response, 429)
    expect(response.headers.get('retry-after')).toBe('600')
  })

  it('an authorization request for a suspended or removed app stays on our page (HTTP-2)', async () => {
    const { authorize, session, appgrant, app } = await authorization()
    await appgrant.apps.suspend(app.key)
    expectPage(await authorize(), 400)
    await appgrant.apps.remove(app.key)
    expectPage(await authorize(), 400)
    expect(session.asked).toEqual([])
  })

  it('an authorization request with a repeated parameter stays on our page (HTTP-2, RFC 6749 §3.1)', async () => {
    const { params, send, session } = await authorization()
    for (const name of ['client_id', 'redirect_uri', 'state', 'scope', 'response_type', 'request_uri']) {
      const repeated = `${params({ [name]: 'a' })}&${name}=b`
      expectPage(await send(`/authorize?${repeated}`), 400)
      const body = new URLSearchParams(repeated)
      expectPage(await send('/authorize', { method: 'POST', body }), 400)
    }
    expect(session.asked).toEqual([])
  })

  it('an authorization request is a 503 page with Retry-After while the store is down, never a redirect (HTTP-2)', async () => {
    const { authorize, faults } = await authorization()
    faults.fail('get', 'before')
    const response = await authorize()
    expectPage(response, 503)
    expect(response.headers.get('retry-after')).toBe('5')
  })
})

describe('authorization requests with a valid redirect', () => {
  it.each([
    ['scope', 'calls:admin', 'invalid_scope'],
    ['response_type', 'token', 'unsupported_response_type'],
    ['response_type', '', 'invalid_request'],
    ['response_mode', 'form_post', 'invalid_request'],
    ['response_mode', 'fragment', 'invalid_request'],
    ['code_challenge_method', 'plain', 'invalid_request'],
    ['code_challenge', '', 'invalid_request'],
    ['request', 'eyJhbGciOiJub25lIn0.e30.', 'request_not_supported'],
    ['request_uri', 'https://reports.example/request', 'request_uri_not_supported'],
  ])('the app learns of a bad %s=%s, and only after the user signed in (S08, S59)', async (name, value, error) => {
    const { authorize, session, writes } = await authorization()
    session.who = undefined
    const before = writes()
    const signedOut = await authorize({ [name]: value })
    expect(signedOut.headers.get('location')).toBe(`${ISSUER}/sign-in`)
    expect(signedOut.headers.get('cache-control')).toBe('no-store')
    session.who = { account: 'user-1' }
    const response = await authorize({ [name]: value })
    const told = answerIn(response)
    expect(told.get('error')).toBe(error)
    expect(told.get('iss')).toBe(ISSUER)
    expect(told.get('state')).toBe('xyz')
    expect(told.has('code')).toBe(false)
    expect(await response.text()).toBe('')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(writes()).toBe(before)
  })

  it('nothing is stored while no user is signed in (ERR-5)', async () => {
    const { authorize, session, writes } = await authorization()
    session.who = undefined
    const before = writes()
    expect((await authorize()).status).toBe(302)
    expect(writes()).toBe(before)
  })

  it('an account that may not use the app is refused without a consent page', async () => {
    const state = { active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }
    const { authorize, writes } = await authorization({
      directory: { lineage: async (id) => [{ ...state, id, mayUseApps: id !== 'user-1' }] },
    })
    const before = writes()
    expect(answerIn(await authorize()).get('error')).toBe('access_denied')
    expect(writes()).toBe(before)
  })

  it.each(['', 'a b+c&d=e%20#ü"<>', '𝓢', 'x'.repeat(4096)])('the state %j is returned unchanged', async (state) => {
    const { ticket, decide } = await authorization()
    for (const decision of ['approve', 'deny']) {
      const told = answerIn(await decide({ ticket: await ticket({ state }), decision }))
      expect(told.get('state')).toBe(state === '' ? null : state)
      expect(told.get('iss')).toBe(ISSUER)
    }
  })

  it('a state that cannot be returned unchanged is refused', async () => {
    const { params, send, authorize } = await authorization()
    const response = answerIn(await send(`/authorize?${params({ state: '' })}%ff`))
    expect([response.get('error'), response.has('state')]).toEqual(['invalid_request', false])
    expectPage(await authorize({ state: 'x'.repeat(4097) }), 400)
  })

  it('a response is a 303 with one instance of each parameter and is never cached (S53, S50)', async () => {
    const { ticket, decide } = await authorization()
    const response = await decide({ ticket: await ticket(), decision: 'approve', scope: 'calls:read' })
    expect([...answerIn(response).keys()]).toEqual(['code', 'state', 'iss'])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('location')).toMatch(/^[\x21-\x7e]+$/)
  })

  it('a POSTed authorization request shows the consent page and decides nothing (RFC 6749 §3.1, S55)', async () => {
    const { params, send, session, appgrant, app } = await authorization()
    const body = params({ decision: 'approve', ticket: 'x' })
    const post = () => send('/authorize', { method: 'POST', body, headers: { origin: 'https://reports.example' } })
    session.who = undefined
    expect((await post()).headers.get('location')).toBe(`${ISSUER}/sign-in`)
    // The sign-in sees a GET to return to.
    const [asked] = session.asked
    expect(asked?.method).toBe('GET')
    expect(asked?.url).toBe(`${ISSUER}/authorize?${body}`)
    expect(asked?.headers.has('content-type')).toBe(false)
    session.who = { account: 'user-1' }
    const page = await post()
    expectPage(page, 200)
    expect(ticketIn(await page.text())).not.toBe('')
    expect(await appgrant.installs.count({ app: app.key })).toBe(0)
  })

  it('an authorization request is never a decision, not even with a valid ticket (S55, S15)', async () => {
    const { ticket, params, send, appgrant, app } = await authorization()
    const decision = { ticket: await ticket(), decision: 'approve', scope: 'calls:read' }
    const all = `${params()}&${new URLSearchParams(decision)}`
    expectPage(await send(`/authorize?${all}`), 200)
    expectPage(await send('/authorize', { method: 'POST', body: new URLSearchParams(all) }), 200)
    expectPage(await send('/authorize', { method: 'POST', body: new URLSearchParams(decision) }), 400)
    expect((await send(`/authorize/decision?${all}`)).status).toBe(405)
    expect(await appgrant.installs.count({ app: app.key })).toBe(0)
  })

  it('a HEAD request changes nothing, with or without a decision (S55, HTTP-1)', async () => {
    const { ticket, params, send, session, writes } = await authorization()
    const decision = new URLSearchParams({ ticket: await ticket(), decision: 'approve' })
    const before = [writes(), session.asked.length]
    const response = await send(`/authorize?${params()}&${decision}`, { method: 'HEAD' })
    expect([response.status, response.headers.has('location'), await response.text()]).toEqual([200, false, ''])
    expect((await send(`/authorize/decision?${decision}`, { method: 'HEAD' })).status).toBe(405)
    expect((await send(`/authorize?${params({ redirect_uri: 'x:y' })}`, { method: 'HEAD' })).status).toBe(400)
    expect([writes(), session.asked.length]).toEqual(before)
  })

  it('no address in an authorization request is ever connected to (S09)', async () => {
    const seen: unknown[] = []
    const server = createServer((_, response) => response.end())
    server.on('connection', (socket) => seen.push(socket.remotePort))
    await new Promise<void>((listening) => server.listen(0, listening))
    const { port } = server.address() as AddressInfo
    const at = `http://localhost:${port}`
    try {
      const addresses = { homepage: `${at}/`, image: `https://localhost:${port}/logo.png` }
      const { authorize, ticket, decide, redeem, session } = await authorization({}, addresses)
      for (const who of [session.who, undefined]) {
        session.who = who
        for (const name of [
          'request_uri',
          'logo_uri',
          'jwks_uri',
          'client_uri',
          'sector_identifier_uri',
          'redirect_uri',
        ])
          for (const url of [at, addresses.image]) await (await authorize({ [name]: url })).text()
      }
      session.who = { account: 'user-1' }
      const response = await decide({ ticket: await ticket({ logo_uri: at, jwks_uri: at }), decision: 'approve' })
      await redeem(answerIn(response).get('code') ?? '', { jwks_uri: at, request_uri: at })
      expect(seen).toEqual([])
      // The server would have seen one.
      await fetch(at)
      expect(seen).toHaveLength(1)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it('no response at /authorize or /installs has CORS headers, not even an error or a preflight (S58)', async () => {
    const { authorize, decide, send, ticket } = await authorization()
    const headers = { origin: 'https://reports.example' }
    const preflight = { ...headers, 'access-control-request-method': 'POST' }
    for (const response of [
      await authorize({}, { headers }),
      await authorize({ scope: 'no' }, { headers }),
      await authorize({ redirect_uri: 'https://evil.example/' }, { headers }),
      await decide({ ticket: await ticket(), decision: 'approve' }, { ...headers, 'sec-fetch-site': 'cross-site' }),
      await decide({ ticket: await ticket(), decision: 'deny' }, headers),
      await send('/authorize', { method: 'OPTIONS', headers: preflight }),
      await send('/authorize/decision', { method: 'OPTIONS', headers: preflight }),
      await send('/installs', { headers }),
      await send('/installs', { method: 'OPTIONS', headers: preflight }),
    ]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('Sec-Fetch headers of authorization requests', () => {
  const PAGE = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }
  const skip = () => 'skip' as const

  it.each([
    ['an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image', 'sec-fetch-site': 'cross-site' }],
    ['a frame', { ...PAGE, 'sec-fetch-dest': 'iframe' }],
    ['a fetch', { ...PAGE, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a fetch without credentials', { 'sec-fetch-mode': 'no-cors' }],
    ['an object', { ...PAGE, 'sec-fetch-dest': 'object' }],
    ['a script by its destination alone', { 'sec-fetch-dest': 'script' }],
    ['a prefetch', { ...PAGE, 'sec-purpose': 'prefetch' }],
    ['a prerender', { ...PAGE, 'sec-purpose': 'prefetch;prerender' }],
  ])('%s of /authorize is a 403 page, which stores nothing and is an event (HTTP-2, ERR-9)', async (_, headers) => {
    for (const consent of [undefined, skip]) {
      const { authorize, send, params, session, writes, appgrant } = await authorization(consent ? { consent } : {})
      const refused: unknown[] = []
      appgrant.events.on('refused', ({ code, reason }) => refused.push([code, reason]))
      const before = writes()
      expectPage(await authorize({}, { headers }), 403)
      expectPage(await send('/authorize', { method: 'POST', body: params(), headers }), 403)
      expect([session.asked, writes()]).toEqual([[], before])
      expect(refused).toEqual(Array(2).fill(['not_permitted', 'cross_site_request']))
    }
  })

  it.each([
    ['a browser', PAGE],
    ['a browser that sends none', {}],
    ['the fetch of Node', { 'sec-fetch-mode': 'cors' }],
  ])('a navigation of %s shows the consent page (HTTP-2)', async (_, headers) => {
    const { authorize } = await authorization()
    expectPage(await authorize({}, { headers }), 200)
  })

  it('a request that needs no question gets its code at once, only if a browser certainly navigates (HTTP-2)', async () => {
    const { authorize, send, params, redeem, appgrant, app } = await authorization({ consent: skip })
    for (const headers of [
      {},
      { 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-dest': 'document' },
      { 'sec-fetch-mode': 'cors' },
    ])
      expectPage(await authorize({}, { headers }), 200)
    expect(await appgrant.installs.count({ app: app.key })).toBe(0)
    const response = await authorize({}, { headers: PAGE })
    const answer = answerIn(response)
    expect([answer.get('state'), answer.get('iss'), response.headers.get('cache-control')]).toEqual([
      'xyz',
      ISSUER,
      'no-store',
    ])
    expect((await redeem(answer.get('code') ?? '')).status).toBe(200)
    const posted = await send('/authorize', { method: 'POST', body: params(), headers: PAGE })
    expect((await redeem(answerIn(posted).get('code') ?? '')).status).toBe(200)
    expect(await appgrant.installs.count({ app: app.key })).toBe(1)
    // HEAD still changes nothing.
    const head = await authorize({}, { method: 'HEAD', headers: PAGE })
    expect([head.status, head.headers.has('location')]).toEqual([200, false])
  })

  it('nobody is installed without a question before an account is signed in (HTTP-2)', async () => {
    const { authorize, session, writes } = await authorization({ consent: skip })
    session.who = undefined
    const before = writes()
    expect((await authorize({}, { headers: PAGE })).headers.get('location')).toBe(`${ISSUER}/sign-in`)
    expect(writes()).toBe(before)
  })

  it('a consent function that throws or returns something else is a 500, and nothing is stored (HTTP-2)', async () => {
    for (const consent of [
      () => 'always',
      () => true,
      () => Promise.resolve('skip'),
      () => {
        throw new Error('no')
      },
    ]) {
      const { authorize, writes, outages } = await authorization({ consent: consent as never })
      const before = writes()
      expect((await authorize({}, { headers: PAGE })).status).toBe(500)
      expect(writes()).toBe(before)
      expect(outages).toMatchObject([{ code: 'server_error', operation: 'GET /authorize' }])
    }
  })
})

describe('POST /authorize/decision', () => {
  it('a decision approves the ticked scopes, repeated or separated by spaces, and no more (TOK-7)', async () => {
    const { ticket, decide, redeem } = await authorization()
    const granted = async (...scope: string[]) => {
      const form: [string, string][] = [
        ['ticket', await ticket()],
        ['decision', 'approve'],
        ...scope.map((one): [string, string] => ['scope', one]),
      ]
      const response = await redeem(answerIn(await decide(form)).get('code') ?? '')
      return ((await response.json()) as { scope?: string }).scope
    }
    expect(await granted('calls:read', 'calls:write')).toBe('calls:read calls:write')
    expect(await granted('calls:read calls:write')).toBe('calls:read calls:write')
    expect(await granted('calls:write')).toBe('calls:write')
    expect(await granted()).toBe(undefined)
    expect(await granted('')).toBe(undefined)
  })

  it('a decision for other scopes than requested is refused, and the consent request stays open (TOK-7)', async () => {
    const { ticket, decide } = await authorization()
    const open = await ticket({ scope: 'calls:read' })
    expectPage(await decide({ ticket: open, decision: 'approve', scope: 'calls:write' }), 400)
    expect(answerIn(await decide({ ticket: open, decision: 'approve', scope: 'calls:read' })).has('code')).toBe(true)
  })

  it('a decision of `deny` denies', async () => {
    const { ticket, decide, appgrant, app } = await authorization()
    const told = answerIn(await decide({ ticket: await ticket(), decision: 'deny', scope: 'calls:read' }))
    expect([told.get('error'), told.get('state'), told.get('iss')]).toEqual(['access_denied', 'xyz', ISSUER])
    expect(await appgrant.installs.count({ app: app.key })).toBe(0)
  })

  it.each(['', 'Approve', 'approve ', 'APPROVE', 'yes', 'true', '1', 'approved', 'deny,approve', '__proto__'])(
    'a decision of %j is a 400, and the consent request stays open (S15)',
    async (decision) => {
      const { ticket, decide, writes } = await authorization()
      const open = await ticket()
      const before = writes()
      expectPage(await decide({ ticket: open, decision }), 400)
      expect(writes()).toBe(before)
      expect(answerIn(await decide({ ticket: open, decision: 'deny' })).get('error')).toBe('access_denied')
    },
  )

  it('a decision with any repeated parameter but scope is refused (HTTP-5)', async () => {
    const { ticket, decide, writes } = await authorization()
    const open = await ticket()
    const before = writes()
    for (const name of ['ticket', 'decision', 'other']) {
      const form: [string, string][] = [
        ['ticket', open],
        ['decision', 'approve'],
        ['other', 'x'],
      ]
      const response = await decide([...form, ...form.filter(([one]) => one === name)])
      expectPage(response, 400)
      expect(await response.text()).toContain('a parameter is repeated')
    }
    expect(writes()).toBe(before)
  })

  it('a decision by another account or login gives no code, and the consent request stays open (S15)', async () => {
    const { ticket, decide, session, writes } = await authorization()
    const open = await ticket()
    const before = writes()
    for (const who of [
      { account: 'user-2', login: 'ann' },
      { account: 'user-1', login: 'bob' },
      { account: 'user-1' },
      undefined,
    ]) {
      session.who = who
      for (const decision of ['approve', 'deny']) expectPage(await decide({ ticket: open, decision }), 400)
    }
    expect(writes()).toBe(before)
    session.who = { account: 'user-1', login: 'ann' }
    expect(answerIn(await decide({ ticket: open, decision: 'approve' })).has('code')).toBe(true)
  })

  it('a decision is accepted once, because approval and denial both use up the ticket', async () => {
    const { ticket, decide, clock } = await authorization()
    for (const [first, other] of [
      ['approve', 'deny'],
      ['deny', 'approve'],
    ] as const) {
      const open = await ticket()
      answerIn(await decide({ ticket: open, decision: first }))
      expectPage(await decide({ ticket: open, decision: other }), 400)
      clock.advance(30_000)
      for (const decision of ['approve', 'deny']) expectPage(await decide({ ticket: open, decision }), 400)
    }
  })

  it('a button that is pressed again 250 ms later leads to the same redirect, with the same one code (TOK-9)', async () => {
    const { ticket, decide, clock, redeem } = await authorization()
    for (const decision of ['approve', 'deny']) {
      const form = { ticket: await ticket(), decision, scope: 'calls:read' }
      const first = await decide(form)
      clock.advance(250)
      const second = await decide(form)
      expect(second.headers.get('location')).toBe(first.headers.get('location'))
      const answer = answerIn(second)
      if (decision === 'approve') expect((await redeem(answer.get('code') ?? '')).status).toBe(200)
      else expect(answer.get('error')).toBe('access_denied')
    }
  })

  it.each(['', 'x', 'ag_qt_x', '{"$ne":null}', 'x'.repeat(10_000)])(
    'a decision with the ticket %j is refused',
    async (ticket) => {
      const { decide, writes } = await authorization()
      const before = writes()
      expectPage(await decide({ ticket, decision: 'approve' }), 400)
      expect(writes()).toBe(before)
    },
  )

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: ISSUER }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: `${ISSUER}.evil.example` }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 303],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, 303],
    [{ origin: ISSUER }, 303],
    // A browser without Sec-Fetch-Site sends this from our own page under no-referrer: there the ticket decides.
    [{ origin: 'null' }, 303],
    [{}, 303],
  ] as [Record<string, string>, number][])(
    'a decision with the headers %j gets status %i (HTTP-1)',
    async (headers, status) => {
      const { ticket, send, writes } = await authorization()
      const open = await ticket()
      const before = writes()
      const body = new URLSearchParams({ ticket: open, decision: 'approve' })
      const response = await send('/authorize/decision', { method: 'POST', body, headers })
      if (status === 403) {
        expectPage(response, 403)
        expect(writes()).toBe(before)
      } else expect(answerIn(response).has('code')).toBe(true)
    },
  )

  it('a decision is a form of at most 16 KiB and nothing else (HTTP-5)', async () => {
    const { ticket, send } = await authorization()
    const decision = { ticket: await ticket(), decision: 'approve' }
    const post = (body: BodyInit, headers = {}) => send('/authorize/decision', { method: 'POST', body, headers })
    expectPage(await post(JSON.stringify(decision), { 'content-type': 'application/json' }), 415)
    expectPage(await post(new URLSearchParams(decision).toString(), { 'content-type': 'text/plain' }), 415)
    expectPage(await post(new URLSearchParams({ ...decision, more: 'x'.repeat(17_000) })), 413)
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const response = await send(`/authorize/decision?${new URLSearchParams(decision)}`, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    }
    expect(answerIn(await post(new URLSearchParams(decision))).has('code')).toBe(true)
  })

  it('a decision gives no code while app or account is blocked, and the consent request stays open', async () => {
    const state = { active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }
    let isActive = true
    const { ticket, decide, appgrant, app } = await authorization({
      directory: { lineage: async (id) => [{ ...state, id, active: id !== 'user-1' || isActive }] },
    })
    const open = await ticket()
    await appgrant.apps.suspend(app.key)
    expectPage(await decide({ ticket: open, decision: 'approve' }), 400)
    await appgrant.apps.resume(app.key)
    isActive = false
    expectPage(await decide({ ticket: open, decision: 'approve' }), 400)
    isActive = true
    expect(answerIn(await decide({ ticket: open, decision: 'approve' })).has('code')).toBe(true)
  })

  it('a decision is a 503 page while the store is down', async () => {
    const { ticket, decide, faults } = await authorization()
    const open = await ticket()
    faults.fail('replace', 'before')
    const response = await decide({ ticket: open, decision: 'deny' })
    expectPage(response, 503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(answerIn(await decide({ ticket: open, decision: 'deny' })).get('error')).toBe('access_denied')
  })
})
