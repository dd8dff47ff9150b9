import { describe, expect, it } from 'vitest'
import type { AppGrantOptions, FetchDocument } from '../../../src/index.ts'
import { DEVICES } from '../../support/devices.ts'
import { authorization, expectPage, ticketIn } from '../../support/http-authorization.ts'
import { ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'
import { expectInOrder } from './in-order.ts'

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const FROM_PAGE = { 'sec-fetch-site': 'same-origin' }

async function fixture(options: Partial<AppGrantOptions> = {}) {
  const here = await authorization({ ...DEVICES, ...options }, { public: true, name: 'Desk Phone' })
  const entry = async () => ticketIn(await (await here.send('/device')).text())
  const enter = (user_code: string, headers: Record<string, string> = FROM_PAGE) =>
    entry().then((ticket) => here.post('/device', { ticket, user_code }, headers))
  const poll = (device_code: string, form: Record<string, string> = {}) => {
    here.clock.advance(5000)
    return here.asApp('/token', { grant_type: DEVICE_CODE, device_code, ...form })
  }
  const request = async (form: Record<string, string> = {}) => {
    const response = await here.asApp('/device_authorization', form)
    expect(response.status).toBe(200)
    return (await jsonOf(response)) as Record<'device_code' | 'user_code', string>
  }
  const decide = (form: Record<string, string>, headers: Record<string, string> = FROM_PAGE) =>
    here.post('/device/decision', form, headers)
  /** A device that has answered, and the page that the user sees. */
  const asked = async () => {
    const { device_code, user_code } = await request()
    await enter(user_code)
    await poll(device_code)
    const page = await here.send(`/device/request?user_code=${user_code}`)
    return { device_code, user_code, page }
  }
  return { ...here, entry, enter, poll, request, decide, asked }
}

describe('the endpoints for devices', () => {
  it('exist only with the option, and the metadata says so (DEV-1, HTTP-7)', async () => {
    const metadata = '/.well-known/oauth-authorization-server'
    const off = await authorization({}, { public: true })
    for (const path of ['/device', '/device/request', '/device/done']) expect((await off.send(path)).status).toBe(404)
    expect((await off.asApp('/device_authorization', {})).status).toBe(404)
    expect(await refusal(await off.asApp('/token', { grant_type: DEVICE_CODE, device_code: 'x' }))).toEqual({
      status: 400,
      error: 'unsupported_grant_type',
    })
    const without = await jsonOf(await off.send(metadata))
    expect(without).not.toHaveProperty('device_authorization_endpoint')
    expect(without.grant_types_supported).not.toContain(DEVICE_CODE)
    const on = await fixture()
    expect(await jsonOf(await on.send(metadata))).toMatchObject({
      device_authorization_endpoint: `${ISSUER}/device_authorization`,
      grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token', DEVICE_CODE],
    })
  })

  it('the response has the members of RFC 8628, is not stored, and no URL of it is from the request (DEV-1, HTTP-7)', async () => {
    const w = await fixture()
    const response = await w.send('/device_authorization', {
      method: 'POST',
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      body: new URLSearchParams({ client_id: w.app.key, scope: 'calls:read' }),
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { device_code, user_code, ...rest } = await jsonOf(response)
    expect(device_code).toMatch(/^ag_dc_[\w-]{100,}$/)
    expect(rest).toEqual({
      verification_uri: `${ISSUER}/device`,
      verification_uri_complete: `${ISSUER}/device?user_code=${user_code}`,
      expires_in: 600,
      interval: 5,
    })
  })

  it.each([
    [{ client_id: 'nobody' }, 401, 'invalid_client'],
    [{ scope: 'unheard-of' }, 400, 'invalid_scope'],
    [{ resource: 'https://elsewhere.example/' }, 400, 'invalid_target'],
  ])('a request with %j is refused (ERR-1)', async (form, status, error) => {
    const w = await fixture()
    expect(await refusal(await w.asApp('/device_authorization', form as Record<string, string>))).toEqual({
      status,
      error,
    })
  })

  it('a request that asks for more than a device code can carry is refused (ERR-4)', async () => {
    const scopes = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`scope-${n}-${'s'.repeat(80)}`, 'One']))
    const w = await fixture({ scopes: { 'calls:read': 'One', 'calls:write': 'One', ...scopes } })
    const scope = ['calls:read', ...Object.keys(scopes).slice(0, 99)].join(' ')
    expect(await refusal(await w.asApp('/device_authorization', { scope }))).toEqual({
      status: 400,
      error: 'invalid_request',
    })
  })

  it('every state of a device has its error at /token (DEV-1, DEV-4, RFC 8628 §3.5)', async () => {
    const w = await fixture()
    const errorOf = async (response: Response | Promise<Response>) => (await refusal(await response)).error
    const { device_code } = await w.request()
    expect(await errorOf(w.poll(device_code))).toBe('authorization_pending')
    expect(await errorOf(w.asApp('/token', { grant_type: DEVICE_CODE, device_code }))).toBe('slow_down')
    expect(await errorOf(w.asApp('/token', { grant_type: DEVICE_CODE }))).toBe('invalid_request')
    expect(await errorOf(w.asApp('/token', { grant_type: 'refresh_token', device_code }))).toBe('invalid_request')
    expect(await errorOf(w.asApp('/token', { grant_type: DEVICE_CODE, device_code, code: 'x' }))).toBe(
      'invalid_request',
    )
    expect(await errorOf(w.poll('ag_dc_made_up'))).toBe('invalid_grant')
    const denied = await w.asked()
    await w.decide({ ticket: ticketIn(await denied.page.text()), decision: 'deny' })
    expect(await errorOf(w.poll(denied.device_code))).toBe('access_denied')
    w.clock.advance(600_000)
    expect(await errorOf(w.poll(device_code))).toBe('expired_token')
    expect(await errorOf(w.send(`/token?device_code=${device_code}`, { method: 'POST' }))).toBe('invalid_request')
  })
})

