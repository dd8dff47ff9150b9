import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { changedAt, rewritten } from '../support/forged-credentials.ts'
import { expectAlive } from '../support/session-checks.ts'
import {
  answerIn,
  atOnce,
  challengeOf,
  codeIn,
  createSessionFixture,
  ISSUER,
  LIFE,
  type OpenStore,
  OTHER_REDIRECT,
  REDIRECT,
  SECOND,
  type SessionFixture,
  STATE,
  tokensOf,
  VERIFIER,
} from '../support/session-fixture.ts'

const CHALLENGE = challengeOf(VERIFIER)
const long = (length: number) => 'x'.repeat(length)

/** Errors of a request with a valid redirect: each is redirected to the app. */
const REDIRECTED: readonly (readonly [Readonly<Record<string, string | undefined>>, string])[] = [
  [{ response_type: undefined }, 'invalid_request'],
  [{ response_type: '' }, 'invalid_request'],
  [{ response_type: 'token' }, 'unsupported_response_type'],
  [{ response_type: 'code token' }, 'unsupported_response_type'],
  [{ response_type: 'CODE' }, 'unsupported_response_type'],
  [{ response_type: 'code\n' }, 'unsupported_response_type'],
  [{ response_mode: 'form_post' }, 'invalid_request'],
  [{ response_mode: 'fragment' }, 'invalid_request'],
  [{ response_mode: '<script>' }, 'invalid_request'],
  [{ request: 'eyJhbGciOiJub25lIn0..' }, 'request_not_supported'],
  [{ request_uri: 'https://app.example/request.jwt' }, 'request_uri_not_supported'],
  [{ code_challenge: undefined }, 'invalid_request'],
  [{ code_challenge: '' }, 'invalid_request'],
  [{ code_challenge: CHALLENGE.slice(1) }, 'invalid_request'],
  [{ code_challenge: `${CHALLENGE}A` }, 'invalid_request'],
  [{ code_challenge: `${CHALLENGE.slice(1)}=` }, 'invalid_request'],
  [{ code_challenge: `${CHALLENGE.slice(1)}+` }, 'invalid_request'],
  [{ code_challenge: `${CHALLENGE.slice(1)}\n` }, 'invalid_request'],
  [{ code_challenge_method: undefined }, 'invalid_request'],
  [{ code_challenge_method: 'plain' }, 'invalid_request'],
  [{ code_challenge_method: 's256' }, 'invalid_request'],
  [{ code_challenge_method: 'S256\n' }, 'invalid_request'],
  [{ code_challenge_method: ' S256' }, 'invalid_request'],
  [{ scope: 'admin' }, 'invalid_scope'],
  [{ scope: 'admin calls:read' }, 'invalid_scope'],
  [{ scope: 'READ' }, 'invalid_scope'],
  [{ scope: 'read,write' }, 'invalid_scope'],
  [{ scope: 'read\nwrite' }, 'invalid_scope'],
  [{ scope: '__proto__' }, 'invalid_scope'],
]

/** Not redirects of the app: none of these is followed, whatever else is wrong. */
const UNPROVEN = [
  undefined,
  '',
  'https://app.example/Callback',
  'https://app.example/callback/',
  'https://app.example/callback?',
  'https://app.example/callback?x=1',
  'https://app.example/callback;p=1',
  'https://app.example/callback#',
  'https://app.example/callback#x',
  'https://app.example/callback%20',
  'https://app.example/callback ',
  ' https://app.example/callback',
  'https://app.example/callback\t',
  'https://app.example//callback',
  'https://app.example/x/../callback',
  'https://app.example/..;/callback',
  'https://app.example\\callback',
  'https://app.example@evil.example/callback',
  'https://app.example.evil.example/callback',
  'https://app.example:443/callback',
  'https://APP.example/callback',
  'http://app.example/callback',
  'https://app.example/callbac',
  'https://app.example/callback,https://app.example/other',
  'javascript:alert(1)',
  'data:text/html,x',
  '//app.example/callback',
  '/callback',
  `https://app.example/${long(4000)}`,
  'https://app．example/callback',
]

