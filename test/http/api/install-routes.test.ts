import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { accountTree } from '../../support/account-tree.ts'
import { authorization } from '../../support/http-authorization.ts'
import { jsonOf, refusal } from '../../support/http-fixture.ts'

/** Whether a response matches the description. */
function described(description: Record<string, unknown>, name: string, value: unknown): void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(description, 'api')
  const isValid = ajv.validate({ $ref: `api#/components/schemas/${name}` }, value)
  expect([isValid, ajv.errors]).toEqual([true, null])
}

async function installed(names: readonly string[] = ['Call Reports']) {
  const here = await authorization({ directory: accountTree() }, { owner: 'org', name: names[0] ?? '' })
  here.session.who = { account: 'user', login: 'ann' }
  await here.tokens()
  const keys = [here.app.key]
  for (const name of names.slice(1)) {
    const { app } = await here.appgrant.apps.register({
      owner: 'org',
      name,
      homepage: 'https://reports.example/',
      adminEmail: 'ops@reports.example',
      redirectUrls: ['https://reports.example/callback'],
      scopes: ['calls:read', 'calls:write'],
    })
    await here.code('calls:read', { client_id: app.key })
    keys.push(app.key)
  }
  const list = async (query = '') => jsonOf(await here.call('GET', `/installs${query}`))
  const shown = async (query = '') =>
    ((await list(query)).items as { app: { name: string } }[]).map(({ app }) => app.name)
  return { ...here, keys, list, shown }
}

describe('GET /installs', () => {
  it('GET /installs shows app, times and approver of each install, as the OpenAPI description says (LST-2)', async () => {
    const { list, app, clock, call } = await installed()
    const page = await list()
    expect(page.items).toEqual([
      {
        app: { key: app.key, name: 'Call Reports', owner: 'org' },
        account: 'user',
        installedAt: new Date(clock()).toISOString(),
        expiresAt: new Date(clock() + 90 * 86_400_000).toISOString(),
        approvedBy: { account: 'user', login: 'ann' },
        scope: ['calls:read', 'calls:write'],
      },
    ])
    const description = await jsonOf(await call('GET', '/openapi.json'))
    expect(Object.keys(description.paths as object)).toEqual(
      expect.arrayContaining(['/installs', '/installs/withdraw']),
    )
    described(description, 'InstallPage', page)
    // The description is not so wide that it accepts anything.
    expect(() => described(description, 'InstallPage', { items: [{}] })).toThrow()
  })

  it('the lifetimes of an app are shown, and an install without an end shows none (TOK-2)', async () => {
    const { appgrant, app, ticket, decide, list, call } = await installed()
    await appgrant.apps.setLifetimes(app.key, { refreshAbsoluteSeconds: 'never' })
    await decide({ ticket: await ticket(), decision: 'approve' })
    const page = await list()
    expect(page.items).toEqual([expect.not.objectContaining({ expiresAt: expect.anything() })])
    const description = await jsonOf(await call('GET', '/openapi.json'))
    described(description, 'InstallPage', page)
    const shown = await jsonOf(await call('GET', `/apps/${app.key}`, undefined, {}))
    expect(shown.error).toBe('app_not_found')
    const own = JSON.parse(JSON.stringify(await appgrant.apps.get(app.key)))
    expect(own.lifetimes).toEqual({ refreshAbsoluteSeconds: 'never' })
    described(description, 'App', own)
  })

  it('installs are paged and searched by name, case and Unicode folded (LST-2)', async () => {
    const { shown, list } = await installed(['Call Reports', 'Éclair', 'Reports again'])
    expect((await shown()).sort()).toEqual(['Call Reports', 'Reports again', 'Éclair'])
    expect((await shown('?name=REPORTS')).sort()).toEqual(['Call Reports', 'Reports again'])
    expect(await shown(`?name=${encodeURIComponent('E\u0301CL')}`)).toEqual(['Éclair'])
    const names: string[] = []
    let cursor = ''
    for (let pages = 0; pages < 3; pages++) {
      const page = await list(`?limit=1${cursor && `&cursor=${cursor}`}`)
      names.push(...(page.items as { app: { name: string } }[]).map(({ app }) => app.name))
      cursor = String(page.nextCursor ?? '')
    }
    expect([names.sort(), cursor]).toEqual([['Call Reports', 'Reports again', 'Éclair'], ''])
  })

  it('installs are counted beside the app for its owner (LST-1)', async () => {
    const { call, session, app } = await installed()
    session.who = { account: 'org' }
    expect(await jsonOf(await call('GET', `/apps/${app.key}`))).toMatchObject({ instances: 1, liveTokens: 0 })
    const { items } = await jsonOf(await call('GET', '/apps'))
    expect(items).toMatchObject([{ key: app.key, instances: 1 }])
  })

  it('the installs of an account below are shown, and those of no other account (LST-4)', async () => {
    const { call, session, list } = await installed()
    for (const account of ['org', 'provider']) {
      session.who = { account }
      expect((await list('?account=user')).items).toHaveLength(1)
      expect((await list()).items).toEqual([])
    }
    session.who = { account: 'other-org' }
    expect(await refusal(await call('GET', '/installs?account=user'))).toEqual({ status: 404, error: 'app_not_found' })
  })

  it.each(['?cursor=x', '?limit=0', '?limit=101', '?limit=x', '?name=a&name=b', `?name=${'x'.repeat(101)}`])(
    'GET /installs%s is refused',
    async (query) => {
      const { call } = await installed()
      expect((await call('GET', `/installs${query}`)).status).toBe(400)
    },
  )
})

