import { describe, expect, it } from 'vitest'
import { AppGrantError, type ErrorCode } from '../../src/base/errors.ts'
import type { ConsoleRoute } from '../../src/console/call.ts'
import { type ConsoleOptions, checkConsoleOptions, type DangerousAction } from '../../src/console/options.ts'
import { serveConsole } from '../../src/console/serve-console.ts'
import { formProofOf } from '../../src/console/viewer.ts'
import { html } from '../../src/frame/html.ts'
import { createFixture } from '../support/fixture.ts'

const ORIGIN = 'https://login.example'
const viewer = { account: 'org-7', login: 'maria@seven.example' }
const AS = formProofOf(viewer)
const KEY = 'k7QUEQY4YKxRAkqWxmX2UfXHS5y1mKQE'

/** A console of four addresses that records what it was asked to do. */
function consoleOf(options: Partial<ConsoleOptions> = {}, error?: ErrorCode | Error) {
  const { appgrant } = createFixture(undefined, { issuer: ORIGIN })
  const done: string[] = []
  const failures: unknown[] = []
  const refused: unknown[] = []
  appgrant.events.on('outage', ({ operation, cause }) => failures.push([operation, cause]))
  appgrant.events.on('refused', ({ reason, userAgent }) => refused.push([reason, userAgent]))
  const route = (extra: Partial<ConsoleRoute> = {}): ConsoleRoute => ({
    get: async ({ match, account, named }) => {
      done.push(`GET ${match.name} ${account}`)
      if (error) throw error instanceof Error ? error : new AppGrantError(error, { details: {} as never })
      const { context } = await named(account)
      return { page: { title: 'A page', main: html`<h1>A page</h1>` }, context }
    },
    post: async ({ match, context }, form) => {
      done.push(`POST ${match.name} ${form.get('name') ?? ''}`)
      if (error) throw error instanceof Error ? error : new AppGrantError(error, { details: {} as never })
      return { redirect: context.to('apps', { said: 'saved' }) }
    },
    ...extra,
  })
  const { post: _, ...readOnly } = route()
  const names = async (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, `Name of ${id}`]))
  const handler = serveConsole(
    checkConsoleOptions({ signIn: async () => viewer, accounts: { names }, ...options }, appgrant),
    {
      appgrant,
      routes: {
        apps: readOnly,
        newApp: route(),
        regenerate: route({ danger: 'regenerate' }),
        publish: route({ danger: 'publish', isForOperator: true }),
      },
      clock: () => Date.UTC(2026, 10, 25),
    },
  )
  const send = (path: string, init: RequestInit = {}) => handler(new Request(`${ORIGIN}/console${path}`, init))
  const post = (path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    send(path, {
      method: 'POST',
      body: new URLSearchParams({ as: AS, ...form }),
      headers: { 'sec-fetch-site': 'same-origin', ...headers },
    })
  return { send, post, done, failures, refused }
}

const titleOf = async (response: Response) => /<h1>(.*?)<\/h1>/.exec(await response.text())?.[1]