/** The consent request, its ticket and the decision, on the stores that `open` gives. */
export function testAuthorization(open: OpenStore): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) => createSessionFixture(open, options)

  describe('authorization requests', () => {
    it('the account sees the app and what it requests; after approval the app gets code, state and iss (S53)', async () => {
      const w = await fixture()
      const consent = await w.consent({ scope: 'read', state: STATE, ui_locales: 'ro' })
      expect(consent).toMatchObject({
        account: 'user',
        scopes: [{ name: 'read', description: 'Read your data' }],
        redirectHost: 'app.example',
      })
      expect(consent.app).toEqual(await w.appgrant.apps.get(w.key))
      const redirect = await w.appgrant.authorizer.approve({ ticket: consent.ticket, account: 'user' })
      const answer = answerIn(redirect)
      expect(Object.keys(answer).sort()).toEqual(['code', 'iss', 'state'])
      expect(answer).toMatchObject({ iss: ISSUER, state: STATE })
      const granted = await w.exchange(answer.code ?? '')
      expect(granted.scope).toEqual(['read'])
    })

    it('after a denial the app gets access_denied, state and iss (S53)', async () => {
      const w = await fixture()
      const { ticket } = await w.consent({ state: STATE })
      const { error_description: _, ...answer } = answerIn(
        await w.appgrant.authorizer.deny({ ticket, account: 'user' }),
      )
      expect(answer).toEqual({ error: 'access_denied', state: STATE, iss: ISSUER })
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
    })

    it('a request without scope asks for every registered scope, and one without state gets none back', async () => {
      const w = await fixture()
      const { scopes, ticket } = await w.consent({ scope: '', state: '' })
      expect(scopes).toEqual([
        { name: 'read', description: 'Read your data' },
        { name: 'write', description: 'Change your data' },
      ])
      expect(answerIn(await w.appgrant.authorizer.deny({ ticket, account: 'user' }))).not.toHaveProperty('state')
    })

    it('an unproven redirect is refused and never followed, whatever else is wrong, and nothing is stored (S01, S02, S03)', async () => {
      const w = await fixture()
      const written = w.observed.writes()
      for (const redirect_uri of UNPROVEN) {
        for (const more of [
          {},
          { scope: 'admin' },
          { response_type: 'token' },
          { state: '\u{fffd}' },
          { request: 'x' },
        ]) {
          const code = await codeOf(w.ask({ ...more, redirect_uri }))
          expect(code, redirect_uri).toBe('invalid_redirect')
        }
      }
      expect(w.observed.writes()).toBe(written)
    })

    it('an unknown, removed or suspended app and a repeated or too long parameter stay on our page, and nothing is stored', async () => {
      const w = await fixture()
      const other = await w.registerTrusted({ redirectUrls: [REDIRECT] })
      await w.appgrant.apps.remove(other.app.key)
      const written = w.observed.writes()
      for (const client_id of [
        undefined,
        '',
        'x',
        changedAt(w.key, 20),
        `${w.key} `,
        w.key.toLowerCase(),
        other.app.key,
        '__proto__',
        long(4096),
      ])
        expect(await codeOf(w.ask({ client_id })), client_id).toBe('app_not_found')
      for (const name of [
        'client_id',
        'redirect_uri',
        'response_type',
        'scope',
        'state',
        'code_challenge',
        'code_challenge_method',
        'response_mode',
        'request',
        'request_uri',
      ]) {
        expect(await codeOf(w.ask({ [name]: ['', ''] })), name).toBe('invalid_request')
        expect(await codeOf(w.ask({ [name]: ['code', 'code'] })), name).toBe('invalid_request')
        expect(await codeOf(w.ask({ [name]: long(4097) })), name).toBe('invalid_request')
      }
      await w.appgrant.apps.suspend(w.key)
      const suspended = w.observed.writes()
      expect(await codeOf(w.ask())).toBe('app_suspended')
      expect(await codeOf(w.ask({ scope: 'admin' }))).toBe('app_suspended')
      expect([suspended - written, w.observed.writes() - suspended]).toEqual([1, 0])
    })

    it('every other error redirects to the app with error, state and iss, and nothing is stored (S08, S09, S11, S59)', async () => {
      const w = await fixture()
      const written = w.observed.writes()
      for (const [change, error] of REDIRECTED) {
        const { error_description: description, ...answer } = answerIn(await w.ask({ state: STATE, ...change }))
        expect(answer, JSON.stringify(change)).toEqual({ error, state: STATE, iss: ISSUER })
        // RFC 6749 §4.1.2.1: printable ASCII without quote and backslash.
        expect(description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
      }
      expect(w.observed.writes()).toBe(written)
    })

    it('a state of 4096 characters comes back byte for byte, in errors too, and a longer one stays on our page (HTTP-2)', async () => {
      const w = await fixture()
      for (const state of [
        long(513),
        long(4096),
        '\u0000\r\n\t',
        '%00+%2B&iss=x#',
        'ünïcode 🙈',
        '"><script>',
        ' ',
        '=',
      ]) {
        const { ticket } = await w.consent({ state })
        const answer = answerIn(await w.appgrant.authorizer.approve({ ticket, account: 'user' }))
        expect(answer.state).toBe(state)
        expect(answer.iss).toBe(ISSUER)
      }
      const { error_description: _, ...answer } = answerIn(await w.ask({ state: long(4096), response_type: 'token' }))
      expect(answer).toEqual({ error: 'unsupported_response_type', state: long(4096), iss: ISSUER })
      expect(await codeOf(w.ask({ state: long(4097) }))).toBe('invalid_request')
    })

    it('the redirect keeps its own query, and the location is ASCII without line ends (S06)', async () => {
      const url = 'https://app.example/callback?tenant=7&x=%2F'
      const w = await fixture({ app: { redirectUrls: [url] } })
      const asked = { redirect_uri: url, state: 'ü\r\nLocation: https://evil.example/' }
      const { ticket } = await w.consent(asked)
      const { location } = await w.appgrant.authorizer.approve({ ticket, account: 'user' })
      expect(location.startsWith(`${url}&code=`)).toBe(true)
      expect(location).toMatch(/^[\x21-\x7e]+$/)
    })

    it('an account that may not use the app gives the app access_denied, and nothing is stored (ACC-2, ACC-3)', async () => {
      const w = await fixture()
      const states = [
        [() => w.tree.set('user', { active: false }), () => w.tree.set('user', { active: true })],
        [() => w.tree.setGone('user', true), () => w.tree.setGone('user', false)],
        [() => w.tree.set('user', { mayUseApps: false }), () => w.tree.set('user', { mayUseApps: true })],
      ] as const
      const tickets = await Promise.all(states.map(async () => (await w.consent()).ticket))
      const written = w.observed.writes()
      for (const [at, [forbid, allow]] of states.entries()) {
        forbid()
        expect(answerIn(await w.ask({ state: STATE }))).toMatchObject({
          error: 'access_denied',
          state: STATE,
          iss: ISSUER,
        })
        const code = await codeOf(w.appgrant.authorizer.approve({ ticket: tickets[at] ?? '', account: 'user' }))
        expect(['account_blocked', 'not_permitted']).toContain(code)
        allow()
      }
      w.tree.setDown(true)
      expect(await codeOf(w.ask())).toBe('directory_unavailable')
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket: tickets[0] ?? '', account: 'user' }))).toBe(
        'directory_unavailable',
      )
      w.tree.setDown(false)
      expect(w.observed.writes()).toBe(written)
      // None of it consumed a ticket.
      for (const ticket of tickets)
        expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
    })

    it('a request without a configured issuer fails, and nothing is stored', async () => {
      const w = await fixture()
      const without = w.node({ issuer: undefined as never })
      const params = new URLSearchParams({ client_id: w.key })
      const written = w.observed.writes()
      await expect(without.authorizer.beginAuthorization(params, { account: 'user' })).rejects.toThrow(TypeError)
      expect(w.observed.writes()).toBe(written)
    })
  })

  describe('loopback redirects of public apps (S04, RFC 8252 §7.3)', () => {
    const app = {
      public: true,
      redirectUrls: ['http://127.0.0.1/cb', 'http://[::1]:8080/cb?x=1', 'http://localhost/only'],
    }
    const options = { redirects: { loopback: 'public' } } as const

    it('only the port of a loopback redirect may differ, in the request and when the code is exchanged', async () => {
      const w = await fixture({ app, options })
      for (const redirectUrl of [
        'http://127.0.0.1/cb',
        'http://127.0.0.1:49152/cb',
        'http://[::1]/cb?x=1',
        'http://[::1]:1/cb?x=1',
        'http://localhost:3000/only',
      ]) {
        const code = await w.code({}, { redirect_uri: redirectUrl })
        expect(
          await codeOf(w.exchange(code, { redirectUrl: redirectUrl.replace(/(:\d+)?\/(cb|only)/, ':81/$2') })),
        ).toBe('invalid_code')
        expect(await codeOf(w.exchange(code, { redirectUrl }))).toBe('ok')
      }
    })

    it('a loopback redirect without a path is compared without one, with any port (APP-3, RFC 8252 §7.3)', async () => {
      const w = await fixture({ app: { public: true, redirectUrls: ['http://127.0.0.1:33418'] }, options })
      const redirectUrl = 'http://127.0.0.1:50000'
      const { ticket } = await w.consent({ redirect_uri: redirectUrl })
      const { location } = await w.appgrant.authorizer.approve({ ticket, account: 'user' })
      expect(location.startsWith(`${redirectUrl}?code=`)).toBe(true)
      const code = new URL(location).searchParams.get('code') ?? ''
      expect(await codeOf(w.exchange(code, { redirectUrl: `${redirectUrl}/` }))).toBe('invalid_code')
      expect(await codeOf(w.exchange(code, { redirectUrl }))).toBe('ok')
      for (const redirect_uri of [`${redirectUrl}/`, 'http://127.0.0.1?x=1', 'http://localhost:33418'])
        expect(await codeOf(w.ask({ redirect_uri })), redirect_uri).toBe('invalid_redirect')
    })

    it('a redirect that the host no longer allows stops working at once: requests, tickets and codes (APP-3)', async () => {
      const w = await fixture({
        app: { public: true, redirectUrls: ['http://127.0.0.1/cb', 'com.example.app:/cb', REDIRECT] },
        options: { redirects: { loopback: 'public', schemes: ['com.example.app'] } },
      })
      for (const redirectUrl of ['http://127.0.0.1/cb', 'com.example.app:/cb']) {
        const { ticket, redirectHost } = await w.consent({ redirect_uri: redirectUrl })
        expect(redirectHost).toBe(redirectUrl.startsWith('http') ? '127.0.0.1' : 'com.example.app:')
        const code = await w.code({}, { redirect_uri: redirectUrl })
        const strict = w.node({ redirects: {} })
        const params = new URLSearchParams({ client_id: w.key, redirect_uri: redirectUrl })
        expect(await codeOf(strict.authorizer.checkAuthorization(params))).toBe('invalid_redirect')
        for (const decide of [strict.authorizer.approve, strict.authorizer.deny])
          expect(await codeOf(decide({ ticket, account: 'user' }))).toBe('invalid_ticket')
        expect(await codeOf(w.exchange(code, { redirectUrl }, strict))).toBe('invalid_code')
        // Nothing was consumed.
        expect(await codeOf(w.exchange(code, { redirectUrl }))).toBe('ok')
        const { location } = await w.appgrant.authorizer.approve({ ticket, account: 'user' })
        expect(location.startsWith(`${redirectUrl}?code=`)).toBe(true)
      }
    })

    it('a redirect that only resembles a loopback address is refused (S04)', async () => {
      const w = await fixture({ app, options })
      for (const redirect_uri of [
        'http://localhost/cb',
        'http://127x0x0x1/cb',
        'http://127.0.0.1.evil.example/cb',
        'http://localhost.evil.example/cb',
        'http://2130706433/cb',
        'http://0177.0.0.1/cb',
        'http://127.0.0.1:70000/cb',
        'http://127.0.0.1:0/cb',
        'http://127.0.0.1:80@evil.example/cb',
        'http://127.0.0.1:/cb',
        'http://127.0.0.1:80.evil.example/cb',
        'http://127.1/cb',
        'http://127.0.0.2/cb',
        'http://[::2]/cb?x=1',
        'http://[::ffff:127.0.0.1]/cb',
        'https://127.0.0.1/cb',
        'http://127.0.0.1/cb/',
        'http://127.0.0.1/cb#',
        'http://127.0.0.1/cb?x=1',
      ])
        expect(await codeOf(w.ask({ redirect_uri })), redirect_uri).toBe('invalid_redirect')
    })
  })

  describe('consent tickets', () => {
    it('a ticket belongs to its account and login, and a refusal for others leaves it valid (S15)', async () => {
      const w = await fixture()
      const { ticket } = await w.consent({}, { account: 'user', login: 'anna' })
      const written = w.observed.writes()
      for (const by of [
        { account: 'org', login: 'anna' },
        { account: 'other-org' },
        { account: 'user', login: 'bert' },
        { account: 'user', login: 'Anna' },
        { account: 'user' },
        { account: 'USER', login: 'anna' },
      ])
        for (const method of ['approve', 'deny'] as const)
          expect(await codeOf(w.appgrant.authorizer[method]({ ticket, ...by }))).toBe('invalid_ticket')
      expect(w.observed.writes()).toBe(written)
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user', login: 'anna' }))).toBe('ok')
      const without = await w.consent()
      expect(
        await codeOf(w.appgrant.authorizer.approve({ ticket: without.ticket, account: 'user', login: 'anna' })),
      ).toBe('invalid_ticket')
    })

    it('a ticket is valid once, for the first approval or denial', async () => {
      const w = await fixture()
      for (const [first, other] of [
        ['approve', 'deny'],
        ['deny', 'approve'],
      ] as const) {
        const { ticket } = await w.consent()
        expect(await codeOf(w.appgrant.authorizer[first]({ ticket, account: 'user' }))).toBe('ok')
        const written = w.observed.writes()
        expect(await codeOf(w.appgrant.authorizer[other]({ ticket, account: 'user' }))).toBe('invalid_ticket')
        w.clock.advance(30 * SECOND)
        for (const method of ['approve', 'deny'] as const)
          expect(await codeOf(w.appgrant.authorizer[method]({ ticket, account: 'user' }))).toBe('invalid_ticket')
        expect(w.observed.writes()).toBe(written)
      }
    })

    it('a decision that is repeated within 30 seconds gets the same redirect, with the same one code (TOK-9)', async () => {
      for (const method of ['approve', 'deny'] as const) {
        const w = await fixture()
        const { ticket } = await w.consent({ state: STATE })
        const nodes = [w.appgrant, w.node()]
        const decide = async (n: number) =>
          (await (nodes[n % 2] ?? w.appgrant).authorizer[method]({ ticket, account: 'user' })).location
        const location = await decide(0)
        for (const n of [1, 2, 3]) {
          w.clock.advance(9 * SECOND)
          expect(await decide(n)).toBe(location)
        }
        w.clock.advance(3 * SECOND)
        expect(await codeOf(decide(0))).toBe('invalid_ticket')
        if (method === 'approve')
          await expectAlive(w, tokensOf(await w.exchange(new URL(location).searchParams.get('code') ?? '')))
      }
    })

    it('an approval is not repeated for another account, login or scope, nor once its code was exchanged (TOK-9, S15)', async () => {
      const w = await fixture()
      const by = { account: 'user', login: 'anna' }
      const { ticket } = await w.consent({}, by)
      const approve = (changed: object = {}) => w.appgrant.authorizer.approve({ ticket, ...by, ...changed })
      const code = codeIn(await approve())
      for (const changed of [
        { account: 'org' },
        { login: 'bert' },
        { login: undefined },
        { scope: ['read'] },
        { scope: [] },
      ])
        expect(await codeOf(approve(changed)), JSON.stringify(changed)).toBe('invalid_ticket')
      expect(codeIn(await approve({ scope: ['write', 'read'] }))).toBe(code)
      const tokens = tokensOf(await w.exchange(code))
      expect(await codeOf(approve())).toBe('invalid_ticket')
      await expectAlive(w, tokens)
    })

    it('an approval of unknown outcome is confirmed by its repeat, which alone reports it (REV-7)', async () => {
      const w = await fixture()
      const changes: unknown[] = []
      w.appgrant.events.on('install', ({ change }) => void changes.push(change))
      const { ticket } = await w.consent()
      const approve = () => w.appgrant.authorizer.approve({ ticket, account: 'user' })
      // Install and index entry are inserted, the session is replaced.
      w.store.fail('replace', 'after', 2)
      for (let n = 0; n < 2; n++) expect(await codeOf(approve())).toBe('outcome_unknown')
      expect(changes).toEqual([])
      const code = codeIn(await approve())
      expect(changes).toEqual(['approved'])
      await expectAlive(w, tokensOf(await w.exchange(code)))
    })

    it('of 50 parallel decisions on a ticket over two nodes one counts, and those that decide the same get the same redirect', async () => {
      const w = await fixture()
      const { ticket } = await w.consent()
      const nodes = [w.appgrant, w.node()]
      const answers = await atOnce(50, (n) => {
        const { authorizer } = nodes[n % 2] ?? w.appgrant
        return n % 3 === 0
          ? authorizer.deny({ ticket, account: 'user' })
          : authorizer.approve({ ticket, account: 'user' })
      })
      const won = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      expect(won.length).toBeGreaterThan(0)
      expect(new Set(won.map(({ location }) => location)).size).toBe(1)
      const code = won[0] ? codeIn(won[0]) : ''
      if (code) await expectAlive(w, tokensOf(await w.exchange(code)))
    })

    it('a ticket expires after exactly 10 minutes', async () => {
      for (const [at, expected] of [
        [LIFE.pending - 1, 'ok'],
        [LIFE.pending, 'invalid_ticket'],
      ] as const) {
        const w = await fixture()
        const [one, two] = [await w.consent(), await w.consent()]
        w.clock.advance(at)
        expect(await codeOf(w.appgrant.authorizer.approve({ ticket: one.ticket, account: 'user' }))).toBe(expected)
        expect(await codeOf(w.appgrant.authorizer.deny({ ticket: two.ticket, account: 'user' }))).toBe(expected)
      }
    })

    it('a ticket ends when the tokens of the app are revoked, its secret or redirect URL changes, or it is removed', async () => {
      const w = await fixture()
      const acts = [
        () => w.appgrant.apps.revokeTokens(w.key),
        () => w.appgrant.apps.regenerateSecret(w.key),
        async () => {
          await w.appgrant.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT] })
          await w.appgrant.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT, REDIRECT] })
        },
        () => w.appgrant.apps.remove(w.key),
      ]
      for (const act of acts) {
        const { ticket } = await w.consent()
        await act()
        const written = w.observed.writes()
        for (const method of ['approve', 'deny'] as const)
          expect(await codeOf(w.appgrant.authorizer[method]({ ticket, account: 'user' }))).toBe('invalid_ticket')
        expect(w.observed.writes()).toBe(written)
      }
    })

    it("a ticket ends with the account's epoch, so a later holder of the id cannot approve it (ACC-7)", async () => {
      const w = await fixture()
      w.tree.set('user', { epoch: 'first' })
      const { ticket } = await w.consent()
      w.tree.set('user', { epoch: 'second' })
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))).toBe('invalid_ticket')
      w.tree.set('user', { epoch: 'first' })
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
    })

    it('a ticket stays valid and unused while the app is suspended', async () => {
      const w = await fixture()
      const { ticket } = await w.consent()
      await w.appgrant.apps.suspend(w.key)
      const written = w.observed.writes()
      for (const method of ['approve', 'deny'] as const)
        expect(await codeOf(w.appgrant.authorizer[method]({ ticket, account: 'user' }))).toBe('app_suspended')
      expect(w.observed.writes()).toBe(written)
      await w.appgrant.apps.resume(w.key)
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
    })

    it('a request for more scope than is registered is narrowed, and the response says what was granted (TOK-7)', async () => {
      const w = await fixture()
      const { scopes, ticket } = await w.consent({ scope: 'offline_access write  admin write' })
      expect(scopes.map(({ name }) => name)).toEqual(['write'])
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket, account: 'user' }))
      expect((await w.exchange(code)).scope).toEqual(['write'])
    })

    it('an approval grants at most the requested scope, or less if told so (TOK-7)', async () => {
      const w = await fixture()
      const { ticket } = await w.consent({ scope: 'read' })
      for (const scope of [['write'], ['admin'], [''], ['__proto__']])
        expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user', scope }))).toBe('invalid_scope')
      await w.appgrant.apps.update(w.key, { scopes: ['write'] })
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user', scope: ['read'] }))).toBe(
        'invalid_scope',
      )
      await w.appgrant.apps.update(w.key, { scopes: ['read', 'write'] })
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket, account: 'user', scope: [] }))
      expect((await w.exchange(code)).scope).toEqual([])
      const { ticket: other } = await w.consent({ scope: 'read' })
      const more = { ticket: other, account: 'user', scope: ['read', 'write'] }
      expect((await w.exchange(codeIn(await w.appgrant.authorizer.approve(more)))).scope).toEqual(['read'])
    })

    it('a ticket with a wrong secret, of another app, cut or foreign is unknown, and the genuine one stays valid (S44)', async () => {
      const w = await fixture()
      const other = await w.registerTrusted({ redirectUrls: [REDIRECT] })
      const { ticket } = await w.consent()
      const written = w.observed.writes()
      for (const garbage of [
        '',
        'x',
        changedAt(ticket, 60),
        ticket.slice(0, -1),
        `${ticket}0`,
        rewritten(ticket, { secret: '0'.repeat(48) }),
        rewritten(ticket, { session: '0'.repeat(16) }),
        rewritten(ticket, { app: other.app.key }),
        ticket.replace(/^ag/, 'xx'),
        long(100_000),
      ])
        for (const method of ['approve', 'deny'] as const)
          expect(await codeOf(w.appgrant.authorizer[method]({ ticket: garbage, account: 'user' }))).toBe(
            'invalid_ticket',
          )
      expect(w.observed.writes()).toBe(written)
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
    })

    it('a consent request alone gives nothing: without an explicit decision there is no code (S55)', async () => {
      const w = await fixture()
      const consent = await w.consent()
      expect(inspect(consent, { showHidden: true }) + JSON.stringify(consent)).not.toContain(consent.ticket)
      expect(w.observed.written.filter(({ kind }) => kind === 'i' || kind === 'p' || kind === 't')).toEqual([])
      expect(await w.appgrant.installs.count({ app: w.key })).toBe(0)
    })

    it('an approval that fails half-way gives the app nothing, and the ticket stays valid until it is used', async () => {
      const w = await fixture()
      const { ticket } = await w.consent()
      const approve = () => w.appgrant.authorizer.approve({ ticket, account: 'user' })
      // Pointer and install are inserted, then the session is replaced.
      for (const [method, when, code] of [
        ['insert', 'before', 'store_unavailable'],
        ['insert', 'after', 'outcome_unknown'],
        ['replace', 'before', 'store_unavailable'],
      ] as const) {
        w.store.fail(method, when)
        expect(await codeOf(approve())).toBe(code)
        expect(await codeOf(w.appgrant.tokens.count({ app: w.key, account: 'user' })).then((one) => one)).toMatch(
          /ok|app_not_found/,
        )
      }
      const code = codeIn(await approve())
      await expectAlive(w, tokensOf(await w.exchange(code)))
      const lost = await w.consent()
      // The install is there already: pointer, install, session are replaced.
      w.store.fail('replace', 'after', 1)
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket: lost.ticket, account: 'user' }))).toBe(
        'outcome_unknown',
      )
      expect(await codeOf(w.appgrant.authorizer.approve({ ticket: lost.ticket, account: 'user' }))).toBe('ok')
    })

    it('an event says who approved or denied, once, after the write', async () => {
      const w = await fixture()
      const events: unknown[] = []
      w.appgrant.events.on('install', ({ at: _, ...event }) => void events.push(event))
      const by = { account: 'user', login: 'anna' }
      for (const method of ['approve', 'deny'] as const)
        await w.appgrant.authorizer[method]({ ticket: (await w.consent({}, by)).ticket, ...by })
      const { ticket } = await w.consent({}, by)
      expect((await refusalOf(w.appgrant.authorizer.deny({ ticket, account: 'org' }))).code).toBe('invalid_ticket')
      expect(events).toEqual([
        { change: 'approved', app: w.key, account: 'user', by },
        { change: 'denied', app: w.key, account: 'user', by },
      ])
    })
  })

  describe('apps that an account must not deal with', () => {
    /** What is wrong with the app or its owner, how it is undone, and the code of the page. */
    const wrongs: Record<string, readonly [(w: SessionFixture) => unknown, (w: SessionFixture) => unknown, string]> = {
      'whose owner is blocked': [
        ({ tree }) => tree.set('org', { active: false }),
        ({ tree }) => tree.set('org', { active: true }),
        'account_blocked',
      ],
      'whose owner is gone': [
        ({ tree }) => tree.setGone('org', true),
        ({ tree }) => tree.setGone('org', false),
        'account_blocked',
      ],
      'whose owner has another epoch': [
        ({ tree }) => tree.set('org', { epoch: 'second' }),
        ({ tree }) => tree.set('org', { epoch: undefined as never }),
        'account_blocked',
      ],
      'that is forbidden to its owner': [
        ({ tree }) => tree.set('provider', { mayUseApps: ({ owner }) => owner !== 'org' }),
        ({ tree }) => tree.set('provider', { mayUseApps: true }),
        'not_permitted',
      ],
      'of another tenant, unpublished': [
        ({ tree }) => tree.set('user', { tenant: 'other', active: false }),
        ({ tree }) => tree.set('user', { tenant: undefined as never, active: true }),
        'not_permitted',
      ],
    }

    it.each(Object.entries(wrongs))(
      'an app %s is never redirected to, whatever is wrong with the request, and nothing is stored (ACC-3, ACC-6, ACC-7, HTTP-2)',
      async (_, [spoil, undo, code]) => {
        const w = await fixture()
        const [first, second] = [await w.consent(), await w.consent()]
        const written = w.observed.writes()
        spoil(w)
        for (const changed of [
          {},
          { scope: 'admin' },
          { response_type: 'token' },
          { state: long(5000).slice(0, 4000) },
        ])
          expect(await codeOf(w.ask(changed)), JSON.stringify(changed).slice(0, 40)).toBe(code)
        const { authorizer } = w.appgrant
        expect(await codeOf(authorizer.approve({ ticket: first.ticket, account: 'user' }))).toBe(code)
        expect(await codeOf(authorizer.deny({ ticket: second.ticket, account: 'user' }))).toBe(code)
        undo(w)
        expect(w.observed.writes()).toBe(written)
        for (const { ticket } of [first, second])
          expect(await codeOf(authorizer.approve({ ticket, account: 'user' }))).toBe('ok')
      },
    )

    it('the owner of an app is checked before sign-in, and again at a denial (ACC-3, ACC-7)', async () => {
      const w = await fixture()
      const { ticket } = await w.consent()
      const { authorizer } = w.appgrant
      const params = new URLSearchParams({ client_id: w.key, redirect_uri: REDIRECT })
      for (const state of [{ active: false }, { active: true, epoch: 'second' }]) {
        w.tree.set('org', state)
        expect(await codeOf(authorizer.checkAuthorization(params))).toBe('account_blocked')
        expect(await codeOf(authorizer.deny({ ticket, account: 'user' }))).toBe('account_blocked')
      }
      w.tree.set('org', { epoch: undefined as never })
      expect(await codeOf(authorizer.checkAuthorization(params))).toBe('ok')
      expect(await codeOf(authorizer.deny({ ticket, account: 'user' }))).toBe('ok')
    })

    it('while its owner has another epoch, an app is as good as suspended for everything, and nothing is consumed (ACC-7)', async () => {
      const w = await fixture()
      const tokens = await w.start()
      const code = await w.code()
      const written = w.observed.writes()
      w.tree.set('org', { epoch: 'second' })
      const proof = { key: w.key, secret: w.secret }
      expect(await codeOf(w.appgrant.authorizer.authenticateApp(proof))).toBe('account_blocked')
      expect(await codeOf(w.refresh(tokens.refresh))).toBe('account_blocked')
      expect(await codeOf(w.exchange(code))).toBe('account_blocked')
      expect(await w.verify(tokens.access)).toBe('revoked')
      expect(w.observed.writes()).toBe(written)
      w.tree.set('org', { epoch: undefined as never })
      await expectAlive(w, tokens)
      expect(await codeOf(w.exchange(code))).toBe('ok')
      // A suspended app may still revoke what it holds.
      w.tree.set('org', { epoch: 'second' })
      expect(await codeOf(w.appgrant.authorizer.revokeToken({ ...proof, token: tokens.access }))).toBe('ok')
    })
  })

  describe('tenants', () => {
    async function twoTenants() {
      const w = await fixture()
      w.tree.set('org', { tenant: 'a' })
      w.tree.set('user', { tenant: 'a' })
      w.tree.set('other-org', { tenant: 'b' })
      return w
    }

    it('an app of another tenant is refused for an account until the host publishes it (ACC-6)', async () => {
      const w = await twoTenants()
      await expectAlive(w, await w.start())
      for (const account of ['other-org', 'other-provider'])
        expect(await codeOf(w.ask({}, { account }))).toBe('not_permitted')
      for (const account of ['org', 'provider', 'root'])
        expect(await codeOf(w.appgrant.as(account).apps.setPublished(w.key, true))).toBe('not_permitted')
      await w.appgrant.apps.setPublished(w.key, true)
      await expectAlive(w, await w.start({ account: 'other-org' }))
    })

    it("others' tokens, codes and sessions of an unpublished app stay unused and work once it is published again (ACC-6)", async () => {
      const w = await twoTenants()
      await w.appgrant.apps.setPublished(w.key, true)
      const by = { account: 'other-org' }
      const [own, tokens, code] = [await w.start(), await w.start(by), await w.code(by)]
      await w.appgrant.apps.setPublished(w.key, false)
      expect(await w.verify(tokens.access)).toBe('not_permitted')
      expect(await codeOf(w.refresh(tokens.refresh))).toBe('not_permitted')
      expect(await codeOf(w.exchange(code))).toBe('not_permitted')
      await expectAlive(w, own)
      await w.appgrant.apps.setPublished(w.key, true)
      await expectAlive(w, tokens)
      expect(await codeOf(w.exchange(code))).toBe('ok')
    })
  })
}
