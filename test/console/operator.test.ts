import { describe, expect, it } from 'vitest'
import { consoleWorld } from './world.ts'

const OPERATOR = { login: 'root@teleworks.example', operator: true }

describe('an operator', () => {
  it('sees the apps of all accounts, and finds one by its key, its owner or its name (CON-27)', async () => {
    const w = await consoleWorld()
    await w.registerTrusted({ owner: 'other-org', name: 'Fax Archive' })
    w.viewer = OPERATOR
    const page = await w.open('')
    expect([page.path, page.heading, page.rows.length]).toEqual(['/console/all', 'All apps', 2])
    const label = 'Search by name, or enter a whole key or account'
    for (const [search, names] of [
      [w.key, ['Call Reports']],
      ['other-org', ['Fax Archive']],
      ['REPORT', ['Call Reports']],
      ['nothing', []],
    ] as const) {
      const found = await page.fill({ [label]: search }).press('Search')
      expect([search, found.rows.map(([, , name]) => name?.slice(0, names[0]?.length))]).toEqual([search, names])
    }
  })

  it('is nobody special to others: what is the platform’s is a 404 (CON-27)', async () => {
    const w = await consoleWorld()
    for (const path of [
      '/all',
      `/apps/${w.key}/publish`,
      `/apps/${w.key}/unpublish`,
      `/apps/${w.key}/resource-server`,
    ]) {
      const page = await w.open(path)
      expect([path, page.status, page.links.includes('All apps')]).toEqual([path, 404, false])
    }
    expect((await w.open(`/apps/${w.key}`)).text).not.toContain('Publish…')
  })

  it('suspends with the authority of the platform, which only the platform ends', async () => {
    const w = await consoleWorld()
    const by: unknown[] = []
    w.appgrant.events.on('app', (event) => by.push(event.by))
    w.viewer = OPERATOR
    let page = await (await w.open('/all')).fill({ 'Select Call Reports': true }).press('Suspend selected')
    expect(page.notes).toEqual(['1 app is suspended.'])
    page = await page.press('Suspended: resume Call Reports')
    expect([page.path.split('?')[0], page.notes[0]]).toEqual([
      '/console/all',
      expect.stringContaining('is active again'),
    ])
    page = await page.press('Active: suspend Call Reports')
    expect(by).toEqual(Array.from({ length: 3 }, () => ({ login: OPERATOR.login })))
    w.viewer = { account: 'provider' }
    const theirs = await w.open('/apps?for=org')
    expect([theirs.rows.join(), theirs.buttons.some((name) => name.includes('resume'))]).toEqual([
      expect.stringContaining('Suspended by the platform'),
      false,
    ])
  })

  it('removes selected apps and comes back to the list of all', async () => {
    const w = await consoleWorld()
    w.viewer = OPERATOR
    const none = await (await w.open('/all')).press('Remove selected')
    expect([none.status, none.notes]).toEqual([422, ['Select at least one app.']])
    const asked = await none.fill({ 'Select Call Reports': true }).press('Remove selected')
    expect((await asked.follow('Cancel')).heading).toBe('All apps')
    const page = await asked.press('Remove 1 app')
    expect([page.heading, page.notes, page.rows]).toEqual(['All apps', ['1 app was removed.'], []])
    const nothing = await (await w.open('/all')).text
    expect(nothing).toContain('Nothing matches.')
  })

  it('publishes an app, and makes it a resource server', async () => {
    const w = await consoleWorld({}, { resources: ['https://api.example'] })
    w.viewer = OPERATOR
    let page = await (await w.open('/all')).follow('Call Reports')
    expect(page.text).toContain('You act as the platform for <b><bdi>Org Seven</bdi></b>')
    page = await (await page.follow('Publish…')).press('Publish')
    expect([page.notes, (await w.appgrant.apps.get(w.key))?.published]).toEqual([['Call Reports is published.'], true])
    page = await (await page.follow('Unpublish…')).press('Unpublish')
    expect(page.notes).toEqual(['Call Reports is not published any more.'])
    const asked = await page.follow('Resource server…')
    const wrong = await asked.fill({ 'Resource identifier': 'https://other.example' }).press('Save')
    expect([wrong.status, wrong.value('Resource identifier')]).toEqual([422, 'https://other.example'])
    page = await wrong.fill({ 'Resource identifier': 'https://api.example' }).press('Save')
    expect((await w.appgrant.apps.get(w.key))?.resourceServer).toBe('https://api.example')
    page = await (await page.follow('Resource server…')).fill({ 'Resource identifier': '' }).press('Save')
    expect((await w.appgrant.apps.get(w.key))?.resourceServer).toBeUndefined()
  })

  it('registers and manages apps for any account, which the page names', async () => {
    const w = await consoleWorld()
    w.viewer = OPERATOR
    const list = await (await w.open('/all')).follow('Org Seven')
    expect([list.path, list.heading]).toEqual(['/console/apps?for=org', 'App registration'])
    const page = await (await list.follow('Add app'))
      .fill({
        'Name required': 'Theirs',
        'Homepage required': 'https://theirs.example/',
        'Admin email required': 'a@theirs.example',
        'App is trusted': true,
      })
      .press('OK')
    expect(await w.appgrant.apps.get(page.value('App ID/key'))).toMatchObject({ owner: 'org', trusted: true })
    expect((await page.follow('Back to all apps')).heading).toBe('All apps')
  })

  it('with an account acts on its own pages as that account', async () => {
    const w = await consoleWorld()
    const by: unknown[] = []
    w.appgrant.events.on('app', (event) => by.push(event.by))
    w.viewer = { ...OPERATOR, account: 'org' }
    let page = await (await w.open('/apps')).press('Active: suspend Call Reports')
    page = await (await page.follow('Call Reports')).press('Suspended: resume Call Reports')
    expect(by).toEqual(Array.from({ length: 2 }, () => ({ account: 'org', login: OPERATOR.login })))
    // What the platform has suspended, it resumes on the list of all apps, where it acts as the platform.
    page = await (await w.open('/all')).press('Active: suspend Call Reports')
    expect((await w.open('/apps')).rows.join()).toContain('Suspended by the platform')
    expect((await w.open(`/apps/${w.key}`)).buttons).not.toContain('Suspended: resume Call Reports')
    page = await page.press('Suspended: resume Call Reports')
    expect(page.notes[0]).toContain('is active again')
  })
})

