import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../src/testing/index.ts'
import { appSigner } from '../support/app-signer.ts'
import { DAY, REDIRECT } from '../support/session-fixture.ts'
import { unclosedStore } from '../support/unclosed-store.ts'
import { type ConsoleWorld, consoleWorld } from './world.ts'

const { jwk: PUBLIC_JWK } = await appSigner()

const FIELDS = {
  'Name required': 'Fax Archive',
  'Homepage required': 'https://fax.example/',
  'Admin email required': 'ops@fax.example',
  'Redirect URL 1': 'https://fax.example/callback',
}

/** Issues a token to the app of the world, and writes the day of that. */
async function useApp(w: ConsoleWorld): Promise<void> {
  const node = w.node({ store: unclosedStore(w.inner) })
  await w.exchange(await w.code(), {}, node)
  await node.close()
}

describe('the pages of an account', () => {
  it('two tabs lead to the apps that it has registered, and to those that may act for it (CON-1)', async () => {
    const w = await consoleWorld()
    const apps = await w.open('')
    expect([apps.path, apps.heading]).toEqual(['/console/apps', 'App registration'])
    expect(apps.rows).toHaveLength(1)
    const managed = await apps.follow('App management')
    expect([managed.heading, (await managed.follow('App registration')).heading]).toEqual([
      'App management',
      'App registration',
    ])
    expect(managed.text).toContain('aria-current="page">App management')
  })

  it('an account above acts for one below on every page, and every form stays there (CON-2)', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'provider', login: 'petra' }
    const by: unknown[] = []
    w.appgrant.events.on('app', (event) => by.push([event.change, event.by]))
    let page = await w.open('/apps?for=org')
    expect(page.text).toContain('You act for <b><bdi>Org Seven</bdi></b>')
    page = await page.press('Active: suspend Call Reports')
    expect(page.path).toContain('for=org')
    expect(page.notes).toEqual([expect.stringContaining('Call Reports is suspended.')])
    page = await (await page.follow('Add app')).fill(FIELDS).press('OK')
    expect(page.text).toContain('You act for <b><bdi>Org Seven</bdi></b>')
    page = await (await page.follow('App registration')).follow('Fax Archive')
    expect([page.heading, page.text]).toEqual(['Fax Archive', expect.stringContaining('You act for')])
    expect(by).toEqual([
      ['suspended', { account: 'provider', login: 'petra' }],
      ['registered', { account: 'provider', login: 'petra' }],
    ])
    expect((await w.open('/apps')).rows).toEqual([])
  })

  it('one press suspends an app and another resumes it, and each says what that means (CON-3)', async () => {
    const w = await consoleWorld()
    const { access } = await w.start()
    let page = await (await w.open('/apps')).press('Active: suspend Call Reports')
    expect(page.notes).toEqual([
      'Call Reports is suspended. It cannot get tokens or make requests until you resume it.',
    ])
    expect(await w.verify(access)).toBe('app_suspended')
    page = await page.press('Suspended: resume Call Reports')
    expect(page.notes).toEqual(['Call Reports is active again. Tokens that have not expired work again.'])
    expect(await w.verify(access)).toBe('ok')
    // The same button is on the page of the app, and comes back there.
    page = await (await page.follow('Call Reports')).press('Active: suspend Call Reports')
    expect([page.heading, page.notes[0]]).toEqual(['Call Reports', expect.stringContaining('is suspended.')])
  })

  it('the name leads to the form of the app, with what is stored in it (CON-4)', async () => {
    const w = await consoleWorld()
    const list = await w.open('/apps')
    expect(list.text).toContain(
      'href="https://reports.example/" target="_blank" rel="noopener noreferrer"><span class="hidden">Homepage, in a new window: </span><bdi>reports.example</bdi>',
    )
    expect(list.text).toContain('title="Statistics"')
    const page = await list.follow('Call Reports')
    expect(
      ['Name required', 'Description', 'Homepage required', 'Admin email required', 'Redirect URL 1'].map(page.value),
    ).toEqual(['Call Reports', 'Statistics', 'https://reports.example/', 'admin@app.example', REDIRECT])
  })

  it('the number of instances leads to those accounts that the viewer may know, and how many more there are (CON-5)', async () => {
    const w = await consoleWorld()
    await w.start()
    await w.start({ account: 'other-org' })
    const list = await w.open('/apps')
    const page = await list.follow('2 accounts use Call Reports')
    expect([page.heading, page.rows.map(([, account]) => account)]).toEqual([
      'Accounts that use Call Reports',
      ['Maria'],
    ])
    expect(page.text).toContain('1 more account that you are not allowed to see')
    const asked = await page.fill({ 'Select Maria': true }).press('Remove selected')
    expect([asked.heading, asked.notes]).toEqual(['Remove 1 account?', []])
    const done = await asked.press('Remove 1 account')
    expect(done.notes).toEqual(['1 account was removed.'])
    expect((await w.open('/apps')).links).toContain('1 account uses Call Reports')
  })

  it('accounts that the viewer may not see are neither named nor removed by a request made by hand (LST-4)', async () => {
    const w = await consoleWorld()
    await w.start({ account: 'other-org' })
    const page = await w.open(`/apps/${w.key}/instances/remove?account=other-org`)
    expect([page.status, page.text.includes('Org Eight')]).toEqual([404, false])
  })

  it('the number of access tokens leads to them, over the list (CON-6)', async () => {
    const w = await consoleWorld()
    expect((await w.open('/apps')).links).not.toContain('0 access tokens of Call Reports')
    await w.start({ account: 'org' })
    const list = await w.open('/apps')
    const page = await list.follow('1 access token of Call Reports')
    expect(page.text).toContain('<div class="page" inert>')
    expect(page.text).toMatch(/<dialog class="pop" open [^>]*aria-labelledby="tokens-title"/)
    expect(page.rows).toEqual([
      [expect.any(String), expect.stringMatching(/2026/), 'not given', 'With your approval', expect.any(String)],
    ])
    expect((await page.follow('Close')).path).toBe('/console/apps')
  })

  it('the selected access tokens are removed, and no others (CON-8)', async () => {
    const w = await consoleWorld()
    const all = []
    for (let n = 0; n < 3; n++) {
      all.push(await w.start({ account: 'org' }))
      w.clock.advance(60_000)
    }
    let page = await (await w.open('/apps')).follow('3 access tokens of Call Reports')
    expect(page.text).toContain('The app can get another one; to prevent that, suspend the app.')
    const [label = ''] = page.labels.filter((name) => name.startsWith('Select the token'))
    page = await page.fill({ [label]: true }).press('Remove selected')
    expect([page.notes, page.rows.length]).toEqual([['1 access token was removed.'], 2])
    expect(await Promise.all(all.map(({ access }) => w.verify(access)))).toEqual(['revoked', 'ok', 'ok'])
    page = await page.press('Remove selected')
    expect([page.status, page.notes, page.rows.length]).toEqual([422, ['Select at least one token.'], 2])
  })

  it('the box in the header alone removes all tokens there are, those on other pages too (CON-9)', async () => {
    const w = await consoleWorld()
    const tokens = await Promise.all(Array.from({ length: 60 }, () => w.start({ account: 'org' })))
    const list = await w.open('/apps')
    let page = await list.follow('60 access tokens of Call Reports')
    expect(page.rows).toHaveLength(50)
    page = await page.fill({ 'Select all there are now': true }).press('Remove selected')
    expect(page.notes).toEqual(['All access tokens were removed.'])
    expect(page.text).toContain('There are no access tokens at the moment. The app can get new ones.')
    for (const { access } of tokens) expect(await w.verify(access)).toBe('revoked')
    const { access } = await w.start({ account: 'org' })
    expect(await w.verify(access)).toBe('ok')
  })

  it('selected apps are removed after a page that says what that takes from whom (CON-10)', async () => {
    const w = await consoleWorld()
    const { access } = await w.start()
    await w.registerTrusted({ name: 'Second' })
    await w.registerTrusted({ name: 'Third' })
    const list = await w.open('/apps')
    let page = await list.fill({ 'Select Call Reports': true, 'Select Second': true }).press('Remove selected')
    expect([page.heading, page.text]).toEqual([
      'Remove 2 apps?',
      expect.stringContaining('A removed app cannot get new access tokens'),
    ])
    page = await page.press('Remove 2 apps')
    expect([page.status, page.described('I understand that 1 account loses access at once')]).toEqual([
      422,
      expect.stringContaining('Tick the box to go on'),
    ])
    page = await page.fill({ 'I understand that 1 account loses access at once': true }).press('Remove 2 apps')
    expect([page.heading, page.notes]).toEqual(['App registration', ['2 apps were removed.']])
    expect(page.rows).toHaveLength(1)
    expect(await w.verify(access)).toBe('app_removed')
  })

  it('without a selection it asks for one', async () => {
    const w = await consoleWorld()
    for (const path of ['/apps', '/managed']) {
      await w.start({ account: 'org' })
      const page = await (await w.open(path)).press('Remove selected')
      expect([page.status, page.notes]).toEqual([422, ['Select at least one app.']])
    }
  })
})

