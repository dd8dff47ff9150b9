import Ajv from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { AccountState } from '../../../src/domain/accounts/accounts.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { appSigner } from '../../support/app-signer.ts'
import { httpFixture, ISSUER, jsonOf, refusal } from '../../support/http-fixture.ts'

const DAY = 24 * 3_600_000
const FIELDS = {
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  redirectUrls: ['https://reports.example/callback'],
}

/** provider > org-1 > user-1, and org-2 beside org-1. */
const TREE: Record<string, readonly string[]> = {
  provider: ['provider'],
  'org-1': ['org-1', 'provider'],
  'user-1': ['user-1', 'org-1', 'provider'],
  'org-2': ['org-2'],
}
const state = (id: string): AccountState => ({
  id,
  active: true,
  mayUseApps: true,
  mayRegisterApps: true,
  mayTrustApps: id !== 'user-1',
})

/** The API, signed in as `account`. Every response is checked against the description. */
async function api(options: Parameters<typeof httpFixture>[0] = {}) {
  const who: { account: string; login?: string } = { account: 'org-1' }
  const questions = { count: 0 }
  const here = httpFixture({
    ...options,
    signIn: async () => ({ ...who }),
    directory: {
      async lineage(account) {
        questions.count++
        return (TREE[account] ?? []).map(state)
      },
    },
    ...options,
  })
  const description = await jsonOf(await here.send('/openapi.json'))
  const validate = validatorOf(description)
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await here.call(method, path, body)
    await validate(method, path, response.clone())
    expect(response.headers.get('cache-control')).toBe('no-store')
    return response
  }
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, path, body)
    return { status: response.status, body: response.status === 204 ? undefined : await jsonOf(response) }
  }
  const register = async (fields = {}) => {
    const { status, body } = await ask('POST', '/apps', { ...FIELDS, ...fields })
    expect(status).toBe(201)
    return body as { app: { key: string; owner: string; secrets: { id: string }[] }; secret: string }
  }
  return { ...here, who, questions, description, call, ask, register }
}

function validatorOf(description: Record<string, unknown>) {
  // The tests check the formats of dates themselves.
  const ajv = new Ajv({ strict: true, strictTypes: false, validateFormats: false })
  ajv.addVocabulary(['openapi', 'info', 'servers', 'paths', 'components'])
  ajv.addSchema(description, 'api')
  const paths = description.paths as Record<string, Record<string, { responses: Record<string, unknown> }>>
  return async (method: string, path: string, response: Response) => {
    const plain = path.split('?')[0] ?? ''
    const matches = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain)
    const template = plain in paths ? plain : Object.keys(paths).find(matches)
    const operation = paths[template ?? '']?.[method.toLowerCase()]
    if (!template || !operation) throw new Error(`not described: ${method} ${path}`)
    const status = String(response.status) in operation.responses ? String(response.status) : 'default'
    if (status === 'default') expect(response.status).toBeGreaterThanOrEqual(400)
    const pointer = [template, method.toLowerCase(), 'responses', status, 'content', 'application/json', 'schema']
    const text = await response.text()
    if (response.status === 204) return expect(text).toBe('')
    const escaped = pointer
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/')
    const check = ajv.compile({ $ref: `api#/paths/${escaped}` })
    if (!check(JSON.parse(text))) throw new Error(`${method} ${path}: ${ajv.errorsText(check.errors)}: ${text}`)
  }
}