describe('a page of the console', () => {
  it('has exactly the headers that it needs, and its files may be kept for ever (CON-28)', async () => {
    const { send } = consoleOf()
    const response = await send('/apps')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src https://login.example/console/assets/; style-src https://login.example/console/assets/; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    const paths = [...(await response.text()).matchAll(/(?:href|src)="\/console(\/assets\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    )
    expect(paths).toHaveLength(2)
    for (const path of paths) {
      const file = await send(path)
      expect([file.status, file.headers.get('cache-control'), file.headers.get('x-content-type-options')]).toEqual([
        200,
        'public, max-age=31536000, immutable',
        'nosniff',
      ])
      expect((await file.text()).length).toBeGreaterThan(1000)
    }
  })

  it('names the theme and the style sheet of the host in its policy and in its head', async () => {
    const { send } = consoleOf({ theme: { accent: '#6d28d9', stylesheet: '/brand.css' } })
    const response = await send('/apps')
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain('style-src https://login.example/console/assets/ https://login.example/brand.css;')
    const links = [...(await response.text()).matchAll(/<link rel="stylesheet" href="([^"]+)">/g)].map(
      ([, path]) => path,
    )
    expect(links).toEqual([
      expect.stringContaining('/assets/console-'),
      expect.stringContaining('/assets/theme-'),
      '/brand.css',
    ])
    expect(await (await send(links[1]?.replace('/console', '') ?? '')).text()).toContain('--ag-accent: #6d28d9')
  })

  it('of a HEAD request has no body, and of an unknown method says which there are', async () => {
    const { send, done } = consoleOf()
    expect(await (await send('/apps', { method: 'HEAD' })).text()).toBe('')
    for (const [method, path, allow] of [
      ['PUT', '/apps/new', 'GET, HEAD, POST'],
      ['POST', '/apps', 'GET, HEAD'],
      ['DELETE', '/apps', 'GET, HEAD'],
    ] as const) {
      const response = await send(path, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
    }
    expect(done).toEqual(['GET apps org-7'])
  })

  it.each(['/nothing', '/apps/new/', '/assets/none.css', `/apps/${KEY}`])('nothing is at %s', async (path) => {
    const { send } = consoleOf()
    const response = await send(path)
    expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store'])
  })

  it('for another account says whom it is for', async () => {
    const { send, done } = consoleOf()
    expect(await (await send('/apps?for=org-8')).text()).toContain('You act for <b><bdi>Name of org-8</bdi></b>')
    expect(await (await send('/apps?for=org-7')).text()).not.toContain('You act for')
    expect(done).toEqual(['GET apps org-8', 'GET apps org-7'])
  })

  it('is in the language of the viewer or, if nobody is signed in, of the browser', async () => {
    const german = consoleOf({ signIn: async () => ({ ...viewer, locale: 'de-AT' }) })
    expect(await (await german.send('/apps')).text()).toContain('<html lang="de-AT" dir="ltr"')
    const refused = await german.post(
      '/apps/new',
      {},
      { 'sec-fetch-site': 'cross-site', 'accept-language': 'de;q=0.9, en' },
    )
    expect(await titleOf(refused)).toBe('Das kam nicht von einer Seite dieser Konsole')
  })

  it('signed out, is what the host says, kept by nobody', async () => {
    const { send, done } = consoleOf({ signIn: async () => Response.redirect('https://login.example/sign-in', 303) })
    const response = await send('/apps')
    expect([response.status, response.headers.get('location'), response.headers.get('cache-control')]).toEqual([
      303,
      'https://login.example/sign-in',
      'no-store',
    ])
    expect(done).toEqual([])
  })

  it('of the host’s own authority is not there for others', async () => {
    const { send, post, done } = consoleOf()
    expect((await send(`/apps/${KEY}/publish`)).status).toBe(404)
    expect((await post(`/apps/${KEY}/publish`)).status).toBe(404)
    expect(done).toEqual([])
    const operator = { login: 'root', operator: true }
    const theirs = consoleOf({ signIn: async () => operator })
    expect((await theirs.post(`/apps/${KEY}/publish`, { as: formProofOf(operator) })).status).toBe(303)
  })

  it.each([{}, { account: '' }, { account: 7 }, { operator: true, account: 'a' }, { account: 'a', operator: 1 }, null])(
    'of a viewer that the host gives as %j is an error, and shows nothing',
    async (wrong) => {
      const { send, done, failures } = consoleOf({ signIn: async () => wrong as never })
      expect((await send('/apps')).status).toBe(500)
      expect([done, failures]).toEqual([[], [['console GET apps', expect.any(TypeError)]]])
    },
  )
})

describe('a form of the console', () => {
  it('of a page of this origin is handled, and leads to an address of the console', async () => {
    const { post, done } = consoleOf()
    const response = await post('/apps/new', { name: 'Reports' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/console/apps?said=saved'])
    expect(done).toEqual(['POST newApp Reports'])
  })

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: ORIGIN }, 403],
    [{}, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: ORIGIN }, 303],
  ])('sent with %j gets %i, and nobody is asked who is signed in before (HTTP-1, CON-23)', async (headers, status) => {
    let asked = 0
    const { send, done } = consoleOf({
      signIn: async () => {
        asked++
        return viewer
      },
    })
    const response = await send('/apps/new', { method: 'POST', body: new URLSearchParams({ as: AS }), headers })
    expect(response.status).toBe(status)
    expect([asked, done.length]).toEqual(status === 303 ? [1, 1] : [0, 0])
  })

  it.each([
    [{ 'content-type': 'application/json' }, '{}', 415],
    [{ 'content-type': 'application/x-www-form-urlencoded', 'content-length': '70000' }, 'a=b', 413],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, `a=${'x'.repeat(70_000)}`, 413],
  ])('with %j is refused', async (headers, body, status) => {
    const { send, done } = consoleOf()
    const response = await send('/apps/new', {
      method: 'POST',
      body,
      headers: { 'sec-fetch-site': 'same-origin', ...headers },
    })
    expect([response.status, done]).toEqual([status, []])
  })

  it('that was made for another viewer does nothing (CON-23)', async () => {
    const { post, done } = consoleOf()
    for (const as of [formProofOf({ account: 'org-8' }), formProofOf({ ...viewer, operator: true }), '']) {
      const response = await post('/apps/new', { as })
      expect(response.status).toBe(409)
      expect(await titleOf(response)).toBe('Another account is signed in now')
    }
    expect(done).toEqual([])
  })

  it('of somebody who has been signed out comes back with everything that was typed, and without a redirect (CON-25)', async () => {
    const { post, done } = consoleOf({ signIn: async () => Response.redirect('https://elsewhere.example/', 303) })
    const response = await post('/apps/new?for=org-8', { name: `"><b>Reports` })
    const text = await response.text()
    expect([response.status, response.headers.get('location')]).toEqual([403, null])
    expect(text).toContain('action="/console/apps/new?for=org-8"')
    expect(text).toContain('<input type="hidden" name="name" value="&quot;&gt;&lt;b&gt;Reports">')
    expect(text).toContain(`<input type="hidden" name="as" value="${AS}">`)
    expect(text).toContain('<a href="/console/apps" target="_blank">Sign in in a new window</a>')
    expect(done).toEqual([])
  })

  it.each([
    ['store_unavailable', 503, 503],
    ['directory_unavailable', 503, 503],
    ['outcome_unknown', 503, 503],
    ['conflict', 409, 503],
    ['app_not_found', 404, 404],
    ['not_permitted', 403, 403],
    ['account_blocked', 403, 403],
    ['invalid_request', 400, 400],
  ] as const)('that meets %s gets %i, and keeps what was typed if it may be sent again', async (code, posted, read) => {
    const { post, send } = consoleOf({}, code)
    const response = await post('/apps/new', { name: 'Reports' })
    expect(response.status).toBe(posted)
    const isKept = (await response.text()).includes('name="name" value="Reports"')
    expect(isKept).toBe(posted === 503 || posted === 409)
    expect(response.headers.get('retry-after')).toBe(posted === 503 ? '5' : null)
    expect((await send('/apps/new')).status).toBe(read)
  })

  it('that meets an error which nobody expected tells it to the operator and not to the viewer', async () => {
    const error = new Error('the pool at 10.0.0.7 is gone')
    const { post, failures } = consoleOf({}, error)
    const response = await post('/apps/new')
    expect([response.status, failures]).toEqual([500, [['console POST newApp', error]]])
    expect(await response.text()).not.toContain('10.0.0.7')
  })
})

