import { describe, expect, it } from 'vitest'
import { ADDRESSES } from '../../src/console/addresses.ts'
import { serveOf } from '../../src/http/wire/serve.ts'
import { expectClean } from './hygiene.ts'
import { consoleWorld } from './world.ts'

const HOSTILE = [
  `"><script>alert(1)</script>`,
  `'"><img src=x onerror=alert(1)>`,
  `</title></textarea></script><svg onload=alert(1)>`,
  '{name} {n} $& $1 %s',
  'Remove selected',
  'A&amp;B &lt;b&gt;',
]

describe('the whole life of an app', () => {
  it('secrets are in the response that made them and in nothing else; every page is clean (APP-8, HTTP-8)', async () => {
    const w = await consoleWorld()
    const secrets: string[] = []
    const fields = {
      'Name required': 'Fax Archive',
      'Homepage required': 'https://fax.example/',
      'Admin email required': 'ops@fax.example',
      'Redirect URL 1': 'https://fax.example/callback',
    }
    let page = await (await (await w.open('/apps')).follow('Add app'))
      .fill({ ...fields, 'Redirect URL 1': 'x' })
      .press('OK')
    page = await page.fill(fields).press('OK')
    const key = page.value('App ID/key')
    secrets.push(page.value('App secret'))
    const made = [w.exchanges.length - 1]
    page = await page.follow('Go to the app')
    page = await page.fill({ Description: 'All faxes' }).press('OK')
    page = await (await page.follow('Add a second…')).press('Add a secret')
    secrets.push(page.value('App secret'))
    made.push(w.exchanges.length - 1)
    page = await w.open(`/apps/${key}`)
    page = await (await page.follow('Regenerate…')).press('Regenerate')
    secrets.push(page.value('App secret'))
    made.push(w.exchanges.length - 1)
    page = await w.open('/apps')
    page = await page.press('Active: suspend Fax Archive')
    page = await page.press('Suspended: resume Fax Archive')
    page = await page.follow('Fax Archive')
    page = await (await page.follow('Revoke all tokens…')).press('Revoke all tokens')
    for (const path of ['/managed', `/apps/${key}/tokens`, `/apps/${key}/instances`]) await w.open(path)
    page = await (await (await w.open(`/apps/${key}`)).follow('Remove…')).press('Remove 1 app')
    expect(page.notes).toEqual(['1 app was removed.'])

    expect(new Set(secrets).size).toBe(3)
    for (const [at, exchange] of w.exchanges.entries()) {
      expectClean(exchange)
      const { path, headers, body } = exchange
      for (const [n, secret] of secrets.entries()) {
        expect(path + headers).not.toContain(secret)
        expect([path, body.includes(secret)]).toEqual([path, at === made[n]])
      }
    }
    expect(JSON.stringify([w.observed.written, w.outages, w.refused])).not.toMatch(new RegExp(secrets.join('|')))
    expect(w.outages).toEqual([])
  })

  it.each(HOSTILE)('the text of strangers is text on every page: %s (S52)', async (text) => {
    const people = {
      names: async (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, `${text} ${id}`])),
    }
    const below = async () => [{ id: text, name: text }]
    const w = await consoleWorld({
      accounts: { ...people, below },
      apis: { system: '<i>System' },
      scopes: { read: '<b>Read' },
    })
    w.viewer = { account: 'provider', login: text, operator: true }
    const { app } = await w.appgrant.apps.register({
      owner: 'org',
      name: text,
      description: text,
      homepage: 'https://x.example/?a=%22%3E',
      adminEmail: 'a@x.example',
      redirectUrls: ['https://app.example/callback'],
      scopes: ['read'],
      apiType: 'system',
    })
    await w.code({ account: 'org', login: text, scope: ['read'] }, { client_id: app.key })
    await w.start({ account: 'org' })
    await w.appgrant.as('org').apps.suspend(app.key)
    const before = w.exchanges.length
    const query = new URLSearchParams({
      name: text,
      api: text,
      status: text,
      cursor: text,
      said: text,
      about: text,
      from: text,
    })
    for (const path of Object.values(ADDRESSES)) {
      const at = path.replace('{key}', app.key).replace('{file}', 'x')
      await w.open(at)
      await w.open(`${at}?${query}`)
      await w.open(`${at}?for=org&tokens=${app.key}&app=${app.key}&account=org&row=${encodeURIComponent(text)}`)
    }
    const list = await w.open(`/apps?for=org`)
    const missing = await w.open(`/apps/remove?for=${encodeURIComponent(text)}&app=${encodeURIComponent(text)}`)
    expect([list.text.includes('<bdi>'), missing.status]).toEqual([true, 404])
    const form = await w.open('/apps/new?for=org')
    const typed = form.labels.filter((label) => /required|Description|URL|phone/.test(label))
    const wrong = await form.fill(Object.fromEntries(typed.map((label) => [label, text]))).press('OK')
    expect([wrong.status, wrong.value('Description')]).toEqual([422, text])
    // A name that is the text of a button cannot be told from it by its text.
    const stranger = text === 'Remove selected' ? undefined : text
    for (const exchange of w.exchanges.slice(before)) expectClean(exchange, stranger)
    expect(w.exchanges.filter(({ status }) => status >= 500)).toEqual([])
    expect(w.outages).toEqual([])
  })
})