describe('the pages on which a user connects a device', () => {
  it('lead from the code to the tokens of the device (DEV-1, DEV-2)', async () => {
    const w = await fixture()
    const { device_code, user_code } = await w.request()
    const entry = await w.send('/device')
    expectPage(entry, 200)
    const text = await entry.text()
    expect(text).toContain('<input name="user_code"')
    expect(text).toContain('If somebody sent you the code or told it to you, do not go on')
    const entered = await w.enter(user_code.toLowerCase().replace('-', ' '))
    expect([entered.status, entered.headers.get('location')]).toEqual([303, `/device/request?user_code=${user_code}`])
    const waiting = await w.send(`/device/request?user_code=${user_code}`)
    expectPage(waiting, 200)
    expect(await waiting.text()).toContain('Waiting for the device')
    await w.poll(device_code)
    const page = await w.send(`/device/request?user_code=${user_code}`)
    expectPage(page, 200)
    const shown = await page.text()
    expect(shown).toContain('Allow <bdi>Desk Phone</bdi> on a device to access your account?')
    for (const part of [user_code, 'user-1', 'See your calls', 'If somebody sent you the code'])
      expect(shown).toContain(part)
    const ticket = ticketIn(shown)
    const decided = await w.decide({ ticket, decision: 'approve', scope: 'calls:read' })
    expect([decided.status, decided.headers.get('location')]).toEqual([303, '/device/done'])
    const done = await w.send('/device/done')
    expectPage(done, 200)
    expect(await done.text()).toContain('Go back to your device')
    expect(await jsonOf(await w.poll(device_code))).toMatchObject({ token_type: 'Bearer', scope: 'calls:read' })
  })

  it('the address with the code shows it to be compared, and enters nothing by itself (DEV-2, RFC 8628 §3.3.1)', async () => {
    const w = await fixture()
    const { user_code } = await w.request()
    const writes = w.writes()
    const page = await w.send(`/device?user_code=${user_code}`)
    expectPage(page, 200)
    const text = await page.text()
    expect(text).toContain(`<code>${user_code}</code>`)
    expect(text).toContain('Does the device in front of you show exactly this code?')
    expect(w.writes()).toBe(writes)
    expectPage(await w.send('/device?user_code=%3Cscript%3E'), 400)
  })

  it('a user who is not signed in is sent to sign in, and comes back with the code (DEV-2)', async () => {
    const w = await fixture()
    const { user_code } = await w.request()
    w.session.who = undefined
    const response = await w.send(`/device?user_code=${user_code}`)
    expect([response.status, response.headers.get('location')]).toEqual([302, `${ISSUER}/sign-in`])
    expect(w.session.asked.at(-1)?.url).toBe(`${ISSUER}/device?user_code=${user_code}`)
    const writes = w.writes()
    expectPage(await w.enter(user_code), 400)
    expectPage(await w.decide({ ticket: 'x', decision: 'approve' }), 400)
    expect(w.writes()).toBe(writes)
  })

  it('HEAD, embedding and other sites change nothing (HTTP-1, HTTP-2, S55)', async () => {
    const w = await fixture()
    const { device_code, user_code, page } = await w.asked()
    const ticket = ticketIn(await page.text())
    const other = await w.request()
    const writes = w.writes()
    for (const path of ['/device', '/device/done', `/device/request?user_code=${user_code}`])
      expect((await w.send(path, { method: 'HEAD' })).status).toBe(200)
    for (const dest of ['iframe', 'image', 'empty'])
      expectPage(
        await w.send(`/device/request?user_code=${user_code}`, {
          headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': dest },
        }),
        403,
      )
    for (const site of ['cross-site', 'same-site', 'none']) {
      expectPage(await w.enter(other.user_code, { 'sec-fetch-site': site }), 403)
      expectPage(await w.decide({ ticket, decision: 'approve' }, { 'sec-fetch-site': site }), 403)
    }
    expectPage(await w.enter(other.user_code, { origin: 'https://evil.example' }), 403)
    // What browsers send that do not know Sec-Fetch-Site, from a page of another site without a referrer.
    for (const headers of [{}, { origin: 'null' }])
      expectPage(await w.post('/device', { user_code: other.user_code }, headers as Record<string, string>), 400)
    expectPage(await w.decide({ ticket, decision: 'yes' }), 400)
    expect(w.writes()).toBe(writes)
    expect((await refusal(await w.poll(device_code))).error).toBe('authorization_pending')
  })

  it('every fault is shown on a page that leads nowhere (DEV-2, APP-14)', async () => {
    const w = await fixture()
    const { device_code, user_code } = await w.request()
    expectPage(await w.enter('not a code'), 400)
    expectPage(await w.send('/device/request'), 400)
    expectPage(await w.send(`/device/request?user_code=${user_code}`), 400)
    expectPage(await w.decide({ ticket: 'ag_dq_made_up', decision: 'approve' }), 400)
    await w.enter(user_code)
    await w.poll(device_code)
    w.session.who = { account: 'user-2' }
    expectPage(await w.enter(user_code), 400)
    expectPage(await w.send(`/device/request?user_code=${user_code}`), 400)
    w.session.who = { account: 'user-1', login: 'ann' }
    for (let n = 0; n < 2; n++) await w.enter((await w.request()).user_code)
    const limited = await w.enter((await w.request()).user_code)
    expectPage(limited, 429)
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/)
    await w.appgrant.apps.suspend(w.app.key)
    const suspended = await w.send(`/device/request?user_code=${user_code}`)
    expectPage(suspended, 400)
    expect(await suspended.text()).toContain('The app of the device is not registered, or it is suspended.')
    w.faults.fail('get', 'before')
    expectPage(await w.send(`/device/request?user_code=${user_code}`), 503)
  })

  it('what a device says of itself is shown as text (S52)', async () => {
    const w = await fixture()
    const { device_code, user_code } = await w.request()
    await w.enter(user_code)
    w.clock.advance(5000)
    await w.send('/token', {
      method: 'POST',
      headers: { 'user-agent': '<script>alert(1)</script>"' },
      body: new URLSearchParams({ client_id: w.app.key, grant_type: DEVICE_CODE, device_code }),
      remoteAddress: '203.0.113.7',
    })
    const text = await (await w.send(`/device/request?user_code=${user_code}`)).text()
    expect(text).toContain('<bdi>&lt;script&gt;alert(1)&lt;/script&gt;&quot;</bdi>')
    expect(text).toContain('<bdi>203.0.113.7</bdi>')
    expect(text).not.toContain('<script')
  })

  it('the pages are in the language of the user, with texts of the host (HTTP-8)', async () => {
    const w = await fixture()
    w.session.who = { account: 'user-1', locale: 'de' }
    const text = await (await w.send('/device')).text()
    expect(text).toContain('<html lang="de"')
    expect(text).toContain('Wenn Ihnen jemand den Code geschickt oder genannt hat, machen Sie nicht weiter')
  })
})

