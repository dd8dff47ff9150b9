import { describe, expect, it } from 'vitest'
import type { ConsoleOptions, DangerousAction } from '../../src/console/options.ts'
import type { Viewer } from '../../src/console/viewer.ts'
import { appSigner } from '../support/app-signer.ts'
import type { VisitedPage } from './visitor.ts'
import { type ConsoleWorld, consoleWorld } from './world.ts'

const { jwk: PUBLIC_JWK } = await appSigner()

const FIELDS = {
  'Name required': 'Fax Archive',
  'Homepage required': 'https://fax.example/',
  'Admin email required': 'ops@fax.example',
  'Redirect URL 1': 'https://fax.example/callback',
}

const TYPED = {
  name: 'Fax Archive',
  homepage: 'https://fax.example/',
  adminEmail: 'ops@fax.example',
  redirectUrls: ['https://fax.example/callback'],
}

/** A second app of the organization. */
async function withTwoApps(): Promise<{ readonly w: ConsoleWorld; readonly other: string }> {
  const w = await consoleWorld()
  const { app } = await w.appgrant.apps.register({ ...TYPED, owner: 'org' })
  return { w, other: app.key }
}

const reasons = ({ outages }: ConsoleWorld) => outages.map(({ cause }) => String(cause))

describe('a viewer', () => {
  it.each([
    ['operater', { account: 'org', login: 'olga', operater: true }, 'operator'],
    ['timezone', { account: 'org', timezone: 'Asia/Tokyo' }, 'timeZone'],
    ['user_login', { account: 'org', Login: 'olga' }, 'login'],
  ])('with the misspelt member %s is an outage that names the right one (CON-32, ERR-6)', async (_, viewer, meant) => {
    const w = await consoleWorld()
    w.viewer = viewer as Viewer
    expect((await w.open('/apps')).status).toBe(500)
    expect(reasons(w)).toEqual([expect.stringContaining(`expected ${meant}`)])
  })

  it('may have members of its own, as a session of the host has', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'org', login: 'olga', expiresAt: 1, csrf: 'x' } as Viewer
    expect((await w.open('/apps')).status).toBe(200)
  })

  it('is read once, so it cannot become another one after it was checked (CON-32)', async () => {
    const w = await consoleWorld()
    const reads: Record<string, number> = {}
    const counting = new Proxy({ account: 'org', login: 'olga', operator: false } as Viewer, {
      get(target, name: keyof Viewer) {
        reads[name] = (reads[name] ?? 0) + 1
        return name === 'operator' && reads[name] > 1 ? true : target[name]
      },
    })
    w.viewer = counting
    const page = await w.open('/apps')
    expect([page.status, page.text.includes('All apps')]).toEqual([200, false])
    expect([reads.account, reads.login, reads.operator]).toEqual([1, 1, 1])
  })

  it.each([
    ['null', null],
    ['an account that is none', { account: 'app:org' }],
    ['a login with a line break', { account: 'org', login: 'a\nb' }],
  ])('that is wrong (%s) is an outage of the host, not a mistake of the request (CON-32)', async (_, viewer) => {
    const w = await consoleWorld()
    w.viewer = viewer as unknown as Viewer
    expect((await w.open('/apps')).status).toBe(500)
    expect(reasons(w)).toEqual([expect.stringContaining('signIn: ')])
  })

  it('in a time zone that is not known sees dates in UTC', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'org', timeZone: 'Mars/Olympus' }
    const page = await w.open('/apps')
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('data-zone="date"')])
  })

  it.each([
    [[{ id: 'user', nam: 'Maria' }], 'accounts.below: [0].name: expected a string, received nothing'],
    [[undefined], 'accounts.below: [0].id: expected a string, received nothing'],
    [{}, 'accounts.below: expected an array of { id, name }, received an object'],
  ])(
    'sees no accounts that the host returns wrongly (%o), and the operator hears why (ERR-2)',
    async (returned, said) => {
      const w = await consoleWorld({ accounts: { names: async () => ({}), below: async () => returned as never } })
      expect((await w.open('/accounts')).status).toBe(500)
      expect(w.outages).toMatchObject([{ code: 'server_error', cause: { message: said } }])
    },
  )

  it('that is blocked sees no list of accounts either', async () => {
    const below = async () => [{ id: 'user', name: 'Maria' }]
    const w = await consoleWorld({ accounts: { names: async () => ({}), below } })
    expect((await w.open('/accounts')).text).toContain('Maria')
    w.tree.set('org', { active: false })
    const page = await w.open('/accounts')
    expect([page.status, page.text.includes('Maria')]).toEqual([403, false])
  })
})