describe('the pages of what apps may do for an account', () => {
  it('each app is shown with when it was installed and who approved it (CON-11)', async () => {
    const w = await consoleWorld()
    await w.start({ account: 'user', login: 'anna' })
    w.viewer = { account: 'provider', login: 'petra', timeZone: 'Europe/Berlin' }
    const page = await w.open('/managed?for=user')
    const [row = []] = page.rows
    expect(row.slice(1)).toEqual([
      expect.stringContaining('Call Reportsby Org Seven'),
      expect.stringMatching(/\d{4}, \d+:\d\d/),
      'Maria',
      'Read your data Change your data',
      '1 access token of Call Reports',
    ])
    const tokens = await page.follow('1 access token of Call Reports')
    expect([tokens.heading, tokens.links]).toEqual([
      'Access tokens of Call Reports',
      expect.arrayContaining(['App management']),
    ])
    expect(page.text).not.toContain(`/apps/${w.key}"`)
  })

  it.each(['/apps', '/managed'])('%s is searched by a part of the name, in any script (CON-12)', async (path) => {
    const w = await consoleWorld()
    const { app } = await w.registerTrusted({ name: 'Straße', trusted: false, redirectUrls: [REDIRECT] })
    await w.code({ account: 'org' }, { client_id: app.key })
    await w.start({ account: 'org' })
    const label = 'Search apps by name'
    let page = await (await w.open(path)).fill({ [label]: 'STRASSE' }).press('Search')
    expect([page.rows.length, page.value(label)]).toEqual([1, 'STRASSE'])
    page = await page.fill({ [label]: 'nothing <like> it' }).press('Search')
    expect(page.text).toContain('No app matches “<bdi>nothing &lt;like&gt; it</bdi>”.')
    expect((await page.follow('Clear search')).rows).toHaveLength(2)
  })

  it('what was allowed to an app is taken back, and only for this account (CON-13)', async () => {
    const w = await consoleWorld()
    const mine = await w.start({ account: 'org' })
    const others = await w.start({ account: 'user' })
    let page = await (await w.open('/managed')).fill({ 'Select Call Reports': true }).press('Remove selected')
    expect([page.heading, page.text]).toEqual([
      'Remove the access of 1 app?',
      expect.stringContaining('This takes back what <bdi>Org Seven</bdi> has allowed.'),
    ])
    page = await page.press('Remove 1 app')
    expect([page.path.split('?')[0], page.notes]).toEqual(['/console/managed', ['The access of 1 app was removed.']])
    expect([await w.verify(mine.access), await w.verify(others.access)]).toEqual(['revoked', 'ok'])
  })

  it('an account that may not register says who decides, and the address typed by hand is a 403 (CON-14)', async () => {
    const w = await consoleWorld()
    w.tree.set('provider', { mayRegisterApps: false, mayUseApps: false })
    const page = await w.open('/apps')
    expect([page.links.includes('Add app'), page.notes]).toEqual([
      false,
      ['You cannot register apps: your provider has not enabled this for your account.'],
    ])
    const typed = await w.open('/apps/new')
    expect([typed.status, typed.heading]).toEqual([403, 'You are not allowed to do this'])
    expect((await w.open('/managed')).text).toContain('Apps cannot act for this account now')
  })
})