describe('POST /installs/withdraw', () => {
  it('withdrawing ends what each selected app holds and returns a result for each (LST-2)', async () => {
    const { call, keys, shown, appgrant } = await installed(['One', 'Two', 'Three'])
    const [one = '', two = ''] = keys
    const response = await call('POST', '/installs/withdraw', { apps: [one, two, 'nobody', one] })
    const results = await jsonOf(response)
    expect(results).toEqual({
      results: [
        { app: one, withdrawn: true },
        { app: two, withdrawn: true },
        { app: 'nobody', withdrawn: false },
      ],
    })
    described(await jsonOf(await call('GET', '/openapi.json')), 'Withdrawals', results)
    expect(await shown()).toEqual(['Three'])
    expect(await appgrant.installs.count({ app: one })).toBe(0)
    const again = await jsonOf(await call('POST', '/installs/withdraw', { apps: [one] }))
    expect(again.results).toEqual([{ app: one, withdrawn: false }])
  })

  it('withdrawing an app revokes its tokens for that account', async () => {
    const { call, app, tokens, refresh, appgrant } = await installed()
    const { access_token: access, refresh_token: next } = await tokens()
    await call('POST', '/installs/withdraw', { apps: [app.key] })
    expect((await appgrant.authorizer.tryVerify(String(access))).ok).toBe(false)
    expect(await refusal(await refresh(next))).toEqual({ status: 400, error: 'invalid_grant' })
  })

  it('withdrawing is for the account itself and accounts above it (LST-4)', async () => {
    const { call, app, session, appgrant } = await installed()
    for (const [account, withdrawn] of [
      ['other-org', false],
      ['provider', true],
    ] as const) {
      session.who = { account }
      const { results } = await jsonOf(await call('POST', '/installs/withdraw', { apps: [app.key], account: 'user' }))
      expect(results).toEqual([{ app: app.key, withdrawn }])
      expect(await appgrant.installs.count({ app: app.key })).toBe(withdrawn ? 0 : 1)
    }
  })

  it('withdrawing reports each failure and continues', async () => {
    const { call, keys, faults } = await installed(['One', 'Two'])
    faults.fail('replace', 'before')
    const { results } = await jsonOf(await call('POST', '/installs/withdraw', { apps: keys }))
    const told = results as { withdrawn: boolean; error?: string }[]
    expect(told.filter(({ withdrawn }) => withdrawn)).toHaveLength(1)
    expect(told.filter(({ error }) => error === 'store_unavailable')).toHaveLength(1)
  })

  it.each([
    {},
    { apps: 'x' },
    { apps: [1] },
    { apps: [{ $ne: null }] },
    { apps: Array(101).fill('x') },
    { apps: ['x'], account: { $ne: null } },
    { apps: ['x'], account: '' },
  ])('withdrawing with the body %j is refused and changes nothing (S40)', async (body) => {
    const { call, writes } = await installed()
    const before = writes()
    expect(await refusal(await call('POST', '/installs/withdraw', body))).toEqual({
      status: 400,
      error: 'invalid_request',
    })
    expect(writes()).toBe(before)
  })

  it('withdrawing across sites or with another content type is refused and changes nothing (HTTP-1, S54)', async () => {
    const { call, send, app, writes } = await installed()
    const before = writes()
    const body = { apps: [app.key] }
    expect((await call('POST', '/installs/withdraw', body, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await call('POST', '/installs/withdraw', body, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await send('/installs/withdraw', { method: 'POST', body: JSON.stringify(body) })).status).toBe(403)
    expect(writes()).toBe(before)
  })
})