describe('programs that register themselves and devices', () => {
  const fetchDocument: FetchDocument = async (url) => {
    const document = { client_id: url, client_name: 'Agent', redirect_uris: ['https://agent.example/cb'] }
    const headers = new Headers({ 'content-type': 'application/json' })
    return { status: 200, headers, body: Buffer.from(JSON.stringify(document)) }
  }
  const selfRegistration = {
    keys: ['k'.repeat(32)],
    scopes: ['calls:read'],
    redirects: 'https',
    fetchDocument,
  } as const
  const registered = ({ appgrant }: Awaited<ReturnType<typeof fixture>>) =>
    appgrant.selfRegistration?.register({ name: 'Agent', redirectUrls: ['https://agent.example/cb'] }).clientId ?? ''

  /** The page about a device with that client id, and what it does next. */
  async function program(
    clientIdOf: (w: Awaited<ReturnType<typeof fixture>>) => string,
    options: Partial<AppGrantOptions> = {},
  ) {
    const w = await fixture({ selfRegistration, ...options })
    const client_id = clientIdOf(w)
    const open = async () => {
      const { device_code, user_code } = await w.request({ client_id })
      await w.enter(user_code)
      await w.poll(device_code, { client_id })
      return { device_code, page: await w.send(`/device/request?user_code=${user_code}`) }
    }
    return { ...w, client_id, open }
  }
  const KINDS = [
    ['a client id that describes it', registered],
    ['the URL of its document', () => 'https://docs.example/client.json'],
  ] as const

  it.each(KINDS)(
    'the page about a device with %s says what is known of the program before its name, which is in no title and no button (WEB-4, WEB-6, DEV-2)',
    async (_, clientIdOf) => {
      const w = await program(clientIdOf)
      const { page } = await w.open()
      expectPage(page, 200)
      const text = await page.text()
      const isDocument = w.client_id.startsWith('https:')
      expectInOrder(text, [
        'A device with a program that registered itself asks for access to your account',
        'Nobody has checked it.',
        ...(isDocument ? ['Its description comes from <bdi>docs.example</bdi>.'] : []),
        'It calls itself “<bdi>Agent</bdi>”.',
        'You have not allowed it before.',
        'You are signed in as <bdi>user-1</bdi>.',
        'If somebody sent you the code',
        'name="scope"',
        'value="deny"',
        'value="approve"',
      ])
      expect(text.split('<bdi>Agent</bdi>')).toHaveLength(2)
      expect(text).not.toMatch(/<(title|button|h1)[^>]*>[^<]*Agent/)
      // Nothing is sent to a redirect URL, and a page that names one would promise that.
      expect(text).not.toContain('agent.example')
    },
  )

  it('a document that is not usable is a page that leads nowhere, and the device is told to go on (WEB-6)', async () => {
    const gone: FetchDocument = async () => ({ status: 404, headers: new Headers(), body: Buffer.from('') })
    const w = await program(() => 'https://docs.example/client.json', {
      selfRegistration: { ...selfRegistration, fetchDocument: gone },
    })
    const { device_code, page } = await w.open()
    expectPage(page, 400)
    const text = await page.text()
    expect(text).toContain('The app of the device made an invalid request. It was not given access.')
    expect(text).toContain('expected status 200, received 404')
    const { client_id } = w
    expect((await refusal(await w.poll(device_code, { client_id }))).error).toBe('authorization_pending')
  })

  it.each(KINDS)(
    'a program with %s becomes an app with the first tokens of its device, is asked about without "not before" then, and with the app of the same name (WEB-5, WEB-8)',
    async (_, clientIdOf) => {
      const w = await program(clientIdOf)
      const apps = async () => (await w.appgrant.as('user-1').apps.list()).items.map(({ name }) => name)
      const { device_code, page } = await w.open()
      await w.decide({ ticket: ticketIn(await page.text()), decision: 'approve', scope: 'calls:read' })
      expect(await apps()).toEqual([])
      const { client_id } = w
      expect(await jsonOf(await w.poll(device_code, { client_id }))).toMatchObject({ scope: 'calls:read' })
      expect(await apps()).toEqual(['Agent'])
      await w.appgrant.apps.register({
        ...{ owner: 'user-1', name: 'AGENT', homepage: 'https://reports.example/agent' },
        ...{ adminEmail: 'ops@reports.example', redirectUrls: ['https://reports.example/callback'] },
      })
      const again = await (await w.open()).page.text()
      expect(again).not.toContain('You have not allowed it before.')
      expect(again).toContain('You already have an app of this name, from <bdi>reports.example</bdi>.')
    },
  )

  it.each(KINDS)(
    'a program with %s is refused on the page if it is not admitted, or if the account has as many apps as it may have (APP-6, WEB-5)',
    async (_, clientIdOf) => {
      const refused = await program(clientIdOf, { selfRegistration: { ...selfRegistration, admit: () => false } })
      const writes = refused.writes()
      const { device_code, page } = await refused.open()
      expectPage(page, 400)
      expect(await page.text()).not.toContain('Agent')
      // The user code and the answer of the device.
      expect(refused.writes() - writes).toBe(2)
      const { client_id } = refused
      expect((await refusal(await refused.poll(device_code, { client_id }))).error).toBe('authorization_pending')

      const w = await program(clientIdOf, { appsPerOwner: 1 })
      const fields = {
        homepage: 'https://a.example/',
        adminEmail: 'ops@a.example',
        redirectUrls: ['https://a.example/'],
      }
      const full = { owner: 'user-1', name: 'One', ...fields }
      const { app } = await w.appgrant.apps.register(full)
      const { page: atLimit } = await w.open()
      expectPage(atLimit, 400)
      expect(await atLimit.text()).toContain('Your account has as many apps as it may have.')
      await w.appgrant.apps.remove(app.key)
      const asked = await w.open()
      await w.decide({ ticket: ticketIn(await asked.page.text()), decision: 'approve', scope: 'calls:read' })
      await w.appgrant.apps.register(full)
      expect(await refusal(await w.poll(asked.device_code, { client_id: w.client_id }))).toEqual({
        status: 400,
        error: 'invalid_grant',
      })
    },
  )

  const metadata = (grant_types: readonly string[]) => ({
    client_name: 'Agent',
    redirect_uris: ['http://localhost/'],
    grant_types,
  })

  it('a program may register for the device grant alone only if there is one (WEB-5)', async () => {
    const off = await authorization({ selfRegistration })
    expect(await refusal(await off.call('POST', '/register', metadata([DEVICE_CODE])))).toEqual({
      status: 400,
      error: 'invalid_client_metadata',
    })
    const on = await fixture({ selfRegistration })
    const response = await on.call('POST', '/register', metadata([DEVICE_CODE, 'refresh_token', 'password']))
    expect(response.status).toBe(201)
    expect(await jsonOf(response)).toMatchObject({ grant_types: ['refresh_token', DEVICE_CODE] })
    expect(await refusal(await on.call('POST', '/register', metadata(['refresh_token'])))).toMatchObject({
      status: 400,
    })
  })
})