describe('the form of an app', () => {
  it('has its groups, says what is required, and what each field is for (CON-15)', async () => {
    const w = await consoleWorld()
    const page = await (await w.open('/apps')).follow('Add app')
    expect([...page.text.matchAll(/<legend[^>]*>([^<]+)/g)].map(([, legend]) => legend)).toEqual([
      'App info',
      'Contact info',
      'How people authorize it',
      'What it may ask for',
      'User agreement',
    ])
    expect(page.labels.filter((label) => label.endsWith('required'))).toEqual([
      'Name required',
      'Homepage required',
      'Admin email required',
    ])
    expect(page.described('Name required')).toBe('What people see when the app asks for access, e.g. Google Apps.')
    expect(page.text).toContain('aria-required="true"')
    expect(page.buttons.filter((name) => name === 'OK')).toHaveLength(1)
    const cancelled = await page.follow('Cancel')
    expect([cancelled.path, cancelled.rows.length]).toEqual(['/console/apps', 1])
  })

  it('registers an app with names of any script, and shows its key and secret once (CON-16)', async () => {
    const w = await consoleWorld()
    const form = await w.open('/apps/new')
    const page = await form
      .fill({
        'Name required': 'Übersicht',
        Description: 'Zeile 1\r\nZeile 2',
        'Homepage required': 'https://übersicht.example/',
        'Image URL': 'https://fax.example/logo.png',
        'Admin email required': 'käthe@bücher.example',
        'Admin phone': '+49 30 1234567',
        'Redirect URL 1': 'https://fax.example/callback',
        'App is trusted': true,
        'Read your data read': true,
      })
      .press('OK')
    expect([page.status, page.notes[0]]).toEqual([200, expect.stringContaining('Übersicht is registered')])
    const [key, secret] = [page.value('App ID/key'), page.value('App secret')]
    expect([key, secret].map((text) => text.length)).toEqual([32, 32])
    const app = await w.appgrant.apps.get(key)
    expect(app).toMatchObject({
      owner: 'org',
      name: 'Übersicht',
      description: 'Zeile 1\nZeile 2',
      homepage: 'https://übersicht.example/',
      adminEmail: 'käthe@bücher.example',
      adminPhone: '+49301234567',
      image: 'https://fax.example/logo.png',
      trusted: true,
      scopes: ['read'],
      redirectUrls: ['https://fax.example/callback'],
    })
    await w.appgrant.authorizer.clientCredentials({ key, secret })
    expect(page.href('Download .env')).toBe(
      `data:text/plain;charset=utf-8,${encodeURIComponent(`APP_KEY=${key}\nAPP_SECRET=${secret}\n`)}`,
    )
    const shown = await page.follow('Go to the app')
    expect([shown.heading, shown.text.includes(secret)]).toEqual(['Übersicht', false])
    // The names of apps do not load anything.
    expect(shown.text).not.toMatch(/<img|src="https/)
  })

  it('says what is wrong at each field and above them, and keeps what was typed (APP-5)', async () => {
    const w = await consoleWorld()
    const page = await (await w.open('/apps/new'))
      .fill({ 'Name required': ' ', Description: '<b>kept</b>', 'Redirect URL 1': 'http://fax.example/' })
      .press('OK')
    expect([page.status, page.title]).toEqual([422, expect.stringMatching(/^Error: Add app/)])
    expect(page.notes[0]).toMatch(/^There is a problem with 4 fields/)
    expect(page.text).toContain('role="alert" tabindex="-1" autofocus')
    expect(page.described('Redirect URL 1')).toContain('This kind of address is not allowed.')
    expect([page.value('Description'), page.value('Redirect URL 1')]).toEqual(['<b>kept</b>', 'http://fax.example/'])
    for (const [, id] of page.text.matchAll(/<li><a href="#([^"]+)">/g)) expect(page.text).toContain(` id="${id}"`)
    expect(await w.appgrant.apps.list({ owner: 'org' })).toMatchObject({ items: [{ name: 'Call Reports' }] })
  })

  it('offers the canonical form of a redirect URL, and as many fields as are needed (CON-18)', async () => {
    const w = await consoleWorld()
    let page = await (await w.open('/apps/new'))
      .fill({ ...FIELDS, 'Redirect URL 1': 'HTTPS://Fax.Example' })
      .press('Add another URL')
    expect(page.value('Redirect URL 1')).toBe('HTTPS://Fax.Example')
    page = await page.fill({ 'Redirect URL 2': 'https://fax.example/other' }).press('OK')
    expect(page.described('Redirect URL 1')).toContain('Use this form: https://fax.example/')
    page = await page.press('Use it: https://fax.example/')
    page = await page.press('OK')
    expect(page.notes[0]).toContain('Fax Archive is registered')
    expect((await w.appgrant.apps.get(page.value('App ID/key')))?.redirectUrls).toEqual([
      'https://fax.example/',
      'https://fax.example/other',
    ])
  })

  it('at the limit says so, names the apps that were not used for the longest time, and keeps what was typed (CON-20, APP-6)', async () => {
    const w = await consoleWorld({}, { appsPerOwner: 7 })
    for (const name of ['Never', 'Second', 'Third', 'Fourth', 'Fifth', 'Last']) {
      await w.appgrant.apps.register({ ...exampleApp({ owner: 'org', name }) })
      // Of those of the same day, the ones that were registered first are named.
      w.clock.advance(1)
    }
    w.clock.advance(DAY)
    await useApp(w)
    const page = await (await w.open('/apps/new')).fill(FIELDS).press('OK')
    expect([page.status, page.value('Name required')]).toEqual([409, 'Fax Archive'])
    expect(page.notes).toEqual([
      expect.stringMatching(
        /^You have 7 of 7 apps\. Remove one before you add another\.These were .*:(?:(?:Never|Second|Third|Fourth|Fifth) Not used yet ?){5}All apps/,
      ),
    ])
    expect((await page.follow('Third')).heading).toBe('Third')
    w.clock.advance(90 * DAY)
    const idle = await (await w.open('/apps/new')).fill(FIELDS).press('OK')
    expect((await idle.follow('All apps that have not been used for 90 days')).rows).toHaveLength(7)
  })

  it('shows only the apps that were not used for as long as was chosen, and keeps that on the way (APP-13)', async () => {
    const w = await consoleWorld()
    await w.appgrant.apps.register(exampleApp({ owner: 'org', name: 'Never' }))
    w.clock.advance(60 * DAY)
    await useApp(w)
    w.clock.advance(30 * DAY)
    await w.appgrant.apps.register(exampleApp({ owner: 'org', name: 'New' }))
    const idle = async (days: string) => {
      const page = await (await w.open('/apps')).fill({ 'Last used': days }).press('Search')
      return page.rows.map((cells) => /Never|New|Call Reports/.exec(cells.join(' '))?.[0]).sort()
    }
    expect(await idle('')).toEqual(['Call Reports', 'Never', 'New'])
    expect(await idle('30')).toEqual(['Call Reports', 'Never'])
    expect(await idle('90')).toEqual(['Never'])
    expect(await idle('365')).toEqual([])
    expect((await w.open('/apps?idle=1')).rows).toHaveLength(3)
    expect((await w.open('/apps?idle=90')).text).toContain('<option value="90" selected>90+ days ago</option>')
  })

  it('asks for the API type if the host names some, and offers only what the account may register (CON-21)', async () => {
    const w = await consoleWorld({ apis: { system: 'SystemAPI', unified: 'UnifiedAPI' } })
    w.tree.set('org', { mayRegisterApps: ['system'] })
    const form = await w.open('/apps/new')
    expect(form.described('UnifiedAPI')).toBe('Your account cannot add apps for this API.')
    expect(() => form.fill({ UnifiedAPI: true })).toThrow('is disabled')
    const filled = form.fill(FIELDS).entries('OK')
    const forged = await w.post(form, [...filled.filter(([name]) => name !== 'apiType'), ['apiType', 'unified']])
    expect(forged.status).toBe(403)
    const page = await form.press('OK')
    const key = page.value('App ID/key')
    expect((await w.appgrant.apps.get(key))?.apiType).toBe('system')
    const list = await w.open('/apps?api=system')
    expect([list.rows.length, list.rows.join()]).toEqual([1, expect.stringContaining('SystemAPI')])
  })

  it('without the permission to trust apps says who has it, and a request made by hand is refused (CON-17, APP-9)', async () => {
    const w = await consoleWorld()
    w.tree.set('org', { mayTrustApps: false })
    const form = await w.open('/apps/new')
    expect([form.labels.includes('App is trusted'), form.text]).toEqual([
      false,
      expect.stringContaining('You cannot make an app trusted: this is decided by your provider.'),
    ])
    const filled = form.fill(FIELDS)
    const forged = await w.post(filled, [...filled.entries('OK'), ['trusted', 'yes']])
    expect([forged.status, (await w.appgrant.apps.list({ owner: 'org' })).items.length]).toEqual([403, 1])
  })

  it('sent twice registers one app, and the secret is shown once (CON-30)', async () => {
    const w = await consoleWorld()
    const form = (await w.open('/apps/new')).fill(FIELDS)
    const first = await form.press('OK')
    const second = await form.press('OK')
    expect([second.path.split('?')[0], second.notes[0]]).toEqual([
      `/console/apps/${first.value('App ID/key')}`,
      expect.stringContaining('Fax Archive was registered a moment ago.'),
    ])
    expect((await w.appgrant.apps.list({ owner: 'org' })).items).toHaveLength(2)
  })

  it.each([
    ['With its own keys', 'private key'],
    ['Not at all', 'public app'],
  ])('registers an app that authenticates "%s"', async (label) => {
    const w = await consoleWorld()
    const form = (await w.open('/apps/new')).fill({ ...FIELDS, [label]: true })
    if (label === 'With its own keys') {
      const wrong = await form.press('OK')
      expect([wrong.status, wrong.described('Public keys (JWK set)')]).toEqual([
        422,
        expect.stringContaining('This is not a public signing key.'),
      ])
      form.fill({ 'Public keys (JWK set)': JSON.stringify({ keys: [PUBLIC_JWK] }) })
    }
    const page = await form.press('OK')
    expect([page.heading, page.notes[0]]).toEqual(['Fax Archive', 'Fax Archive is registered.'])
    const [app] = (await w.appgrant.apps.list({ owner: 'org', name: 'fax' })).items
    expect([app?.public, app?.jwks.length]).toEqual(label === 'Not at all' ? [true, 0] : [false, 1])
  })
})
