import { describe, expect, it } from 'vitest'
import { LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import { challengeOf, codeIn, paramsOf, VERIFIER } from '../support/session-fixture.ts'
import { unclosedStore } from '../support/unclosed-store.ts'
import { type ConsoleWorld, consoleWorld } from './world.ts'

const FORGETS = 'usually forgets its authorization'

/** Registers a program as it does itself, and lets an account approve it and exchange its code. */
async function approve({ node, inner }: ConsoleWorld, account = 'org'): Promise<string> {
  const appgrant = node({ store: unclosedStore(inner) })
  const key = appgrant.selfRegistration?.register({ name: 'Agent', redirectUrls: [LOOPBACK] }).clientId ?? ''
  const params = paramsOf({
    client_id: key,
    redirect_uri: LOOPBACK,
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
  const asked = await appgrant.authorizer.beginAuthorization(params, { account })
  if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
  const code = codeIn(await appgrant.authorizer.approve({ ticket: asked.ticket, account, scope: ['read'] }))
  await appgrant.authorizer.exchangeCode({ key, code, codeVerifier: VERIFIER, redirectUrl: LOOPBACK })
  const { items } = await appgrant.as(account).apps.list({ name: 'Agent' })
  // Writes the day of the use.
  await appgrant.close()
  return items[0]?.key ?? ''
}

async function world() {
  const w = await consoleWorld({}, { selfRegistration: SELF_REGISTRATION })
  return Object.assign(w, { agent: await approve(w) })
}

describe('an app that has registered itself', () => {
  it('is marked in the list with its host, and shows the hosts of its responses and its publisher (CON-34)', async () => {
    const w = await world()
    const list = await w.open('/apps')
    expect(list.rows.map((cells) => cells.join()).filter((row) => row.includes('Registered itself'))).toEqual([
      expect.stringMatching(/Agent.*localhost/),
    ])
    const page = await list.follow('Agent')
    expect(page.text).toContain('Where it comes from')
    expect(page.text).toContain('<dt>Registered itself</dt><dd><bdi>localhost</bdi></dd>')
    expect(page.text).toContain('<dt>Publisher</dt><dd>None: nobody has checked whose program it is</dd>')
    expect(page.text).toContain('<dt>Its responses go to</dt><dd><bdi class="under">localhost</bdi></dd>')
    expect((await w.open(`/apps/${w.key}`)).text).not.toContain('Where it comes from')
  })

  it('is marked in the list of the platform too (CON-34)', async () => {
    const w = await world()
    w.viewer = { operator: true, login: 'root@login.example' }
    const marked = (await w.open('/all')).rows.map((row) => row.join()).filter((row) => row.includes('Registered'))
    expect(marked).toEqual([expect.stringContaining('Registered itself · localhost')])
  })

  it('shows the day of its last use in UTC, in the list and on its page, in any time zone (CON-34)', async () => {
    const w = await world()
    const { lastUsedOn = '' } = (await w.appgrant.apps.get(w.agent)) ?? {}
    for (const timeZone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
      w.viewer = { account: 'org', login: 'olga', locale: 'en-GB', timeZone }
      const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(
        new Date(lastUsedOn),
      )
      expect((await w.open('/apps')).rows.map((row) => row.join()).sort()).toEqual([
        expect.stringContaining(`Last used ${day}`),
        expect.stringContaining('Not used yet'),
      ])
      expect((await w.open(`/apps/${w.agent}`)).text).toContain(`<time datetime="${lastUsedOn}">${day}</time>`)
    }
  })

  it('suspending it says that it forgets its authorization, and of other apps does not (CON-34)', async () => {
    const w = await world()
    let page = await (await w.open('/apps')).press('Active: suspend Agent')
    expect(page.notes).toEqual([
      'Agent is suspended. Such a program usually forgets its authorization meanwhile: after you resume it, it asks you again.',
    ])
    page = await page.press('Active: suspend Call Reports')
    expect(page.notes.join()).not.toContain(FORGETS)
    expect((await w.open(`/apps/${w.agent}`)).notes.join()).toContain(FORGETS)
    expect((await w.open(`/apps/${w.key}`)).notes.join()).not.toContain(FORGETS)
  })

  it('removing it says that it can ask again and that suspending keeps it out, and of other apps does not (CON-34)', async () => {
    const w = await world()
    const asked = await (await w.open(`/apps/${w.agent}`)).follow('Remove…')
    expect(asked.text).toContain('Removing is not a ban')
    expect(asked.notes.join()).toContain(FORGETS)
    const both = await (await w.open('/apps'))
      .fill({ 'Select Agent': true, 'Select Call Reports': true })
      .press('Remove selected')
    expect(both.text).toContain('Removing is not a ban')
    const other = await (await w.open(`/apps/${w.key}`)).follow('Remove…')
    expect([other.text.includes('Removing is not a ban'), other.notes.join()]).toEqual([
      false,
      expect.stringContaining('nothing is lost'),
    ])
  })

  it('is changed without homepage and e-mail address, which its form does not require (CON-34)', async () => {
    const w = await world()
    const form = await w.open(`/apps/${w.agent}`)
    expect(form.labels).toEqual(expect.arrayContaining(['Name required', 'Homepage', 'Admin email']))
    let page = await form.fill({ 'Name required': 'My agent' }).press('OK')
    expect([page.status, page.notes]).toEqual([200, ['Your changes are saved.']])
    page = await page.fill({ Homepage: 'https://agent.example/' }).press('OK')
    page = await page.fill({ Homepage: '' }).press('OK')
    expect(page.notes).toEqual(['Your changes are saved.'])
    expect((await w.appgrant.apps.get(w.agent))?.homepage).toBeUndefined()
  })
})
