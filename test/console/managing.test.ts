import { describe, expect, it } from 'vitest'
import { appSigner } from '../support/app-signer.ts'
import { consoleWorld } from './world.ts'

const LOSS = 'I understand that 1 account loses access at once'

describe('the page of an app', () => {
  it('saves only what was changed, and says so (CON-4)', async () => {
    const w = await consoleWorld()
    const form = await w.open(`/apps/${w.key}`)
    let page = await form.fill({ 'Name required': 'Reports' }).press('OK')
    expect([page.heading, page.notes]).toEqual(['Reports', ['Your changes are saved.']])
    page = await page.press('OK')
    expect(page.notes).toEqual(['There was nothing to save.'])
    expect(await w.appgrant.apps.get(w.key)).toMatchObject({ name: 'Reports', scopes: ['read', 'write'] })
  })

  it('limits an app to tokens that are bound to a key, and keeps that where it is not offered (DPOP-5)', async () => {
    const w = await consoleWorld({}, { dpop: {} })
    const bound = 'Only tokens that are bound to a key (DPoP)'
    let page = await (await w.open(`/apps/${w.key}`)).fill({ [bound]: true }).press('OK')
    expect(page.notes).toEqual(['Your changes are saved.'])
    expect(await w.appgrant.apps.get(w.key)).toMatchObject({ dpopBoundAccessTokens: true })
    page = await page.press('OK')
    expect(page.notes).toEqual(['There was nothing to save.'])
    page = await page.fill({ [bound]: false }).press('OK')
    expect(await w.appgrant.apps.get(w.key)).not.toHaveProperty('dpopBoundAccessTokens')

    const without = await consoleWorld()
    await without.node({ dpop: {} }).apps.update(without.key, { dpopBoundAccessTokens: true })
    const form = await without.open(`/apps/${without.key}`)
    expect(form.text).not.toContain(bound)
    await form.fill({ 'Name required': 'Reports' }).press('OK')
    expect(await without.appgrant.apps.get(without.key)).toMatchObject({ name: 'Reports', dpopBoundAccessTokens: true })
  })

  it('shows every error at its field, and keeps what was typed (APP-5)', async () => {
    const w = await consoleWorld()
    const page = await (await w.open(`/apps/${w.key}`))
      .fill({
        'Homepage required': 'ftp://x.example/',
        'Admin phone': '12',
        'Redirect URL 1': '',
        'Redirect URL 2': '',
      })
      .press('OK')
    expect([page.status, page.notes[0]]).toEqual([422, expect.stringContaining('There is a problem with 3 fields')])
    expect([page.value('Homepage required'), page.value('Admin phone')]).toEqual(['ftp://x.example/', '12'])
    expect(await w.appgrant.apps.get(w.key)).toMatchObject({ homepage: 'https://reports.example/' })
  })

  it('a field that somebody else has changed meanwhile is shown in both versions, and the next press saves (CON-24)', async () => {
    const w = await consoleWorld()
    const form = await w.open(`/apps/${w.key}`)
    await w.appgrant.apps.update(w.key, { name: 'Theirs', description: 'Also theirs' })
    let page = await form.fill({ 'Name required': 'Mine' }).press('OK')
    expect(page.status).toBe(409)
    expect(page.described('Name required')).toContain(
      'Somebody else has changed this meanwhile. It is now: Theirs. You entered: Mine.',
    )
    // What nobody typed into is as it is stored now.
    expect(page.value('Description')).toBe('Also theirs')
    page = await page.press('OK')
    expect(page.notes).toEqual(['Your changes are saved.'])
    expect(await w.appgrant.apps.get(w.key)).toMatchObject({ name: 'Mine', description: 'Also theirs' })
  })

  it('a change between reading and writing is a conflict too, and none is lost (CON-24)', async () => {
    const w = await consoleWorld()
    const form = await w.open(`/apps/${w.key}`)
    // The write of the form finds another revision, and reads again.
    const held = w.store.hold('replace')
    const pressed = form.fill({ 'Name required': 'Mine' }).press('OK')
    await held.reached
    await w.node().apps.update(w.key, { name: 'Theirs' })
    held.release()
    const page = await pressed
    expect([page.status, page.described('Name required')]).toEqual([409, expect.stringContaining('It is now: Theirs.')])
    expect(await w.appgrant.apps.get(w.key)).toMatchObject({ name: 'Theirs' })
  })

  it('an API type that the page does not offer stays as it is', async () => {
    const w = await consoleWorld()
    await w.appgrant.apps.update(w.key, { apiType: 'system' })
    await (await w.open(`/apps/${w.key}`)).fill({ 'Name required': 'Reports' }).press('OK')
    expect(await w.appgrant.apps.get(w.key)).toMatchObject({ name: 'Reports', apiType: 'system' })
  })

  it('a scope that the catalogue has lost stays chosen', async () => {
    const w = await consoleWorld({ scopes: { read: 'Read' } })
    const page = await w.open(`/apps/${w.key}`)
    expect(page.labels).toEqual(expect.arrayContaining(['Read read', 'write']))
    await page.fill({ 'Name required': 'Reports' }).press('OK')
    expect((await w.appgrant.apps.get(w.key))?.scopes).toEqual(['read', 'write'])
  })
})

