import { describe, expect, it } from 'vitest'
import { REDIRECT } from '../support/session-fixture.ts'
import { postAddresses } from './post-addresses.ts'
import { type ConsoleWorld, consoleWorld, ORIGIN } from './world.ts'

const FIELDS = {
  'Name required': 'Fax Archive',
  'Homepage required': 'https://fax.example/',
  'Admin email required': 'ops@fax.example',
  'Redirect URL 1': 'https://fax.example/callback',
}
const LOSS = 'I understand that 1 account loses access at once'

describe('states of the lists', () => {
  it('nothing yet: one sentence and one action', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'user' }
    const page = await w.open('/apps')
    expect([page.text, page.links]).toEqual([
      expect.stringContaining('Register an app to get a key and a secret.'),
      expect.arrayContaining(['Add app']),
    ])
    expect((await w.open('/managed')).text).toContain('An app appears here after this account has approved it.')
    expect((await w.open(`/apps?name=x`)).text).toContain('No app matches “<bdi>x</bdi>”.')
  })

  it('a search that has looked through 1,000 says so, and goes on (LST-5)', async () => {
    const w = await consoleWorld({}, { appsPerOwner: 2000 })
    await Promise.all(Array.from({ length: 1001 }, (_, n) => w.registerTrusted({ name: `App ${n}` })))
    w.viewer = { login: 'root', operator: true }
    const page = await w.open('/all?name=report')
    expect(page.text).toContain('The search has looked through the first 1,000 entries.')
    const rest = await page.follow('Continue searching')
    expect([...page.rows, ...rest.rows]).toHaveLength(1)
  })

  it('pages of 50 lead to the next and back to the first', async () => {
    const w = await consoleWorld()
    for (let n = 0; n < 60; n++) await w.registerTrusted({ name: `App ${n}` })
    const first = await w.open('/apps')
    expect(first.rows).toHaveLength(50)
    const next = await first.follow('Next page')
    expect([next.rows.length, next.text.includes('11 apps on this page')]).toEqual([11, true])
    expect((await next.follow('First page')).rows).toHaveLength(50)
    // A press on the second page comes back to the second page.
    const name = next.buttons.find((button) => button.startsWith('Active: suspend App')) ?? ''
    expect((await next.press(name)).rows).toHaveLength(11)
  })

  it.each(['/apps', '/managed', '/all', '/apps/KEY/tokens', '/apps/KEY/instances'])(
    'a cursor of another list at %s shows the first page, and says so',
    async (path) => {
      const w = await consoleWorld()
      w.viewer = { account: 'org', login: 'olga', operator: true }
      await w.start({ account: 'org' })
      const page = await w.open(`${path.replace('KEY', w.key)}?cursor=bm90IG9uZQ`)
      expect([page.status, page.notes]).toEqual([200, ['The list has changed. This is its first page.']])
      expect(page.rows).toHaveLength(1)
    },
  )

  it('an app that somebody above has suspended has no button, and says who it was and whom to ask', async () => {
    const w = await consoleWorld()
    await w.appgrant.as('provider').apps.suspend(w.key)
    const list = await w.open('/apps')
    expect([list.rows.join(), list.buttons]).toEqual([
      expect.stringContaining('Suspended by Provider One'),
      expect.not.arrayContaining([expect.stringContaining('resume')]),
    ])
    const page = await list.follow('Call Reports')
    expect(page.notes[0]).toMatch(/^Suspended by Provider One, .*2026/)
    expect(page.notes[0]).toContain('Only Provider One, or an account above it, can resume it.')
    expect([page.labels.includes('Name required'), page.notes[0]]).toEqual([
      false,
      expect.stringContaining('Until then its fields cannot be changed.'),
    ])
    w.viewer = { account: 'provider' }
    expect((await w.open('/apps?for=org')).buttons).toContain('Suspended: resume Call Reports')
    await w.appgrant.apps.suspend(w.key)
    expect((await w.open('/apps?for=org')).rows.join()).toContain('Suspended by the platform')
  })

  it('a press that comes too late is refused on the page that it was on', async () => {
    const w = await consoleWorld()
    await w.appgrant.as('org').apps.suspend(w.key)
    const pages = [await w.open('/apps'), await w.open(`/apps/${w.key}`)]
    await w.appgrant.as('provider').apps.suspend(w.key)
    for (const before of pages) {
      const page = await before.press('Suspended: resume Call Reports')
      expect([page.status, page.heading, page.notes]).toEqual([
        409,
        before.heading,
        expect.arrayContaining([expect.stringContaining('Only Provider One, or an account above it, can resume it.')]),
      ])
    }
  })

  it('numbers that are not known are "?" and never 0, and the page stands (CON-29)', async () => {
    const w = await consoleWorld()
    await w.start({ account: 'org' })
    w.store.fail('count', 'before', 2)
    const page = await w.open('/apps')
    expect(page.rows[0]?.slice(-3, -1)).toEqual(['?not known at the moment', '?not known at the moment'])
    w.store.fail('count', 'before', 2)
    const asked = await w.open(`/apps/${w.key}/end-tokens`)
    expect(asked.labels).toContain('I understand that accounts lose access at once')
  })

  it('a public app has no credentials to change', async () => {
    const w = await consoleWorld()
    const { app } = await w.registerKeyed({ public: true, trusted: false, redirectUrls: [REDIRECT] })
    const page = await w.open(`/apps/${app.key}`)
    expect([page.text, page.links]).toEqual([
      expect.stringContaining('This is a public app: it has no secret.'),
      expect.not.arrayContaining(['Regenerate…', 'Use keys instead…', 'Trust…']),
    ])
    for (const name of ['regenerate', 'add-secret', 'keys'])
      expect((await w.open(`/apps/${app.key}/${name}`)).status).toBe(400)
  })

  it('an app of an account that has been renewed is only for those above, who may regenerate it (ACC-7)', async () => {
    const w = await consoleWorld()
    w.tree.set('org', { epoch: 'e2' })
    expect((await w.open(`/apps/${w.key}`)).status).toBe(404)
    w.viewer = { account: 'provider' }
    const page = await w.open(`/apps/${w.key}`)
    expect(page.notes[0]).toContain('The owner’s account has been renewed since this app was registered')
    const made = await (await page.follow('Regenerate…')).press('Regenerate')
    await w.appgrant.authorizer.authenticateApp({ key: w.key, secret: made.value('App secret') })
    expect((await w.open(`/apps/${w.key}`)).notes).toEqual([])
  })

  it('a blocked account gets a 403, and one above it still sees its apps (ACC-3)', async () => {
    const w = await consoleWorld()
    w.tree.set('org', { active: false })
    for (const path of ['/apps', '/managed', '/apps/new', `/apps/${w.key}`]) {
      const page = await w.open(path)
      expect([path, page.status, page.heading]).toEqual([path, 403, 'Your account is blocked'])
    }
    w.viewer = { account: 'provider' }
    const page = await w.open('/apps?for=org')
    expect([page.rows.length, page.links.includes('Add app')]).toEqual([1, false])
    const app = await (await page.follow('Call Reports')).press('Active: suspend Call Reports')
    expect(app.notes[0]).toContain('Call Reports is suspended.')
  })
})

