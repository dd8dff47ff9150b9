import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AppGrantError } from '../../../src/base/errors.ts'
import { markup } from '../../../src/frame/html.ts'
import { createHandler } from '../../../src/http/index.ts'
import { errorPage } from '../../../src/http/pages/error-page.ts'
import { PAGE_TEXTS } from '../../../src/http/pages/texts.ts'
import { authorization, expectPage, ticketIn } from '../../support/http-authorization.ts'
import { httpFixture, ISSUER } from '../../support/http-fixture.ts'

const MARKUP = `<script>alert(1)</script>"'&amp;<img src=x onerror=alert(1)>`

describe('the consent page', () => {
  it('the consent page shows the app, its owner, homepage, ASCII redirect host and requested scopes', async () => {
    const { authorize } = await authorization(
      {},
      { name: 'Anrufe für Übersicht', homepage: 'https://bücher.example/über', owner: 'org-1' },
    )
    const text = await (await authorize({ scope: 'calls:read' })).text()
    expect(text).toContain('<html lang="en" dir="ltr"')
    for (const shown of [
      'Anrufe für Übersicht',
      'org-1',
      'https://xn--bcher-kva.example/',
      'reports.example',
      'user-1',
    ])
      expect(text).toContain(`<bdi>${shown}`)
    expect(text).not.toContain('bücher')
    expect([...text.matchAll(/name="scope" value="([^"]+)" checked/g)].map(([, scope]) => scope)).toEqual([
      'calls:read',
    ])
    expect(ticketIn(text)).toMatch(/^\w{20,}$/)
  })

  it('the policy of the consent page allows only its own style, and does not restrict where its form leads (HTTP-8)', async () => {
    const { authorize } = await authorization()
    const response = await authorize()
    expectPage(response, 200)
    const text = await response.text()
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(text) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(response.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'`,
    )
  })

  it('the consent page has no image of the app, no link and no script (HTTP-8)', async () => {
    const { authorize } = await authorization({}, { image: 'https://reports.example/logo.png' })
    const text = await (await authorize()).text()
    expect(text).not.toMatch(
      /<(?:img|a|script|link|iframe|object|embed|base)\b|logo\.png|url\(|@import|style=| on\w+=/i,
    )
    expect([...text.matchAll(/<form[^>]*>/g)].map(String)).toEqual([
      '<form method="post" action="/authorize/decision" autocomplete="off">',
    ])
  })

  it('the consent page posts to the path of the issuer', async () => {
    const { send, params } = await authorization({ issuer: 'https://login.example/oauth' })
    expect(await (await send(`/oauth/authorize?${params()}`)).text()).toContain('action="/oauth/authorize/decision"')
  })

  it('the consent page shows every name as text, whatever it contains (S52)', async () => {
    const directory = {
      lineage: async (id: string) => [
        { id, active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true },
      ],
    }
    const { authorize, session } = await authorization(
      { directory, scopes: { "a<b>&'c": MARKUP } },
      { name: MARKUP, owner: `${MARKUP}\u202e`, scopes: ["a<b>&'c"] },
    )
    session.who = { account: MARKUP }
    const text = await (await authorize()).text()
    expect(text).not.toMatch(/<script|<img|<b>/)
    expect(text.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&#39;&amp;amp;&lt;img/g)?.length).toBe(5)
    // A character that changes the direction of text does so only inside its own element.
    expect(text).toMatch(/<bdi>[^<]*\u202e<\/bdi>/)
    expect(text).toContain('value="a&lt;b&gt;&amp;&#39;c"')
  })

  it('the consent page shows nothing of the request that was not validated', async () => {
    const { authorize } = await authorization()
    const text = await (await authorize({ state: MARKUP, ui_locales: MARKUP, login_hint: MARKUP })).text()
    expect(text).not.toContain('alert(1)')
  })
})

describe("the host's own pages", () => {
  it("the host's own page keeps its headers and gets those it does not set", async () => {
    const own: Record<string, string>[] = []
    const { authorize } = await authorization({
      async consentPage({ ticket, app, scopes, redirectHost }, request) {
        expect([app.name, scopes, redirectHost, request.method]).toEqual([
          'Call Reports',
          [
            { name: 'calls:read', description: 'See your calls' },
            { name: 'calls:write', description: 'Make calls for you' },
          ],
          'reports.example',
          'GET',
        ])
        return new Response(`<input name="ticket" value="${ticket}">`, {
          headers: { 'content-type': 'text/html; charset=utf-8', ...own.pop() },
        })
      },
    })
    const plain = await authorize()
    expectPage(plain, 200)
    expect(plain.headers.get('content-security-policy')).toBe("frame-ancestors 'none'; base-uri 'none'")
    expect(ticketIn(await plain.text())).not.toBe('')
    own.push({
      'content-security-policy': "default-src 'self'; frame-ancestors https://shell.example",
      'referrer-policy': 'same-origin',
      'cache-control': 'public',
    })
    const { headers } = await authorize()
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'self'; frame-ancestors https://shell.example; base-uri 'none'",
    )
    expect([headers.get('referrer-policy'), headers.get('cache-control')]).toEqual(['same-origin', 'no-store'])
    own.push({ 'content-security-policy': "default-src 'self'; report-uri /csp/frame-ancestors" })
    expect((await authorize()).headers.get('content-security-policy')).toContain("; frame-ancestors 'none'")
  })

  it("the host's own error page receives the error and its status", async () => {
    const { authorize, faults } = await authorization({
      errorPage: async ({ code }) => new Response(code, { headers: { 'content-type': 'text/html; charset=utf-8' } }),
    })
    const unproven = await authorize({ redirect_uri: 'https://evil.example/' })
    expectPage(unproven, 400)
    expect(await unproven.text()).toBe('invalid_redirect')
    expect(unproven.headers.get('content-security-policy')).toContain("form-action 'none'")
    faults.fail('get', 'before')
    const down = await authorize()
    expectPage(down, 503)
    expect([await down.text(), down.headers.get('retry-after')]).toEqual(['store_unavailable', '5'])
  })

  it('a page of the host that throws is a 500 without details, with an event', async () => {
    const { authorize, outages } = await authorization({ consentPage: () => Promise.reject(new Error('a secret')) })
    const response = await authorize()
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('a secret')
    expect(outages).toMatchObject([{ code: 'server_error', operation: 'GET /authorize' }])
  })

  it.each(['signIn', 'consentPage', 'errorPage'])('a page option that is not a function is a TypeError: %s', (name) => {
    const { appgrant } = httpFixture()
    expect(() => createHandler(appgrant, { [name]: 'page' })).toThrow(
      new TypeError(`createHandler: ${name}: expected a function, received "page"`),
    )
  })
})