describe('the credentials of an app', () => {
  it('regenerating says what it revokes and shows the new secret once (CON-19)', async () => {
    const w = await consoleWorld()
    const { access } = await w.start()
    const asked = await (await w.open(`/apps/${w.key}`)).follow('Regenerate…')
    expect([asked.heading, asked.text]).toEqual([
      'Regenerate the secret of Call Reports?',
      expect.stringContaining('Every token of 1 account is revoked, and the app has to ask it again.'),
    ])
    expect((await asked.press('Regenerate')).status).toBe(422)
    const page = await asked.fill({ [LOSS]: true }).press('Regenerate')
    const secret = page.value('App secret')
    expect([page.status, page.notes[0], secret.length]).toEqual([
      200,
      expect.stringContaining('Call Reports has a new secret'),
      32,
    ])
    expect(await w.verify(access)).toBe('revoked')
    const { authorizer } = w.appgrant
    await authorizer.authenticateApp({ key: w.key, secret })
    await expect(authorizer.authenticateApp({ key: w.key, secret: w.secret })).rejects.toMatchObject({
      code: 'app_authentication_failed',
    })
    // The same form again, as a reload without script sends it.
    const again = await asked.press('Regenerate')
    expect([again.status, again.heading, again.notes[0]]).toEqual([
      409,
      'Call Reports',
      expect.stringContaining('The secret was regenerated a moment ago.'),
    ])
    await authorizer.authenticateApp({ key: w.key, secret })
  })

  it('of two windows that regenerate at once, one shows the secret that works (CON-30)', async () => {
    const w = await consoleWorld()
    const windows = [await w.open(`/apps/${w.key}/regenerate`), await w.open(`/apps/${w.key}/regenerate`)]
    const pages = await Promise.all(windows.map((window) => window.press('Regenerate')))
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 409])
    const secret = pages.find(({ status }) => status === 200)?.value('App secret') ?? ''
    await w.appgrant.authorizer.authenticateApp({ key: w.key, secret })
  })

  it('a second secret is added without revoking anything, and one is removed', async () => {
    const w = await consoleWorld()
    const { access } = await w.start()
    const page = await (await (await w.open(`/apps/${w.key}`)).follow('Add a second…')).press('Add a secret')
    expect([page.notes[0], await w.verify(access)]).toEqual([expect.stringContaining('has a second secret'), 'ok'])
    const second = page.value('App secret')
    const full = await (await w.open(`/apps/${w.key}/add-secret`)).press('Add a secret')
    expect([full.status, full.notes]).toEqual([409, ['It already has two secrets. Remove one first.']])
    const [first] = (await w.appgrant.apps.get(w.key))?.secrets ?? []
    const removed = await (await w.open(`/apps/${w.key}/remove-secret?id=${first?.id}`)).press('Remove the secret')
    expect(removed.notes).toEqual(['The secret was removed. The other one keeps working.'])
    await w.appgrant.authorizer.authenticateApp({ key: w.key, secret: second })
    expect((await w.open(`/apps/${w.key}/remove-secret?id=${first?.id}`)).status).toBe(404)
  })

  it('keys take the place of the secret, and a secret that of the keys', async () => {
    const w = await consoleWorld()
    const { jwk, privateJwk } = await appSigner()
    let page = await (await w.open(`/apps/${w.key}`)).follow('Use keys instead…')
    const label = 'Public keys (JWK set)'
    page = await page.fill({ [label]: '{"keys":' }).press('Use these keys')
    expect([page.status, page.value(label)]).toEqual([422, '{"keys":'])
    page = await page.fill({ [label]: JSON.stringify({ keys: [privateJwk] }) }).press('Use these keys')
    expect([page.status, page.described(label)]).toEqual([422, expect.stringContaining('This is a private key.')])
    page = await page.fill({ [label]: JSON.stringify({ keys: [jwk] }) }).press('Use these keys')
    expect([page.heading, page.notes[0]]).toEqual(['Call Reports', expect.stringContaining('has new keys.')])
    page = await (await page.follow('Use a secret instead…')).press('Regenerate')
    await w.appgrant.authorizer.authenticateApp({ key: w.key, secret: page.value('App secret') })
  })

  it('a private key that was typed is not in any page, also if the form could not be handled', async () => {
    const w = await consoleWorld()
    const { privateJwk } = await appSigner()
    const keys = { 'Public keys (JWK set)': JSON.stringify({ keys: [privateJwk] }) }
    const forms = [
      (await w.open(`/apps/${w.key}/keys`)).fill(keys),
      (await w.open('/apps/new')).fill({ ...keys, 'With its own keys': true }),
    ]
    for (const form of forms) {
      const button = form.buttons.includes('OK') ? 'OK' : 'Use these keys'
      expect((await form.press(button)).status).toBe(422)
      w.tree.setDown(true)
      expect((await form.press(button)).status).toBe(503)
      w.tree.setDown(false)
    }
    for (const { body } of w.exchanges) expect(body).not.toContain(privateJwk.d)
  })
})