describe('what does not work', () => {
  it('an app that is gone meanwhile is a 404 with the way back', async () => {
    const w = await consoleWorld()
    const page = await w.open(`/apps/${w.key}`)
    await w.appgrant.apps.remove(w.key)
    const gone = await page.press('OK')
    expect([gone.status, gone.heading]).toEqual([404, 'Nothing to see here'])
    expect((await gone.follow('Go to your apps')).heading).toBe('App registration')
  })

  it('keys and accounts of others are a 404 at every address, name nobody, and change nothing (LST-4)', async () => {
    const w = await consoleWorld()
    const before = w.observed.writes()
    w.viewer = { account: 'other-org', login: 'otto' }
    const own = await w.open('/apps/new')
    const as = own.entries('OK').find(([name]) => name === 'as') ?? ['as', '']
    for (const path of postAddresses(w.key).filter((one) => one.includes(w.key))) {
      const read = await w.open(path)
      const sent = await w.post(own, [as, ['sure', 'yes'], ['all', 'all'], ['account', 'user']], `/console${path}`)
      expect([path, read.status, sent.status]).toEqual([path, 404, 404])
      expect(read.text + sent.text).not.toMatch(/Call Reports|Org Seven/)
    }
    for (const path of ['/apps', '/apps/new', '/managed', `/apps/${w.key}/tokens`]) {
      for (const account of ['org', 'provider', 'nobody']) {
        const page = await w.open(`${path}?for=${account}`)
        expect([path, account, page.status]).toEqual([path, account, 404])
        expect(page.text).not.toMatch(/You act for|Org Seven|Provider One/)
      }
    }
    const registered = await w.post(own, [...own.fill(FIELDS).entries('OK')], '/console/apps/new?for=org')
    const removed = await w.post(own, [as, ['app', w.key], ['sure', 'yes']], '/console/apps/remove')
    const withdrawn = await w.post(own, [as, ['app', w.key], ['sure', 'yes']], '/console/managed/remove?for=org')
    expect([registered.status, withdrawn.status]).toEqual([404, 404])
    // As if the form were sent again after it was done: that there is nothing left is all that it says.
    expect([removed.heading, removed.text.includes('Call Reports')]).toEqual(['App registration', false])
    expect(w.observed.writes()).toBe(before)
    expect(w.refused).toContain('app_of_another_account')
  })

  it.each([
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site', origin: ORIGIN }],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://sub.login.example' }],
    [{ 'sec-fetch-site': 'none' }],
    [{}],
    [{ origin: 'null' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://login.example' }],
  ])('no form is handled that a browser sends with %j, at any address (HTTP-1, CON-23)', async (headers) => {
    const w = await consoleWorld()
    w.viewer = { account: 'org', login: 'olga', operator: true }
    const entries = (await w.open('/apps/new')).fill(FIELDS).entries('OK')
    const before = [w.observed.writes(), w.tree.questions]
    for (const path of postAddresses(w.key)) {
      const body = new URLSearchParams(
        [...entries, ['app', w.key], ['sure', 'yes']].map(([name = '', value = '']) => [name, value]),
      )
      const response = await w.send(`/console${path}`, {
        method: 'POST',
        body,
        headers: headers as Record<string, string>,
      })
      expect([path, response.status, await response.text()]).toEqual([
        path,
        403,
        expect.stringContaining('Nothing was changed.'),
      ])
    }
    expect([w.observed.writes(), w.tree.questions]).toEqual(before)
    expect(new Set(w.refused)).toEqual(new Set(['cross_site_request']))
  })

  it('the table of forms has every address that takes one', async () => {
    const w = await consoleWorld()
    const known = postAddresses(w.key).map((path) => path.replace(w.key, '{key}'))
    const { ADDRESSES } = await import('../../src/console/addresses.ts')
    for (const path of Object.values(ADDRESSES)) {
      const response = await w.send(`/console${path.replace('{key}', w.key).replace('{file}', 'x.css')}`, {
        method: 'POST',
      })
      expect([path, response.status]).toEqual([
        path,
        known.includes(path) ? 403 : path.startsWith('/assets') || path === '/accounts' ? 404 : 405,
      ])
    }
  })

  it('signed out, a form comes back with what was typed, and is sent again after a new sign-in (CON-25)', async () => {
    const w = await consoleWorld()
    const form = (await w.open('/apps/new')).fill(FIELDS)
    const { viewer } = w
    w.viewer = Response.redirect('https://sso.example/sign-in', 303)
    const kept = await form.press('OK')
    expect([kept.status, kept.notes[0]]).toEqual([403, expect.stringContaining('You have been signed out.')])
    w.viewer = viewer
    const page = await kept.press('Send again')
    expect(page.notes[0]).toContain('Fax Archive is registered')
  })

  it('another account that has signed in meanwhile changes nothing', async () => {
    const w = await consoleWorld()
    const form = (await w.open('/apps/new')).fill(FIELDS)
    w.viewer = { account: 'user', login: 'anna' }
    const page = await form.press('OK')
    expect([page.status, page.notes[0]]).toEqual([409, expect.stringContaining('You are now signed in as anna.')])
    expect((await w.appgrant.apps.list({ owner: 'user' })).items).toEqual([])
  })
})