describe('the language and the theme of the built-in pages', () => {
  const signedIn = (locale: string) => async () => ({ account: 'user-1', locale })

  it.each([
    ['de-AT', 'de-AT', 'Zustimmen', 'Sie sind als <bdi>user-1</bdi> angemeldet.'],
    ['fr', 'fr', 'Autoriser', 'You are signed in as <bdi>user-1</bdi>.'],
    ['not a tag', 'en', 'Approve', 'You are signed in as <bdi>user-1</bdi>.'],
  ])(
    'the consent page for %s is in %s, and what a host leaves out is English',
    async (locale, lang, approve, signed) => {
      const { authorize } = await authorization({
        signIn: signedIn(locale),
        texts: { fr: { approve: 'Autoriser', deny: undefined } },
      })
      const text = await (await authorize()).text()
      expect(text).toContain(`<html lang="${lang}" dir="ltr"`)
      expect(text).toContain(`value="approve">${approve}</button>`)
      expect(text).toContain(signed)
    },
  )

  it('a page in a language that is written from the right says so', async () => {
    const { authorize } = await authorization({ signIn: signedIn('ar'), texts: { ar: { approve: 'موافقة' } } })
    expect(await (await authorize()).text()).toContain('<html lang="ar" dir="rtl"')
  })

  it('the error page is in the language of the browser', async () => {
    const { send } = await authorization()
    const response = await send('/authorize?client_id=x', { headers: { 'accept-language': 'de;q=0.9, en' } })
    const text = await response.text()
    expect(text).toContain('Diese Anfrage kann nicht abgeschlossen werden')
    expect(text).toContain('<html lang="de"')
  })

  it('the theme is a part of the one style, and its style sheet is all that is loaded (HTTP-8)', async () => {
    const { authorize } = await authorization({ theme: { accent: '#6d28d9', stylesheet: '/brand.css' } })
    const response = await authorize()
    const text = await response.text()
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(text) ?? []
    expect(style).toContain('--ag-accent: #6d28d9;')
    expect(text).toContain('<link rel="stylesheet" href="/brand.css">')
    const hash = createHash('sha256').update(style).digest('base64')
    expect(response.headers.get('content-security-policy')).toContain(
      `style-src 'sha256-${hash}' https://login.example/brand.css;`,
    )
  })

  it.each([
    [{ theme: { accent: 'red } * { display: none' } }, 'createHandler: theme.accent: expected a CSS value'],
    [{ texts: { fr: { approve: 1 } } }, 'createHandler: texts.fr.approve: expected a string, as in English'],
    [{ texts: { 'no tag': {} } }, 'createHandler: texts.no tag: expected texts by language tag'],
  ])('%j is a TypeError, also if there is no signIn', (options, message) => {
    const { appgrant } = httpFixture()
    expect(() => createHandler(appgrant, options as never)).toThrow(message)
  })
})

describe('the error page', () => {
  it('the error page says what went wrong and shows nothing of the request (S01, S59)', async () => {
    const { send } = await authorization()
    const response = await send(`/authorize?client_id=${encodeURIComponent(MARKUP)}&redirect_uri=${ISSUER}/x`)
    expectPage(response, 400)
    const text = await response.text()
    expect(text).toContain('<h1>This request cannot be completed</h1>')
    expect(text).not.toMatch(/alert\(1\)|login\.example/)
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'$/,
    )
  })

  it.each(['store_unavailable', 'directory_unavailable', 'clock_unavailable', 'clock_skew', 'conflict'] as const)(
    'the error page blames no app for an outage: %s (HTTP-2)',
    async (code) => {
      const text = markup(errorPage(new AppGrantError(code, {}), PAGE_TEXTS.en).main)
      expect(text).toContain('temporarily unavailable')
      expect(text).not.toContain('invalid request')
    },
  )

  it('the error page blames no app for the limit of an account (APP-14)', async () => {
    const { authorize } = await authorization({ limits: { consentRequestsPerAccount: 1 } })
    await authorize()
    const text = await (await authorize()).text()
    expect(text).toContain('too many requests for your account')
    expect(text).not.toContain('invalid request')
  })
})