describe('accounts below', () => {
  const below = async (account: string, search: string) =>
    [
      { id: 'org', name: 'Org Seven' },
      { id: 'other-org', name: 'Org Eight' },
    ].filter(({ name }) => account === 'provider' && name.toLowerCase().includes(search.toLowerCase()))
  const names = async () => ({ org: 'Org Seven' })

  it('are found and acted for, if the host names them', async () => {
    const w = await consoleWorld({ accounts: { names, below } })
    w.viewer = { account: 'provider' }
    const list = await (await w.open('/apps')).follow('Act for another account')
    const page = await list.fill({ 'Search accounts by name': 'seven' }).press('Search')
    expect(page.links).not.toContain('App registration: Org Eight')
    expect((await page.follow('App registration: Org Seven')).rows).toHaveLength(1)
    expect((await page.follow('App management: Org Seven')).heading).toBe('App management')
    expect((await page.fill({ 'Search accounts by name': 'xyz' }).press('Search')).text).toContain('<bdi>xyz</bdi>')
  })

  it('are not offered otherwise, nor to an operator without an account', async () => {
    const w = await consoleWorld()
    expect([(await w.open('/accounts')).status, (await w.open('/apps')).links]).toEqual([
      404,
      expect.not.arrayContaining(['Act for another account']),
    ])
    const theirs = await consoleWorld({ accounts: { names, below } })
    theirs.viewer = OPERATOR
    expect((await theirs.open('/accounts')).status).toBe(404)
    expect((await theirs.open('/apps?for=org')).links).not.toContain('Act for another account')
  })
})

describe('the viewer', () => {
  it('reads in their own language and time zone (CON-7)', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'org', locale: 'de-AT', timeZone: 'Europe/Berlin' }
    const page = await w.open('/apps')
    expect([page.heading, page.text]).toEqual(['App-Registrierung', expect.stringContaining('<html lang="de-AT"')])
    const date = new Intl.DateTimeFormat('de-AT', { dateStyle: 'medium', timeZone: 'Europe/Berlin' }).format(w.clock())
    expect(page.rows[0]?.at(-1)).toBe(`${date}Noch nicht genutzt`)
    expect(page.text).not.toContain('data-zone')
    w.viewer = { account: 'org' }
    expect((await w.open('/apps')).text).toContain('data-zone="date"')
  })
})