describe('the JSON API of a signed-in account', () => {
  it('the JSON API does not exist without signIn', async () => {
    const { send } = httpFixture()
    for (const path of ['/apps', '/apps/x', '/tokens', '/openapi.json']) expect((await send(path)).status).toBe(404)
  })

  it('registering an app returns the secret, and no other response does (APP-8)', async () => {
    const { ask, register } = await api()
    const { app, secret } = await register({ description: 'd', public: false })
    expect(secret).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(app).toMatchObject({ ...FIELDS, owner: 'org-1', trusted: false, public: false, published: false })
    const texts = JSON.stringify([await ask('GET', '/apps'), await ask('GET', `/apps/${app.key}`)])
    expect(texts).toContain(app.key)
    expect(texts).not.toContain(secret)
  })

  it('a public app is registered without a secret (APP-11)', async () => {
    const { ask } = await api()
    const { body } = await ask('POST', '/apps', { ...FIELDS, public: true })
    expect(body).not.toHaveProperty('secret')
    expect(body).toMatchObject({ app: { public: true, secrets: [] } })
  })

  it('an app with keys is registered without a secret, and its keys can be replaced', async () => {
    const { ask } = await api()
    const [{ jwk }, { jwk: next }] = [await appSigner(), await appSigner('EdDSA', { kid: 'next' })]
    const { status, body } = await ask('POST', '/apps', { ...FIELDS, jwks: [{ ...jwk, kid: 'first' }] })
    expect(status).toBe(201)
    expect(body).not.toHaveProperty('secret')
    const { app } = body as { app: { key: string } }
    expect(app).toMatchObject({ secrets: [], jwks: [{ ...jwk, kid: 'first' }] })
    const replaced = await ask('PUT', `/apps/${app.key}/jwks`, { jwks: [next] })
    expect(replaced).toMatchObject({ status: 200, body: { key: app.key, jwks: [next] } })
    expect(await ask('GET', `/apps/${app.key}`)).toMatchObject({ body: { jwks: [next] } })
    // Keys replace the secret, and a secret replaces the keys.
    const { body: renewed } = await ask('POST', `/apps/${app.key}/regenerate-secret`)
    expect(renewed).toMatchObject({ app: { jwks: [] }, secret: expect.stringMatching(/^\w{32}$/) })
  })

  it('the description covers an app that serves a resource and is suspended, and an app with keys', async () => {
    const resource = 'https://api.example'
    const { ask, register, appgrant } = await api({ resources: [resource] })
    const { app } = await register()
    await appgrant.apps.setResourceServer(app.key, resource)
    const { body } = await ask('POST', `/apps/${app.key}/suspend`)
    expect(body).toMatchObject({ resourceServer: resource, suspended: { by: { account: 'org-1' } } })
    await register({ name: 'With Keys', jwks: [(await appSigner()).jwk] })
    const list = await ask('GET', '/apps')
    expect(list.body?.items).toContainEqual(expect.objectContaining({ resourceServer: resource }))
  })

  it('invalid or private keys and a key URL, which is never fetched, are refused (S09, S68)', async () => {
    const { ask, register, writes } = await api()
    const { app } = await register()
    const { jwk, privateJwk } = await appSigner()
    const before = writes()
    for (const [wrong, field] of [
      [[privateJwk], 'jwks[0].d private_key'],
      [[], 'jwks required'],
      [{ keys: [jwk] }, 'jwks wrong_type'],
    ] as const)
      for (const [method, path, body] of [
        ['POST', '/apps', { ...FIELDS, jwks: wrong }],
        ['PUT', `/apps/${app.key}/jwks`, { jwks: wrong }],
      ] as const) {
        const response = await ask(method, path, body)
        expect([response.status, response.body?.error]).toEqual([400, 'invalid_fields'])
        const fields = response.body?.fields as { field: string; code: string }[]
        expect(fields.map((one) => `${one.field} ${one.code}`)).toEqual([field])
        expect(JSON.stringify(response)).not.toContain(privateJwk.d)
      }
    const byUrl = await ask('POST', '/apps', { ...FIELDS, jwks_uri: 'https://evil.example/jwks.json' })
    expect(byUrl).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(byUrl.body?.error_description).toMatch(/^jwks_uri: unknown member, expected jwks with the keys themselves/)
    expect(await ask('PUT', `/apps/${app.key}/jwks`, {})).toMatchObject({ status: 400 })
    expect(writes()).toBe(before)
  })

  it('every wrong field is named in one response (APP-5)', async () => {
    const { ask, writes } = await api()
    const { status, body } = await ask('POST', '/apps', { name: '', homepage: 'ftp://x.example', redirectUrls: [7] })
    expect(status).toBe(400)
    expect(body?.error).toBe('invalid_fields')
    const fields = body?.fields as { field: string; code: string }[]
    expect(fields.map(({ field, code }) => `${field} ${code}`)).toEqual([
      'name required',
      'homepage scheme_not_allowed',
      'adminEmail required',
      'redirectUrls[0] wrong_type',
    ])
    expect(writes()).toBe(0)
  })

  it.each(['owner', 'key', 'status', 'stamp', 'secrets', 'createdAt', 'published', 'suspended', '__proto__'])(
    '%s in a body of fields is refused, and nothing is stored (ERR-6, S42)',
    async (name) => {
      const { register, ask, writes } = await api()
      const hostile = `"${name}":"org-2"}`
      const { app } = await register()
      const before = writes()
      for (const [method, path] of [
        ['POST', '/apps'],
        ['PATCH', `/apps/${app.key}`],
      ] as const) {
        const body = JSON.parse(JSON.stringify(FIELDS).replace(/}$/, `,${hostile}`))
        expect(await ask(method, path, body)).toMatchObject({
          status: 400,
          body: { error: 'invalid_request', error_description: expect.stringContaining(`${name}: unknown member`) },
        })
      }
      expect(writes()).toBe(before)
    },
  )

  it('trust changes only by its own route and only for accounts that may trust apps (APP-9)', async () => {
    const { ask, register, who } = await api()
    const { app } = await register()
    for (const [method, path] of [
      ['POST', '/apps'],
      ['PATCH', `/apps/${app.key}`],
    ] as const)
      expect(await ask(method, path, { ...FIELDS, trusted: true })).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      })
    expect(await ask('PUT', `/apps/${app.key}/trusted`, { trusted: true })).toMatchObject({
      status: 200,
      body: { trusted: true },
    })
    expect(await ask('PUT', `/apps/${app.key}/trusted`, { trusted: false })).toMatchObject({ body: { trusted: false } })
    for (const trusted of ['true', 1, null, undefined])
      expect(await ask('PUT', `/apps/${app.key}/trusted`, { trusted })).toMatchObject({ status: 400 })
    who.account = 'user-1'
    const { app: theirs } = await register()
    expect(await ask('PUT', `/apps/${theirs.key}/trusted`, { trusted: true })).toMatchObject({
      status: 403,
      body: { error: 'not_permitted' },
    })
  })

  it('apps are listed with instances and live tokens, in pages, and can be searched (LST-1)', async () => {
    const { ask, register, appgrant, clock } = await api()
    for (const name of ['Straße', 'Straßenbahn', 'Other']) {
      await register({ name })
      clock.advance(1)
    }
    const first = await ask('GET', '/apps?limit=2')
    expect(first.body).toMatchObject({
      items: [{ name: 'Straße', instances: 0, liveTokens: 0 }, { name: 'Straßenbahn' }],
    })
    const rest = await ask('GET', `/apps?limit=2&cursor=${first.body?.nextCursor}&owner=&name=`)
    expect(rest.body).toMatchObject({ items: [{ name: 'Other' }] })
    expect(rest.body).not.toHaveProperty('nextCursor')
    const found = await ask('GET', `/apps?name=${encodeURIComponent('STRASSE')}`)
    expect(found.body).toMatchObject({ items: [{ name: 'Straße' }, { name: 'Straßenbahn' }] })

    const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
    await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect((await ask('GET', `/apps/${app.key}`)).body).toMatchObject({ liveTokens: 1, instances: 0 })
  })

  it('apps are listed from the newest on, and only those that are suspended, trusted or of an API type (LST-1)', async () => {
    const { ask, appgrant, clock } = await api()
    for (const fields of [{ apiType: 'system' }, { trusted: true }, {}]) {
      await appgrant.apps.register(exampleApp({ owner: 'org-1', name: `App ${Object.keys(fields)[0]}`, ...fields }))
      clock.advance(1)
    }
    const [suspended] = (await appgrant.apps.list()).items.filter(({ trusted }) => trusted)
    await appgrant.apps.suspend(suspended?.key ?? '')
    const listed = async (query: string) => {
      const { items } = (await ask('GET', `/apps?${query}`)).body as { items: readonly { name: string }[] }
      return items.map(({ name }) => name.slice(4))
    }
    expect(await listed('order=newest')).toEqual(['undefined', 'trusted', 'apiType'])
    expect(await listed('order=&suspended=&trusted=&apiType=')).toEqual(['apiType', 'trusted', 'undefined'])
    expect(await listed('trusted=true')).toEqual(['trusted'])
    expect(await listed('suspended=false&order=newest')).toEqual(['undefined', 'apiType'])
    expect(await listed('apiType=system')).toEqual(['apiType'])
  })

  it('apps are listed that were last used, or registered and never used, at least so many days ago (LST-1, APP-13)', async () => {
    const { ask, register, clock } = await api()
    await register({ name: 'Old' })
    clock.advance(30 * DAY)
    await register({ name: 'New' })
    const listed = async (query: string) => {
      const { items } = (await ask('GET', `/apps?${query}`)).body as { items: readonly { name: string }[] }
      return items.map(({ name }) => name)
    }
    expect(await listed('unusedDays=')).toEqual(['Old', 'New'])
    expect(await listed('unusedDays=30')).toEqual(['Old'])
    for (const days of ['31', '3650']) expect(await listed(`unusedDays=${days}`)).toEqual([])
  })

  it('the permissions of the account are shown, also for an account below it (ACC-4, LST-4)', async () => {
    const { ask, who } = await api()
    const all = { useApps: true, registerApps: true, trustApps: true }
    expect(await ask('GET', '/permissions')).toEqual({ status: 200, body: all })
    expect(await ask('GET', '/permissions?owner=user-1')).toEqual({ status: 200, body: all })
    expect(await ask('GET', '/permissions?owner=org-2')).toMatchObject({
      status: 404,
      body: { error: 'app_not_found' },
    })
    who.account = 'user-1'
    expect(await ask('GET', '/permissions')).toEqual({ status: 200, body: { ...all, trustApps: false } })
    const registerApps = ['system', 'unified']
    const limited = await api({
      directory: { lineage: async (id) => [{ ...state(id), mayUseApps: false, mayRegisterApps: registerApps }] },
    })
    expect((await limited.ask('GET', '/permissions')).body).toEqual({ ...all, useApps: false, registerApps })
  })

  it('an app is registered once, and the repeat is a 409 that names it (APP-7)', async () => {
    const { ask, register, who } = await api()
    const once = '4f6f9d0e-1c1f-4a57-9c1e-55d2b3e8a7f0'
    const { app } = await register({ once })
    expect(await ask('POST', '/apps', { ...FIELDS, once })).toMatchObject({
      status: 409,
      body: { error: 'already_registered', app: app.key },
    })
    expect(await ask('POST', '/apps', { ...FIELDS, once: 'short' })).toMatchObject({ status: 400 })
    who.account = 'org-2'
    expect((await register({ once })).app.key).not.toBe(app.key)
  })

  it('an app is changed only if it is as it was read, and a conflict is a 409 that names the fields (APP-9)', async () => {
    const { ask, register } = await api()
    const { app } = await register()
    const path = `/apps/${app.key}`
    const expected = { name: FIELDS.name, description: '' }
    expect(await ask('PATCH', path, { description: 'Mine', expected })).toMatchObject({ status: 200 })
    expect(await ask('PATCH', path, { description: 'Theirs', expected })).toMatchObject({
      status: 409,
      body: { error: 'conflict', changed: ['description'] },
    })
    expect((await ask('GET', path)).body).toMatchObject({ name: FIELDS.name, description: 'Mine' })
    for (const wrong of [null, 'name', { trusted: true }, { name: 1 }])
      expect(await ask('PATCH', path, { name: 'New', expected: wrong })).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      })
  })

  it('a secret is regenerated only in the place of the one that is named', async () => {
    const { ask, register } = await api()
    const { app } = await register()
    const path = `/apps/${app.key}/regenerate-secret`
    const replaces = app.secrets[0]?.id
    expect(await ask('POST', path, { replaces })).toMatchObject({ status: 200 })
    expect(await ask('POST', path, { replaces })).toMatchObject({ status: 404, body: { error: 'secret_not_found' } })
    expect(await ask('POST', path, { replaces: null })).toMatchObject({ status: 400 })
    expect(await ask('POST', path, { secretId: 'x' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(await ask('POST', path)).toMatchObject({ status: 200 })
  })

  it('a change beyond a limit is a 429 with Retry-After (APP-14)', async () => {
    const { call } = await api({ limits: { changesPerMinute: 1 } })
    await call('POST', '/apps', FIELDS)
    const response = await call('POST', '/apps', FIELDS)
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await refusal(response)).toEqual({ status: 429, error: 'limit_reached' })
  })

  it('a page of 100 of 1000 apps asks the directory once, and reads and counts in few calls (ACC-1, LST-1)', async () => {
    const { send, appgrant, counts, questions } = await api()
    await Promise.all(
      Array.from({ length: 1000 }, (_, n) => appgrant.apps.register(exampleApp({ owner: 'org-1', name: `App ${n}` }))),
    )
    const [asked, before] = [questions.count, { ...counts }]
    const { items } = await jsonOf(await send('/apps?limit=100'))
    expect(items).toHaveLength(100)
    expect(questions.count - asked).toBe(1)
    expect(counts.list - before.list).toBe(1)
    expect(counts.get - before.get).toBe(1)
    // The installs and the app-only tokens of each.
    expect(counts.count - before.count).toBe(200)
  })

  it('counts are those of the owner of the apps, whose account above it sees them (LST-1, ACC-7)', async () => {
    const { ask, appgrant, who } = await api()
    const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org-1', trusted: true }))
    await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    const tokensIn = async (path: string) => (await ask('GET', path)).body
    expect(await tokensIn('/apps')).toMatchObject({ items: [{ liveTokens: 1 }] })
    who.account = 'provider'
    expect(await tokensIn('/apps?owner=org-1')).toMatchObject({ items: [{ liveTokens: 1 }] })
    const counted = { counts: true } as const
    expect(await appgrant.apps.get(app.key, counted)).toMatchObject({ instances: 0, liveTokens: 1 })
    expect((await appgrant.apps.list({ owner: 'org-1', ...counted })).items).toMatchObject([{ liveTokens: 1 }])
    expect((await appgrant.apps.list({ owner: 'org-1' })).items[0]).not.toHaveProperty('liveTokens')
  })

  it.each([
    ['limit=0', 'limit=0'],
    ['limit=101', 'limit=101'],
    ['limit=1e2', 'limit=1e2'],
    ['limit=-1', 'limit=-1'],
    ['limit=x', 'limit=x'],
    ['limit=0x10', 'limit=0x10'],
    ['cursor=x', 'cursor=x'],
    ['a cursor of 100 kB', `cursor=${'a'.repeat(100_000)}`],
    ['a name of 100 kB', `name=${'a'.repeat(100_000)}`],
    ['name=a&name=a', 'name=a&name=a'],
    ['order=name', 'order=name'],
    ['suspended=1', 'suspended=1'],
    ['trusted=yes', 'trusted=yes'],
    ['unusedDays=0', 'unusedDays=0'],
    ['unusedDays=3651', 'unusedDays=3651'],
    ['unusedDays=1e2', 'unusedDays=1e2'],
    ['unusedDays=-1', 'unusedDays=-1'],
    ['unusedDays=1.5', 'unusedDays=1.5'],
    ['unusedDays=x', 'unusedDays=x'],
    ['unusedDays=1&unusedDays=1', 'unusedDays=1&unusedDays=1'],
    ['a long owner', `owner=${'a'.repeat(300)}`],
  ])('GET /apps?%s is refused with 400 (S45, HTTP-5)', async (_, query) => {
    const { ask, counts } = await api()
    const { status, body } = await ask('GET', `/apps?${query}`)
    expect(status).toBe(400)
    expect(['invalid_request', 'invalid_cursor']).toContain(body?.error)
    expect(counts.list).toBe(0)
  })

  it('the cursor of another list is refused (LST-5)', async () => {
    const { ask, register } = await api()
    await register()
    await register()
    const { body } = await ask('GET', '/apps?limit=1')
    expect(await ask('GET', `/apps?limit=1&name=call&cursor=${body?.nextCursor}`)).toMatchObject({
      status: 400,
      body: { error: 'invalid_cursor' },
    })
  })

  it('an app is updated, suspended, resumed, regenerated and revoked, each by its route', async () => {
    const { ask, register } = await api()
    const { app, secret } = await register({ description: 'old' })
    const path = `/apps/${app.key}`
    expect(await ask('PATCH', path, { name: 'New', description: '' })).toMatchObject({
      status: 200,
      body: { name: 'New' },
    })
    expect((await ask('GET', path)).body).not.toHaveProperty('description')
    const suspended = await ask('POST', `${path}/suspend`)
    expect(suspended).toMatchObject({ status: 200, body: { suspended: { by: { account: 'org-1' } } } })
    expect((await ask('POST', `${path}/resume`, {})).body).not.toHaveProperty('suspended')
    const renewed = await ask('POST', `${path}/regenerate-secret`)
    expect(renewed.status).toBe(200)
    expect(renewed.body?.secret).not.toBe(secret)
    const added = await ask('POST', `${path}/secrets`)
    expect(added.status).toBe(201)
    expect(await ask('POST', `${path}/secrets`)).toMatchObject({ status: 409, body: { error: 'secret_limit_reached' } })
    expect(await ask('DELETE', `${path}/secrets/${added.body?.secretId}`)).toMatchObject({ status: 200 })
    expect(await ask('DELETE', `${path}/secrets/unknown`)).toMatchObject({
      status: 404,
      body: { error: 'secret_not_found' },
    })
    expect(
      await ask(
        'DELETE',
        `${path}/secrets/${(renewed.body as typeof renewed.body & { app: typeof app })?.app.secrets[0]?.id}`,
      ),
    ).toMatchObject({ status: 400 })
    expect(await ask('POST', `${path}/revoke-tokens`)).toMatchObject({ status: 200, body: { key: app.key } })
  })

  it('removing selected apps gives a result for each, and one refusal does not undo the rest (LST-1)', async () => {
    const { ask, register, who, faults } = await api()
    const [one, two] = [await register(), await register()]
    who.account = 'org-2'
    const foreign = await register()
    who.account = 'org-1'
    const apps = [one.app.key, foreign.app.key, 'nonsense', two.app.key, one.app.key]
    expect(await ask('POST', '/apps/remove', { apps })).toEqual({
      status: 200,
      body: {
        results: [
          { app: one.app.key, removed: true },
          { app: foreign.app.key, removed: false },
          { app: 'nonsense', removed: false },
          { app: two.app.key, removed: true },
        ],
      },
    })
    expect(await ask('GET', '/apps')).toMatchObject({ body: { items: [] } })
    const [three, four] = [await register(), await register()]
    faults.fail('replace', 'before')
    const { body } = await ask('POST', '/apps/remove', { apps: [three.app.key, four.app.key] })
    const results = body?.results as Record<string, unknown>[]
    expect(results.map((result) => result.removed).sort()).toEqual([false, true])
    expect(results.find((result) => !result.removed)).toMatchObject({ error: 'store_unavailable' })
    for (const wrong of [undefined, 'x', [7], Array(101).fill('x'), { 0: 'x', length: 1 }])
      expect(await ask('POST', '/apps/remove', { apps: wrong })).toMatchObject({ status: 400 })
  })

  it('the tokens of an app and account are listed, and selected or all tokens are removed (LST-3)', async () => {
    const { ask, appgrant, who } = await api()
    const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
    const mint = () => appgrant.authorizer.clientCredentials({ key: app.key, secret, userAgent: 'Phone/1' })
    const tokens = [await mint(), await mint(), await mint()]
    const { status, body } = await ask('GET', `/tokens?app=${app.key}&limit=2`)
    const items = body?.items as { id: string; expiresAt: string }[]
    expect(status).toBe(200)
    expect(items).toHaveLength(2)
    expect(items[0]).toMatchObject({ kind: 'app', userAgent: 'Phone/1', scope: [] })
    expect(new Date(items[0]?.expiresAt ?? '').getTime()).toBe(tokens[0]?.expiresAt.getTime())
    expect(JSON.stringify(body)).not.toContain(tokens[0]?.accessToken)
    expect(await ask('GET', `/tokens?app=${app.key}&cursor=${body?.nextCursor}`)).toMatchObject({
      body: { items: [{ kind: 'app' }] },
    })

    const [one, two, three] = tokens as [(typeof tokens)[0], (typeof tokens)[0], (typeof tokens)[0]]
    expect((await ask('POST', '/tokens/remove', { app: app.key, ids: [one?.tokenId, 'unknown'] })).status).toBe(204)
    const alive = async () =>
      Promise.all(tokens.map(async (token) => (await appgrant.authorizer.tryVerify(token.accessToken)).ok))
    expect(await alive()).toEqual([false, true, true])
    who.account = 'provider'
    expect((await ask('POST', '/tokens/remove', { app: app.key, account: 'org-1', ids: [two?.tokenId] })).status).toBe(
      204,
    )
    expect(await ask('POST', '/tokens/remove-all', { app: app.key })).toMatchObject({ status: 404 })
    expect(await alive()).toEqual([false, false, true])
    expect((await ask('POST', '/tokens/remove-all', { app: app.key, account: 'org-1' })).status).toBe(204)
    expect(await alive()).toEqual([false, false, false])
    expect((await appgrant.authorizer.tryVerify((await mint()).accessToken)).ok).toBe(true)
    expect(three).toBeDefined()
    for (const ids of [undefined, 'x', [7], Array(1001).fill('x')])
      expect(await ask('POST', '/tokens/remove', { app: app.key, account: 'org-1', ids })).toMatchObject({
        status: 400,
      })
  })

  it('an account that is null is wrong, and does not stand for the caller (S40)', async () => {
    const { ask, register, writes } = await api()
    const { app } = await register()
    const before = writes()
    for (const [path, body] of [
      ['/tokens/remove', { app: app.key, ids: ['x'] }],
      ['/tokens/remove-all', { app: app.key }],
      ['/installs/withdraw', { apps: [app.key] }],
    ] as const)
      expect(await ask('POST', path, { ...body, account: null }), path).toMatchObject({ status: 400 })
    expect(writes()).toBe(before)
  })

  it('no route finds anything of accounts that are neither the caller nor below it (LST-4)', async () => {
    const { ask, call, register, who, writes, description } = await api()
    const { app } = await register()
    const secretId = app.secrets[0]?.id
    who.account = 'org-2'
    const before = writes()
    const paths = description.paths as Record<string, Record<string, unknown>>
    let tried = 0
    for (const [path, methods] of Object.entries(paths)) {
      if (!path.includes('{key}')) continue
      for (const method of Object.keys(methods)) {
        const target = path.replace('{key}', app.key).replace('{id}', String(secretId))
        const response = await call(
          method.toUpperCase(),
          target,
          method === 'get' ? undefined : { trusted: true === path.endsWith('trusted') || undefined },
        )
        expect([method, path, ...Object.values(await refusal(response))]).toEqual([method, path, 404, 'app_not_found'])
        tried++
      }
    }
    expect(tried).toBeGreaterThan(8)
    for (const query of ['owner=org-1', 'owner=nobody']) expect((await ask('GET', `/apps?${query}`)).status).toBe(404)
    for (const query of [`app=${app.key}`, `app=${app.key}&account=org-1`, 'app=nonsense'])
      expect((await ask('GET', `/tokens?${query}`)).status).toBe(404)
    expect((await ask('GET', '/tokens')).status).toBe(400)
    expect(await ask('POST', '/apps?owner=org-1', FIELDS)).toMatchObject({
      status: 403,
      body: { error: 'not_permitted' },
    })
    expect(writes()).toBe(before)
  })

  it('an account can act for accounts below it, and events name the account and its login (LST-4, ACC-5)', async () => {
    const { ask, call, who, appgrant } = await api()
    const by: unknown[] = []
    appgrant.events.on('app', (event) => by.push(event.by))
    who.account = 'provider'
    who.login = 'maria'
    const { status, body } = await ask('POST', '/apps?owner=user-1', FIELDS)
    const app = body?.app as { key: string; owner: string }
    expect([status, app.owner]).toEqual([201, 'user-1'])
    expect(await ask('GET', '/apps?owner=user-1')).toMatchObject({ body: { items: [{ key: app.key, liveTokens: 0 }] } })
    await ask('POST', `/apps/${app.key}/suspend`)
    expect(by).toEqual([
      { account: 'provider', login: 'maria' },
      { account: 'provider', login: 'maria' },
    ])
    who.account = 'user-1'
    expect(await refusal(await call('POST', `/apps/${app.key}/resume`))).toEqual({
      status: 409,
      error: 'suspended_above',
    })
  })

  it('errors contain the app limit, and the key of a registration whose outcome is unknown (APP-6, APP-7)', async () => {
    const { ask, faults } = await api()
    faults.fail('insert', 'after')
    const unknown = await ask('POST', '/apps', FIELDS)
    expect(unknown).toMatchObject({ status: 503, body: { error: 'outcome_unknown' } })
    expect((await ask('POST', '/apps/remove', { apps: [unknown.body?.app] })).body).toMatchObject({
      results: [{ removed: true }],
    })

    const small = httpFixture({ signIn: async () => ({ account: 'org-1' }), appsPerOwner: 1 })
    await small.call('POST', '/apps', FIELDS)
    const full = await small.call('POST', '/apps', FIELDS)
    expect([full.status, await jsonOf(full)]).toMatchObject([
      409,
      { error: 'app_limit_reached', owner: 'org-1', limit: 1 },
    ])
  })

  it.each(['get', 'list'] as const)('a store whose %s fails is 503 with Retry-After (ERR-1)', async (method) => {
    const { call, register, faults, outages } = await api()
    const { app } = await register()
    faults.fail(method, 'before', 10)
    const response = await call('GET', method === 'list' ? '/apps' : `/apps/${app.key}`)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual({ status: 503, error: 'store_unavailable' })
    expect(outages.length).toBeGreaterThan(0)
  })

  it('a number that the store cannot count is left out, and the apps are there (LST-1)', async () => {
    const { ask, register, faults, outages } = await api()
    const { app } = await register()
    faults.fail('count', 'before', 10)
    const { status, body } = await ask('GET', `/apps/${app.key}`)
    expect([status, body?.key]).toEqual([200, app.key])
    for (const name of ['instances', 'liveTokens']) expect(body).not.toHaveProperty(name)
    expect(outages.length).toBeGreaterThan(0)
  })

  it('the response of signIn, such as a sign-in page, is sent as it is and never cached', async () => {
    const page = () => Response.redirect('https://login.example/sign-in', 303)
    const { send, call, writes } = httpFixture({ signIn: async () => page() })
    for (const response of [await send('/apps'), await call('POST', '/apps', FIELDS)]) {
      expect([response.status, response.headers.get('location')]).toEqual([303, 'https://login.example/sign-in'])
      expect([response.headers.get('cache-control'), response.headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
    }
    expect(writes()).toBe(0)
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no session store'))],
    ['names no account', async () => ({ account: '' })],
  ])('a signIn that %s is a 500, and an event says why', async (_, signIn) => {
    const { send, outages } = httpFixture({ signIn })
    expect(await refusal(await send('/apps'))).toEqual({ status: 500, error: 'server_error' })
    expect(outages).toMatchObject([{ code: 'server_error', operation: 'GET /apps' }])
    expect(() => httpFixture({ signIn: 'x' as never })).toThrow(/^createHandler: signIn: /)
  })

  it.each(['[]', '7', 'null', '"x"', '{', '{"a":1}x', '\ufeff{}', '{"a":\u0000}'])(
    'the body %j is refused with 400 (ERR-4)',
    async (body) => {
      const { send } = await api()
      const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
      expect(await refusal(await send('/apps', { method: 'POST', headers, body }))).toEqual({
        status: 400,
        error: 'invalid_request',
      })
    },
  )

  it('the OpenAPI 3.1 description covers every route and nothing else', async () => {
    const { description, send } = await api()
    expect(description).toMatchObject({ openapi: '3.1.0', servers: [{ url: ISSUER }] })
    const paths = description.paths as Record<string, Record<string, { requestBody?: unknown }>>
    expect(
      Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)),
    ).toMatchInlineSnapshot(`
      [
        "get /permissions",
        "get /apps",
        "post /apps",
        "post /apps/remove",
        "get /apps/{key}",
        "patch /apps/{key}",
        "put /apps/{key}/trusted",
        "post /apps/{key}/suspend",
        "post /apps/{key}/resume",
        "post /apps/{key}/revoke-tokens",
        "post /apps/{key}/regenerate-secret",
        "put /apps/{key}/jwks",
        "post /apps/{key}/secrets",
        "delete /apps/{key}/secrets/{id}",
        "get /installs",
        "post /installs/withdraw",
        "get /tokens",
        "post /tokens/remove",
        "post /tokens/remove-all",
      ]
    `)
    for (const [path, methods] of Object.entries(paths)) {
      const response = await send(path.replaceAll(/\{\w+\}/g, 'x'), { method: 'OPTIONS' })
      const described = Object.keys(methods).map((method) => method.toUpperCase())
      const withHead = described.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
      expect([path, response.headers.get('allow')]).toEqual([path, withHead.join(', ')])
    }
  })
})