describe('more proof', () => {
  it.each([
    ['false', false],
    ['null', null],
    ['true', true],
    ['a text', 'no'],
  ])('that is neither undefined nor a Response (%s) is an outage, and nothing is done (CON-26)', async (_, reply) => {
    let isAsked = false
    const confirm = (async () => (isAsked ? reply : undefined)) as unknown as NonNullable<ConsoleOptions['confirm']>
    const w = await consoleWorld({ confirm })
    const { access } = await w.start()
    const page = await w.open(`/apps/${w.key}/end-tokens`)
    isAsked = true
    page.fill({ 'I understand that 1 account loses access at once': true })
    expect((await page.press('Revoke all tokens')).status).toBe(500)
    expect(reasons(w)).toEqual([expect.stringContaining('confirm: expected')])
    expect(await w.verify(access)).toBe('ok')
  })

  it('is asked for before a trusted app is registered, and not before another (CON-26)', async () => {
    const asked: DangerousAction[] = []
    let isProven = false
    const confirm = async (_: Request, action: DangerousAction) => {
      asked.push(action)
      return isProven ? undefined : Response.redirect('https://proof.example/', 303)
    }
    const w = await consoleWorld({ confirm })
    const form = (await w.open('/apps/new')).fill({ ...FIELDS, 'App is trusted': true })
    const page = await form.press('OK')
    expect([page.status, page.heading]).toEqual([200, 'Confirm that it is you'])
    expect(asked).toEqual([{ name: 'trust', apps: [], viewer: expect.objectContaining({ account: 'org' }) }])
    expect((await w.appgrant.apps.list({ owner: 'org' })).items).toHaveLength(1)
    const proof = await w.send(page.href('Confirm your identity'))
    expect([proof.status, proof.headers.get('location')]).toEqual([303, 'https://proof.example/'])
    isProven = true
    const back = await w.open(page.href('Confirm your identity').replace('/console', ''))
    expect(back.heading).toBe('Add app')
    expect((await page.press('Send again')).heading).toBe('Key and secret')
    isProven = false
    asked.length = 0
    expect((await (await w.open('/apps/new')).fill(FIELDS).press('OK')).heading).toBe('Key and secret')
    expect(asked).toEqual([])
  })
})

describe('an address', () => {
  it('fills in nothing that is sent on: neither keys nor the identifier of a resource (CON-33)', async () => {
    const w = await consoleWorld({}, { resources: ['https://api.example'] })
    const jwks = JSON.stringify({ keys: [PUBLIC_JWK] })
    const keys = await w.open(`/apps/${w.key}/keys?${new URLSearchParams({ jwks })}`)
    expect(keys.value('Public keys (JWK set)')).toBe('')
    w.viewer = { login: 'root', operator: true }
    const page = await w.open(`/apps/${w.key}/resource-server?identifier=https://api.example`)
    expect(page.value('Resource identifier')).toBe('')
  })

  it('with a parameter twice means the same account in the form that is sent again', async () => {
    const w = await consoleWorld()
    w.viewer = { account: 'provider', login: 'petra' }
    const form = (await w.open('/apps/new?for=org')).fill(FIELDS)
    w.tree.setDown(true)
    const page = await w.post(form, form.entries('OK'), '/console/apps/new?for=org&for=other-org')
    w.tree.setDown(false)
    expect(page.status).toBe(503)
    await page.press('Send again')
    const { items } = await w.appgrant.apps.list({ owner: 'other-org' })
    expect(items).toEqual([])
  })
})