describe('a failing store', () => {
  it.each([
    '/apps',
    '/managed',
    '/apps/KEY',
    '/apps/KEY/tokens',
    '/apps/KEY/instances',
    '/apps/KEY/regenerate',
    '/all',
  ])('a page at %s says that it is not available, and the next one is', async (path) => {
    const w = await consoleWorld()
    w.viewer = { account: 'org', login: 'olga', operator: true }
    const address = path.replace('KEY', w.key)
    for (const method of ['get', 'list'] as const) w.store.fail(method, 'before', 300)
    const page = await w.open(address)
    expect([page.status, page.headers.get('retry-after'), page.heading]).toEqual([
      503,
      '5',
      'This page is not available at the moment',
    ])
    w.store.heal()
    expect((await w.open(address)).status).toBe(200)
  })

  const attempts: readonly (readonly [string, (w: ConsoleWorld) => Promise<unknown>])[] = [
    ['registered', async (w) => (await w.open('/apps/new')).fill(FIELDS).press('OK')],
    ['saved', async (w) => (await w.open(`/apps/${w.key}`)).fill({ 'Name required': 'Reports' }).press('OK')],
    ['suspended', async (w) => (await w.open('/apps')).press('Active: suspend Call Reports')],
    ['regenerated', async (w) => (await w.open(`/apps/${w.key}/regenerate`)).press('Regenerate')],
  ]
  it.each(attempts)(
    'what could not be written is not %s, keeps what was typed, and is repeated by one press',
    async (_, attempt) => {
      const w = await consoleWorld()
      // As often as the core tries.
      for (const method of ['insert', 'replace'] as const) w.store.fail(method, 'before', 1)
      const kept = (await attempt(w)) as Awaited<ReturnType<ConsoleWorld['open']>>
      expect([kept.status, kept.headers.get('retry-after')]).toEqual([503, '5'])
      expect(kept.text).toContain('Nothing was changed.')
      w.store.heal()
      const again = await kept.press(kept.buttons.includes('OK') ? 'OK' : 'Send again')
      expect([again.status, again.notes.length]).toEqual([200, 1])
    },
  )

  it('a registration whose outcome is not known is repeated without a second app', async () => {
    const w = await consoleWorld()
    const form = (await w.open('/apps/new')).fill(FIELDS)
    w.store.fail('insert', 'after')
    const kept = await form.press('OK')
    expect([kept.status, kept.notes, kept.value('Name required')]).toEqual([
      503,
      ['It is not certain that the app was registered. Press OK again: it is not registered twice.'],
      'Fax Archive',
    ])
    const page = await kept.press('OK')
    expect(page.notes[0]).toContain('Fax Archive was registered a moment ago.')
    expect((await w.appgrant.apps.list({ owner: 'org' })).items).toHaveLength(2)
  })

  it('a suspension whose outcome is not known says so, and is repeated', async () => {
    const w = await consoleWorld()
    const list = await w.open('/apps')
    w.store.fail('replace', 'after')
    const kept = await list.press('Active: suspend Call Reports')
    expect([kept.status, kept.text]).toEqual([503, expect.stringContaining('It is not certain that this was done.')])
    expect((await kept.press('Send again')).notes[0]).toContain('Call Reports is suspended.')
  })

  it('of several apps to remove, one refusal does not undo the rest', async () => {
    const w = await consoleWorld()
    await w.registerTrusted({ name: 'Second' })
    const asked = await (await w.open('/apps'))
      .fill({ 'Select Call Reports': true, 'Select Second': true })
      .press('Remove selected')
    w.store.fail('replace', 'before', 1)
    const page = await asked.press('Remove 2 apps')
    expect([page.notes, page.text]).toEqual([['1 was not completed'], expect.stringContaining('<span>Removed</span>')])
    expect((await page.follow('Back')).rows).toHaveLength(1)
    expect((await w.appgrant.apps.list({ owner: 'org' })).items).toHaveLength(1)
  })

  it('a failing directory decides nothing: pages are 503, and forms come back', async () => {
    const w = await consoleWorld()
    const form = (await w.open('/apps/new')).fill(FIELDS)
    const list = await w.open('/apps')
    w.tree.setDown(true)
    for (const path of ['/apps', '/managed', `/apps/${w.key}`, '/apps/new'])
      expect((await w.open(path)).status).toBe(503)
    const kept = [await form.press('OK'), await list.press('Active: suspend Call Reports')]
    expect(kept.map(({ status }) => status)).toEqual([503, 503])
    w.tree.setDown(false)
    expect((await kept[0]?.press('Send again'))?.notes[0]).toContain('Fax Archive is registered')
    expect((await kept[1]?.press('Send again'))?.notes[0]).toContain('Call Reports is suspended.')
  })

  it('too many changes in a short time are a 429 that may be sent again (APP-14)', async () => {
    const w = await consoleWorld({}, { limits: { changesPerMinute: 1 } })
    const list = await (await w.open('/apps')).press('Active: suspend Call Reports')
    const kept = await list.press('Suspended: resume Call Reports')
    expect([kept.status, kept.text]).toEqual([
      429,
      expect.stringContaining('There were too many changes in a short time.'),
    ])
    w.clock.advance(60_000)
    expect((await kept.press('Send again')).notes[0]).toContain('is active again')
  })

  it('names that the host cannot say are ids, and the operator hears of it', async () => {
    const names = async () => Promise.reject(new Error('no names'))
    const w = await consoleWorld({ accounts: { names } })
    w.viewer = { account: 'provider' }
    expect((await w.open('/apps?for=org')).text).toContain('You act for <b><bdi>org</bdi></b>')
    expect(w.outages).toMatchObject([{ code: 'server_error', operation: 'console accounts.names' }])
  })

  it('names that the host does not say within a second are ids, and the page does not wait longer', async () => {
    const w = await consoleWorld({ accounts: { names: () => new Promise(() => {}) } })
    w.viewer = { account: 'provider' }
    const before = performance.now()
    expect((await w.open('/apps?for=org')).text).toContain('You act for <b><bdi>org</bdi></b>')
    expect(performance.now() - before).toBeLessThan(2000)
  })
})