describe('what stops an app', () => {
  it.each([
    ['Revoke all tokens…', 'Revoke all tokens', 'All tokens of Call Reports are revoked.', 'revoked'],
    ['Remove…', 'Remove 1 app', '1 app was removed.', 'app_removed'],
  ])('%s asks first, and does it then (CON-22)', async (link, button, said, state) => {
    const w = await consoleWorld()
    const { access } = await w.start()
    const asked = await (await w.open(`/apps/${w.key}`)).follow(link)
    const cancelled = await asked.follow('Cancel')
    expect([cancelled.heading, await w.verify(access)]).toEqual(['Call Reports', 'ok'])
    const page = await asked.fill({ [LOSS]: true }).press(button)
    expect([page.notes, await w.verify(access)]).toEqual([[said], state])
  })

  it('trust is withdrawn and given on pages of their own, and only own tokens go (CON-17)', async () => {
    const w = await consoleWorld()
    await w.appgrant.apps.setTrusted(w.key, true)
    const own = await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })
    const { access } = await w.start()
    let page = await (await (await w.open(`/apps/${w.key}`)).follow('Withdraw trust…')).press('Withdraw trust')
    expect(page.notes[0]).toContain('is not trusted any more.')
    expect([await w.verify(own.accessToken), await w.verify(access)]).toEqual(['revoked', 'ok'])
    page = await (await page.follow('Trust…')).press('Trust the app')
    expect([page.notes, (await w.appgrant.apps.get(w.key))?.trusted]).toEqual([['Call Reports is trusted.'], true])
  })
})