describe('a name that every object has', () => {
  it('is a name like any other for API types and scopes', async () => {
    const w = await consoleWorld(
      { apis: { system: 'System API' }, scopes: { read: 'Read' } },
      {
        scopes: { read: 'Read', write: 'Write', constructor: 'Build' },
      },
    )
    const { app } = await w.appgrant.apps.register({
      ...TYPED,
      owner: 'org',
      apiType: 'constructor',
      scopes: ['constructor'],
    })
    const list = await w.open('/apps')
    expect([list.status, list.row('Fax Archive') ?? list.rows]).toEqual([200, expect.anything()])
    expect((await w.open(`/apps/${app.key}`)).status).toBe(200)
  })
})

describe('a press that is sent twice', () => {
  it('does not replace the secret that the first one made for an app with keys (CON-30)', async () => {
    const w = await consoleWorld()
    await w.appgrant.apps.replaceJwks(w.key, [PUBLIC_JWK])
    const page = await w.open(`/apps/${w.key}/regenerate`)
    const entries = [...page.entries('Regenerate'), ['sure', 'yes'] as const]
    const [one, two] = await Promise.all([w.post(page, entries), w.post(page, entries)])
    const shown = [one, two].filter(({ heading }) => heading === 'Key and secret')
    expect(shown).toHaveLength(1)
    const secret = shown[0]?.value('App secret') ?? ''
    expect((await w.appgrant.authorizer.authenticateApp({ key: w.key, secret })).key).toBe(w.key)
    expect((await w.post(page, entries)).heading).not.toBe('Key and secret')
    expect((await w.appgrant.authorizer.authenticateApp({ key: w.key, secret })).key).toBe(w.key)
  })
})

describe('several at once', () => {
  const DONE_OR_NOT = /<li><strong><bdi>(.*?)<\/bdi><\/strong><span>(.*?)[.<]/g
  const results = ({ text }: VisitedPage) => [...text.matchAll(DONE_OR_NOT)].map(([, , result]) => result).sort()

  it('are each told for themselves when apps are removed, and one that may be gone is uncertain (CON-10, REV-7)', async () => {
    const { w, other } = await withTwoApps()
    const page = await w.open(`/apps/remove?app=${other}&app=${w.key}`)
    w.store.fail('replace', 'before')
    w.store.fail('replace', 'after')
    const done = await page.press('Remove 2 apps')
    expect(results(done)).toEqual(['It is not certain that this was done', 'This is not available at the moment'])
  })

  it('are each told for themselves when an operator suspends them', async () => {
    const { w, other } = await withTwoApps()
    w.viewer = { login: 'root', operator: true }
    const page = await w.open('/all')
    page.fill({ 'Select Call Reports': true, 'Select Fax Archive': true })
    w.store.fail('replace', 'before')
    const done = await page.press('Suspend selected')
    const apps = await Promise.all([w.key, other].map((key) => w.appgrant.apps.get(key)))
    expect(apps.filter((app) => app?.suspended)).toHaveLength(1)
    expect(results(done)).toEqual(['Suspended', 'This is not available at the moment'])
  })

  it('are each told for themselves when an account takes back what it allowed (CON-13)', async () => {
    const w = await consoleWorld()
    await w.start()
    const { app } = await w.appgrant.apps.register({ ...TYPED, owner: 'org', scopes: ['read'] })
    await w.code({ account: 'user', login: 'maria' }, { client_id: app.key, redirect_uri: TYPED.redirectUrls[0] })
    w.viewer = { account: 'user', login: 'maria' }
    const list = await w.open('/managed')
    const page = await list.fill({ 'Select Call Reports': true, 'Select Fax Archive': true }).press('Remove selected')
    w.store.fail('replace', 'before')
    const done = await page.press('Remove 2 apps')
    expect((await w.appgrant.installs.list({ account: 'user' })).items).toHaveLength(1)
    expect(results(done)).toEqual(['Removed', 'This is not available at the moment'])
  })

  it('are each told for themselves when accounts lose an app', async () => {
    const w = await consoleWorld()
    await w.start()
    await w.start({ account: 'org', login: 'olga' })
    const list = await w.open(`/apps/${w.key}/instances`)
    const page = await list.fill({ 'Select Maria': true, 'Select Org Seven': true }).press('Remove selected')
    w.store.fail('replace', 'before')
    const done = await page.press('Remove 2 accounts')
    expect(await w.appgrant.installs.count({ app: w.key })).toBe(1)
    expect(results(done)).toEqual(['Removed', 'This is not available at the moment'])
  })
})