describe('changes from pages of the same origin', () => {
  const SAME = { 'sec-fetch-site': 'same-origin' }
  const JSON_TYPE = { 'content-type': 'application/json' }

  async function changes() {
    const { description } = await api()
    const here = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const { app } = await here.appgrant.apps.register(exampleApp())
    const targets = Object.entries(description.paths as Record<string, Record<string, unknown>>).flatMap(
      ([path, methods]) =>
        Object.keys(methods)
          .filter((method) => method !== 'get')
          .map((method) => ({
            method: method.toUpperCase(),
            path: path.replace('{key}', app.key).replace('{id}', 'x'),
          })),
    )
    expect(targets.length).toBeGreaterThan(11)
    const seen: unknown[] = []
    here.appgrant.events.on('app', (event) => seen.push(event))
    const send = (target: { method: string; path: string }, headers: Record<string, string>) =>
      here.send(target.path, { method: target.method, headers, body: '{}' })
    return { ...here, targets, seen, send }
  }

  it.each([
    ['a form of text/plain on another site', { 'content-type': 'text/plain', origin: 'https://evil.example' }],
    ['another site', { ...JSON_TYPE, 'sec-fetch-site': 'cross-site' }],
    ['another subdomain', { ...JSON_TYPE, 'sec-fetch-site': 'same-site' }],
    ['no site', { ...JSON_TYPE, 'sec-fetch-site': 'none' }],
    ['another site with a right Origin', { ...JSON_TYPE, 'sec-fetch-site': 'cross-site', origin: ISSUER }],
    ['an unknown origin', { ...JSON_TYPE }],
    ['another origin', { ...JSON_TYPE, origin: 'https://evil.example' }],
    ['another scheme', { ...JSON_TYPE, origin: 'http://login.example' }],
    ['another port', { ...JSON_TYPE, origin: `${ISSUER}:444` }],
    ['an opaque origin', { ...JSON_TYPE, origin: 'null' }],
    ['an empty origin', { ...JSON_TYPE, origin: '' }],
    ['a list of sites', { ...JSON_TYPE, 'sec-fetch-site': 'same-origin, cross-site' }],
  ])('a request from %s gets 403 on every route and changes nothing (HTTP-1, S54)', async (_, headers) => {
    const { targets, send, writes, seen } = await changes()
    const before = writes()
    for (const target of targets) {
      const response = await send(target, headers)
      expect([target, ...Object.values(await refusal(response))]).toEqual([target, 403, 'access_denied'])
      expect(response.headers.has('access-control-allow-origin')).toBe(false)
    }
    expect([writes(), seen]).toEqual([before, []])
  })

  it.each([
    {},
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'application/jsonx' },
  ])('a same-origin request with %j gets 415 on every route (HTTP-1, HTTP-5)', async (headers) => {
    const { targets, send, writes } = await changes()
    const before = writes()
    for (const target of targets)
      expect([target, (await send(target, { ...SAME, ...headers })).status]).toEqual([target, 415])
    expect(writes()).toBe(before)
  })

  it('an Origin equal to the issuer’s is accepted if Sec-Fetch-Site is absent (HTTP-1)', async () => {
    const { targets, send } = await changes()
    for (const target of targets) expect((await send(target, { ...JSON_TYPE, origin: ISSUER })).status).not.toBe(403)
    const { send: sendTo } = httpFixture({
      issuer: 'https://login.example/oauth',
      signIn: async () => ({ account: 'org-1' }),
    })
    const headers = { ...JSON_TYPE, origin: ISSUER }
    expect((await sendTo('/oauth/apps', { method: 'POST', headers, body: JSON.stringify(FIELDS) })).status).toBe(201)
  })

  it('GET and HEAD need no proof of origin and change nothing (HTTP-1)', async () => {
    const { appgrant, send, writes } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const { app } = await appgrant.apps.register(exampleApp())
    const before = writes()
    const paths = ['/apps', `/apps/${app.key}`, `/apps/${app.key}/suspend`, '/apps/remove', `/tokens?app=${app.key}`]
    for (const path of [...paths, '/tokens/remove-all', '/openapi.json']) {
      for (const method of ['GET', 'HEAD']) {
        const { status } = await send(path, { method })
        expect([path, status]).toEqual([path, /suspend|remove/.test(path) ? 405 : 200])
      }
    }
    expect(writes()).toBe(before)
  })
})