describe('a step that needs more proof', () => {
  const asked: string[] = []
  let hasProof = false
  const confirm = async (request: Request, { name }: { name: string }) => {
    asked.push(`${request.method} ${name}`)
    return hasProof ? undefined : Response.redirect('https://sso.example/prove', 303)
  }

  it('is asked for at the page and at the form of every dangerous operation, and nothing is done without (CON-26)', async () => {
    const w = await consoleWorld({ confirm })
    w.viewer = { account: 'org', login: 'olga', operator: true }
    const dangers = {
      regenerate: 'regenerate',
      'add-secret': 'add-secret',
      keys: 'keys',
      'end-tokens': 'end-tokens',
      trust: 'trust',
      remove: 'remove',
      publish: 'publish',
      'resource-server': 'resource-server',
    }
    const before = w.observed.writes()
    const form = await w.open('/apps/new')
    const as = form.entries('OK').filter(([name]) => name === 'as')
    for (const [path, name] of Object.entries(dangers)) {
      asked.length = 0
      const page = await w.send(`/console/apps/${w.key}/${path}`)
      expect([page.status, page.headers.get('location')]).toEqual([303, 'https://sso.example/prove'])
      const target = path === 'remove' ? '/console/apps/remove' : `/console/apps/${w.key}/${path}`
      const kept = await w.post(form, [...as, ['app', w.key], ['sure', 'yes']], target)
      expect([kept.status, kept.heading]).toEqual([200, 'Confirm that it is you'])
      expect(asked).toEqual([`GET ${name}`, `POST ${name}`])
    }
    expect(w.observed.writes()).toBe(before)
  })

  it('is asked for if a save changes a redirect URL, and what was typed is kept', async () => {
    hasProof = false
    asked.length = 0
    const w = await consoleWorld({ confirm })
    const form = await w.open(`/apps/${w.key}`)
    expect((await form.fill({ 'Name required': 'Reports' }).press('OK')).notes).toEqual(['Your changes are saved.'])
    const page = await w.open(`/apps/${w.key}`)
    const kept = await page.fill({ 'Redirect URL 1': 'https://new.example/callback' }).press('OK')
    expect([kept.status, kept.heading, kept.href('Confirm your identity')]).toEqual([
      200,
      'Confirm that it is you',
      `/console/apps/${w.key}/confirm-change`,
    ])
    hasProof = true
    const saved = await kept.press('Send again')
    expect([saved.notes, saved.value('Redirect URL 1')]).toEqual([
      ['Your changes are saved.'],
      'https://new.example/callback',
    ])
    expect(asked).toEqual(['POST change-redirects', 'POST change-redirects'])
    expect((await w.open(`/apps/${w.key}/confirm-change`)).heading).toBe('Reports')
    hasProof = false
  })
})