const ODD = [
  '',
  ' ',
  '\0',
  '\r\n',
  '__proto__',
  'toString',
  'a'.repeat(5000),
  '𝕏',
  '-1',
  'NaN',
  '../..',
  '{"$ne":null}',
  'app:x',
]
const NAMES = [
  'for',
  'name',
  'cursor',
  'app',
  'account',
  'id',
  'tokens',
  'from',
  'row',
  'all',
  'about',
  'count',
  'said',
]

describe('requests made by hand', () => {
  it('no value of any parameter makes an error of ours, or writes anything (ERR-4)', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'provider', login: 'petra', operator: true }
    const proof = (await w.open('/apps/new')).entries('OK').find(([name]) => name === 'as')?.[1] ?? ''
    const before = w.observed.writes()
    const statuses = new Set<number>()
    for (const path of Object.values(ADDRESSES)) {
      for (const value of ODD) {
        const at = `/console${path.replace('{key}', /^[\w.-]+$/.test(value) ? value : w.key).replace('{file}', 'x')}`
        const pairs = NAMES.map((name) => [name, value] as [string, string])
        for (const names of [pairs, pairs.slice(1)]) {
          const query = new URLSearchParams(names)
          statuses.add((await w.send(`${at}?${query}`)).status)
          const body = new URLSearchParams([...names, ['as', proof], ['jwks', value], ['identifier', value]])
          const headers = { 'sec-fetch-site': 'same-origin' }
          statuses.add((await w.send(`${at}?${query}`, { method: 'POST', body, headers })).status)
        }
      }
    }
    expect([...statuses].filter((status) => status >= 500)).toEqual([])
    expect([...statuses]).toEqual(expect.arrayContaining([200, 303, 400, 403, 404, 405, 409, 413, 422]))
    expect(w.outages).toEqual([])
    // Suspending needs nothing but the key, which is in the address.
    const states = w.observed.written.slice(before)
    expect(new Set(states.map(({ kind }) => kind))).toEqual(new Set(['a']))
  })

  it.each([
    ['/console/apps/../apps', 404],
    ['/console//apps', 404],
    ['/console/apps/%2e%2e/apps', 404],
    ['/console/apps%00', 404],
    ['/consolex/apps', 404],
    ['/', 404],
  ])('%s is a %i', async (path, status) => {
    const w = await consoleWorld()
    const serve = serveOf(w.handler)
    const request = {
      method: 'GET',
      url: `http://localhost${path}`,
      target: path,
      headers: new Headers(),
      bodyUsed: false,
      readBody: async () => undefined,
      toRequest: () => new Request(`http://localhost${path}`),
    }
    const response = await serve?.(request, {})
    expect(response?.status).toBe(status)
  })
})
