import { describe, expect, it } from 'vitest'
import type { SignInNeeds, Viewer } from '../../src/console/index.ts'
import { consoleWorld } from './world.ts'

const SIGN_IN = 'https://login.example/sign-in'
const [SECOND, DAY] = [1000, 86_400_000]
const FRESH = { freshSignInSeconds: 300 }

/** A console whose `signIn` signs in again if it is asked to, and counts what it was asked for. */
async function stepUpWorld() {
  const asked: SignInNeeds[] = []
  const viewer: { current: Viewer } = { current: { account: 'org', login: 'olga' } }
  const w = await consoleWorld({
    ...FRESH,
    async signIn(_, needs) {
      asked.push(needs)
      return needs.maxAgeSeconds === undefined ? viewer.current : Response.redirect(SIGN_IN, 303)
    },
  })
  const signedInAgo = (ms: number, more: Partial<Viewer> = {}) => {
    viewer.current = { ...viewer.current, ...more, authenticatedAt: new Date(Date.now() - ms) }
  }
  return { ...w, asked, signedInAgo }
}

const RISKY = ['regenerate', 'add-secret', 'keys', 'trust', 'publish', 'resource-server']

describe('the console with freshSignInSeconds', () => {
  it('asks for a fresh sign-in at the page and at the form of what gives rights, and does nothing without (CON-35)', async () => {
    const w = await stepUpWorld()
    w.signedInAgo(301 * SECOND, { operator: true })
    const as = (await w.open('/apps/new')).entries('OK').filter(([name]) => name === 'as')
    const before = w.observed.writes()
    for (const path of RISKY) {
      w.asked.length = 0
      const page = await w.send(`/console/apps/${w.key}/${path}`)
      expect([path, page.status, page.headers.get('location')]).toEqual([path, 303, SIGN_IN])
      const form = await w.open('/apps/new')
      const kept = await w.post(form, [...as, ['sure', 'yes']], `/console/apps/${w.key}/${path}`)
      expect([path, kept.heading]).toEqual([path, 'Confirm that it is you'])
      expect(w.asked).toEqual([{}, { maxAgeSeconds: 300 }, {}, {}, { maxAgeSeconds: 300 }])
    }
    expect(w.observed.writes()).toBe(before)
  })

  it('goes on once the viewer has signed in again, with what was typed (CON-35)', async () => {
    const w = await stepUpWorld()
    const page = await w.open(`/apps/${w.key}`)
    const kept = await page.fill({ 'Redirect URL 1': 'https://new.example/callback' }).press('OK')
    expect(kept.heading).toBe('Confirm that it is you')
    w.signedInAgo(299 * SECOND)
    const saved = await kept.press('Send again')
    expect([saved.notes, saved.value('Redirect URL 1')]).toEqual([
      ['Your changes are saved.'],
      'https://new.example/callback',
    ])
    expect((await w.open(`/apps/${w.key}/regenerate`)).status).toBe(200)
  })

  it('never asks for it before what revokes (CON-35)', async () => {
    const w = await stepUpWorld()
    const { access } = await w.start()
    w.signedInAgo(DAY)
    const page = await w.open(`/apps/${w.key}/end-tokens`)
    await page.fill({ 'I understand that 1 account loses access at once': true }).press('Revoke all tokens')
    expect(await w.verify(access)).toBe('revoked')
    expect((await w.open(`/apps/remove?app=${w.key}`)).status).toBe(200)
    expect(w.asked.every(({ maxAgeSeconds }) => maxAgeSeconds === undefined)).toBe(true)
  })

  it('a signIn that ignores what it is asked for, or names somebody else then, is an outage, and nothing is done (CON-35)', async () => {
    const stale = { account: 'org', login: 'olga' }
    for (const again of [stale, { ...stale, login: 'otto', authenticatedAt: new Date() }]) {
      const signIn = async (_: Request, needs: SignInNeeds) => (needs.maxAgeSeconds === undefined ? stale : again)
      const w = await consoleWorld({ ...FRESH, signIn })
      expect((await w.open(`/apps/${w.key}/regenerate`)).status).toBe(500)
      expect(w.outages).toMatchObject([{ cause: { message: expect.stringContaining('needs.maxAgeSeconds') } }])
    }
  })

  it('a signIn that says a later time when it is asked is believed (CON-35)', async () => {
    const viewer = { account: 'org', login: 'olga' }
    const signIn = async (_: Request, needs: SignInNeeds) =>
      needs.maxAgeSeconds === undefined ? viewer : { ...viewer, authenticatedAt: new Date() }
    const w = await consoleWorld({ ...FRESH, signIn })
    expect((await w.open(`/apps/${w.key}/regenerate`)).status).toBe(200)
  })
})