describe('an action that needs more proof', () => {
  const asked: DangerousAction[] = []
  const confirm: ConsoleOptions['confirm'] = async (_, action) => {
    asked.push(action)
    return Response.redirect('https://login.example/prove?back=1', 303)
  }

  it('is not shown before there is proof, and the host may send the viewer anywhere for it', async () => {
    const { send, done } = consoleOf({ confirm })
    const response = await send(`/apps/${KEY}/regenerate`)
    expect([response.status, response.headers.get('location')]).toEqual([303, 'https://login.example/prove?back=1'])
    expect(asked.at(-1)).toEqual({ name: 'regenerate', apps: [KEY], viewer })
    expect(done).toEqual([])
  })

  it('is not done without proof: the page shows a link, keeps the form, and redirects nowhere (CON-26)', async () => {
    const { post, done } = consoleOf({ confirm })
    const response = await post(`/apps/${KEY}/regenerate`, { replaces: 's1' })
    const text = await response.text()
    expect([response.status, response.headers.get('location'), done]).toEqual([200, null, []])
    expect(text).toContain(`<a href="/console/apps/${KEY}/regenerate" target="_blank">Confirm your identity</a>`)
    expect(text).toContain('<input type="hidden" name="replaces" value="s1">')
  })

  it('is done with proof, and other actions are not asked about', async () => {
    asked.length = 0
    const { post, done } = consoleOf({ confirm: async (_, action) => void asked.push(action) })
    await post(`/apps/${KEY}/regenerate`)
    await post('/apps/new')
    expect([asked.map(({ name }) => name), done]).toEqual([['regenerate'], ['POST regenerate ', 'POST newApp ']])
  })
})

describe('a page in the host’s own layout', () => {
  const layout =
    (headers: Record<string, string>): ConsoleOptions['layout'] =>
    async ({ title, head, body, lang, dir }) =>
      new Response(
        `<html lang="${lang}" dir="${dir}"><title>${title}</title>${head}<header>Teleworks</header>${body}</html>`,
        { headers },
      )

  it('keeps the status and the headers of the host, and gets what is missing (CON-28)', async () => {
    const policy = "default-src 'self'; frame-ancestors 'self'"
    const { send } = consoleOf({ layout: layout({ 'content-security-policy': policy, 'content-type': 'text/html' }) })
    const response = await send('/nothing')
    expect(response.status).toBe(404)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/html',
      'content-security-policy': `${policy}; form-action 'self'; base-uri 'none'`,
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(await response.text()).toContain('<header>Teleworks</header><div class="ag"')
  })

  it('a directive whose name only begins like one of ours is not taken for it', async () => {
    const { send } = consoleOf({ layout: layout({ 'content-security-policy': "form-action-x 'none'" }) })
    expect((await send('/apps')).headers.get('content-security-policy')).toContain("; form-action 'self'")
  })

  it('that fails is replaced by an error in a document of ours', async () => {
    const { send, failures } = consoleOf({
      layout: async () => {
        throw new Error('no template')
      },
    })
    const response = await send('/apps')
    expect([response.status, failures.length]).toEqual([500, 1])
    expect(await response.text()).toContain('<html lang="en" dir="ltr" class="ag-document">')
  })
})
