import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../src/testing/index.ts'
import { basic, httpFixture } from '../support/http-fixture.ts'

describe('canary secrets', () => {
  it('canary secrets appear in no response, event, error or warning of any failing path (S51, APP-8)', async () => {
    const here = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const { app, secret } = await here.trustedApp()
    const { accessToken } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
    const other = await here.trustedApp({ owner: 'org-2' })
    const canaries = [secret, accessToken, accessToken.slice(-54, -6), `${secret.slice(0, -1)}?`, 'Zanarienvogel']
    const seen: unknown[] = []
    for (const type of ['app', 'token', 'refused', 'outage', 'install'] as const)
      here.appgrant.events.on(type, (event) => seen.push(event))
    process.on('warning', (warning) => seen.push(warning))

    const form = { grant_type: 'client_credentials', token: accessToken }
    const wrong = `${secret.slice(0, -1)}?`
    const attempts = [
      () => here.post('/token', { ...form, scope: 'Zanarienvogel' }, basic(app.key, secret)),
      () => here.post('/token', { ...form, grant_type: secret }, basic(app.key, secret)),
      () => here.post('/token', { ...form, client_id: secret, client_secret: app.key }),
      () => here.post(`/token?client_secret=${secret}`, form, basic(app.key, secret)),
      () => here.post('/token', { ...form, client_secret: secret }, basic(app.key, secret)),
      () => here.post('/token', `client_secret=${secret}&client_secret=${secret}`),
      () => here.post('/token', form, { authorization: `Basic ${secret}` }),
      () => here.send(`/token/${secret}`),
      () => here.send(`/apps/${secret}`),
      () => here.send(`/apps?cursor=${secret}`),
      () => here.send(`/tokens?app=${secret}&account=${accessToken}`),
      () => here.call('POST', '/apps', { name: { secret }, homepage: 7, adminEmail: [accessToken] }),
      () => here.call('PATCH', `/apps/${app.key}`, { redirectUrls: [[secret]] }),
      () => here.call('POST', '/tokens/remove', { app: app.key, ids: secret }),
      ...['/token', '/revoke', '/introspect'].flatMap((path) => [
        () => here.post(path, form, basic(app.key, wrong)),
        () => here.post(path, form, basic(`Zanarienvogel${app.key}`, secret)),
        () => here.post(path, form, basic(other.app.key, secret)),
      ]),
      () => here.post('/revoke', form, basic(other.app.key, other.secret)),
      () => here.post('/introspect', form, basic(other.app.key, other.secret)),
    ]
    const outages = (['get', 'insert', 'replace'] as const).flatMap((method) =>
      (['before', 'after'] as const).flatMap((when) =>
        ['/token', '/revoke', '/introspect'].map((path) => () => {
          here.faults.fail(method, when)
          return here.post(path, form, basic(app.key, secret))
        }),
      ),
    )
    for (const attempt of [...attempts, ...outages]) {
      const response = await attempt()
      const text = await response.text()
      here.faults.heal()
      if (response.ok) continue
      seen.push([response.status, [...response.headers], text])
    }
    expect(seen.length).toBeGreaterThan(attempts.length)
    const told = inspect(seen, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null })
    for (const canary of canaries) expect(told).not.toContain(canary)
    expect(JSON.stringify(seen)).not.toContain(secret)
  })

  it('secrets appear only in the responses that create them, which must not be stored (S51, APP-8)', async () => {
    const here = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const secrets: string[] = []
    const answers: string[] = []
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await here.call(method, path, body)
      expect(response.headers.get('cache-control')).toBe('no-store')
      const text = await response.text()
      for (const known of secrets) expect(text).not.toContain(known)
      answers.push(text)
      const told = (JSON.parse(text || '{}') as { secret?: string }).secret
      if (told !== undefined) secrets.push(told)
      return text
    }
    const { owner: _, ...fields } = exampleApp()
    const key = (JSON.parse(await call('POST', '/apps', fields)) as { app: { key: string } }).app.key
    await call('POST', `/apps/${key}/secrets`)
    await call('POST', `/apps/${key}/regenerate-secret`)
    expect(secrets).toHaveLength(3)
    for (const act of ['suspend', 'resume', 'revoke-tokens']) await call('POST', `/apps/${key}/${act}`)
    await call('PUT', `/apps/${key}/trusted`, { trusted: true })
    await call('PATCH', `/apps/${key}`, { name: 'Other' })
    await call('GET', `/apps/${key}`)
    await call('GET', '/apps')
    await call('GET', `/tokens?app=${key}`)
    await call('POST', '/apps/remove', { apps: [key] })
    for (const known of secrets) expect(answers.filter((text) => text.includes(known))).toHaveLength(1)
  })
})