describe('messages', () => {
  it('are shown only if a page of the console led there, out of a fixed list (CON-31)', async () => {
    const w = await consoleWorld()
    const path = `/console/apps?said=suspended&about=${w.key}`
    const shown = async (headers: Record<string, string>) =>
      (await (await w.send(path, { headers })).text()).includes('</bdi> is suspended.')
    expect(await shown({ 'sec-fetch-site': 'same-origin' })).toBe(true)
    for (const site of ['none', 'cross-site', 'same-site']) expect(await shown({ 'sec-fetch-site': site })).toBe(false)
    expect(await shown({ referer: `${ORIGIN}/console` })).toBe(true)
    expect(await shown({})).toBe(false)
    expect((await w.open('/apps?said=anything')).notes).toEqual([])
    // Nobody else's app is named.
    w.viewer = { account: 'other-org' }
    expect((await w.open(path.slice('/console'.length))).notes).toEqual([])
  })

  it('are taken out of the address by the script, and the page says which address that is', async () => {
    const w = await consoleWorld()
    const page = await w.open(`/apps?name=call&said=suspended&about=${w.key}&count=1`)
    expect(page.text).toContain('data-place="/console/apps?name=call"')
    expect((await w.open('/apps')).text).not.toContain('data-place')
  })
})

it('a tick that is missing is asked for, whatever the form says (CON-10)', async () => {
  const w = await consoleWorld()
  await w.start()
  const asked = await w.open(`/apps/${w.key}/end-tokens`)
  const page = await asked.press('Revoke all tokens')
  expect([page.status, page.described(LOSS)]).toEqual([422, expect.stringContaining('Tick the box')])
})