describe('a form that is sent again, because it was not certain that it was done', () => {
  /** Presses a button whose write is done but not confirmed, then sends the form again. */
  async function pressTwice(w: ConsoleWorld, page: VisitedPage, button: string): Promise<VisitedPage> {
    w.store.fail('replace', 'after')
    const uncertain = await page.press(button)
    expect([uncertain.status, uncertain.text]).toEqual([503, expect.stringContaining('It is not certain')])
    const written = w.observed.written.length
    const again = await uncertain.press('Send again')
    expect(w.observed.written.length).toBeGreaterThan(written)
    return again
  }

  it('is confirmed by a write after apps were removed (REV-7)', async () => {
    const { w, other } = await withTwoApps()
    const page = await pressTwice(w, await w.open(`/apps/remove?app=${other}`), 'Remove 1 app')
    expect([page.status, page.notes]).toEqual([200, ['There was nothing left to remove.']])
  })

  it('is confirmed by a write after an account took back what it allowed (REV-7)', async () => {
    const w = await consoleWorld()
    await w.start()
    w.viewer = { account: 'org', login: 'olga' }
    const page = await pressTwice(w, await w.open(`/managed/remove?for=user&app=${w.key}`), 'Remove 1 app')
    expect([page.status, page.notes]).toEqual([200, ['There was nothing left to remove.']])
    expect(page.path).toContain('for=user')
  })

  it('is confirmed by a write after an account lost an app (REV-7)', async () => {
    const w = await consoleWorld()
    await w.start()
    const asked = await w.open(`/apps/${w.key}/instances/remove?account=user`)
    const page = await pressTwice(w, asked, 'Remove 1 account')
    expect([page.status, page.notes]).toEqual([200, ['There was nothing left to remove.']])
  })

  it('is confirmed by a write after a secret was removed (REV-7)', async () => {
    const w = await consoleWorld()
    const { secretId } = await w.appgrant.apps.addSecret(w.key)
    const page = await pressTwice(w, await w.open(`/apps/${w.key}/remove-secret?id=${secretId}`), 'Remove the secret')
    expect([page.status, page.heading]).toEqual([200, 'Call Reports'])
  })

  it('but names what the viewer may not see, removes nothing', async () => {
    const { w, other } = await withTwoApps()
    const page = await w.open(`/apps/remove?app=${other}`)
    w.viewer = { account: 'other-org', login: 'otto' }
    const own = await w.open('/apps/new')
    await w.post(
      own,
      [
        ['as', own.entries('OK').find(([name]) => name === 'as')?.[1] ?? ''],
        ['app', other],
      ],
      page.path,
    )
    expect(await w.appgrant.apps.get(other)).toMatchObject({ key: other })
    expect(w.refused).toContain('app_of_another_account')
  })
})

describe('an operator, while the directory is down', () => {
  it('suspends an app, and no page says that nothing was changed', async () => {
    const w = await consoleWorld()
    w.viewer = { login: 'root', operator: true }
    const app = await w.open(`/apps/${w.key}`)
    w.tree.setDown(true)
    const page = await app.press('Active: suspend Call Reports')
    expect((await w.appgrant.apps.get(w.key))?.suspended?.by).toEqual({ login: 'root' })
    expect([page.status, page.text.includes('Nothing was changed')]).toEqual([503, false])
  })
})
