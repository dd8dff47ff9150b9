import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { expectAlive } from '../support/session-checks.ts'
import { createSessionFixture, HOUR, MINUTE, type OpenStore, SECOND } from '../support/session-fixture.ts'

/** What keeps one app or account from filling the store, on the stores that `open` gives. */
export function testLimits(open: OpenStore): void {
  const fixture = (limits: object) => createSessionFixture(open, { options: { limits } })

  describe('limits', () => {
    it('an app gets no further token for its owner when too many are live, until some have expired or are removed (APP-14)', async () => {
      const w = await fixture({ tokensPerAccount: 24 })
      const { app, secret } = await w.registerTrusted()
      const other = await w.registerTrusted()
      const issue = () => w.appgrant.authorizer.clientCredentials({ key: app.key, secret })
      for (let n = 0; n < 24; n++) await issue()
      expect(await refusalOf(issue())).toMatchObject({
        code: 'limit_reached',
        details: { limit: 'tokensPerAccount', retryAfterSeconds: 60 },
      })
      expect(await w.appgrant.tokens.count({ app: app.key, account: 'org' })).toBe(24)
      await w.appgrant.authorizer.clientCredentials({ key: other.app.key, secret: other.secret })
      await w.appgrant.tokens.removeAll({ app: app.key, account: 'org' })
      await issue()
      w.clock.advance(2 * HOUR)
      for (let n = 0; n < 24; n++) await issue()
      expect(await codeOf(issue())).toBe('limit_reached')
    })

    it('a refresh beyond the limit of live tokens consumes nothing, and works later (APP-14)', async () => {
      const w = await fixture({ tokensPerAccount: 8 })
      let last = await w.start()
      for (let n = 1; n < 8; n++) last = await w.next(last)
      expect(await codeOf(w.refresh(last.refresh))).toBe('limit_reached')
      w.clock.advance(HOUR)
      await expectAlive(w, await w.next(last))
    })

    it('issues of an app in a second are limited, for the trusted app and its sessions together (APP-14)', async () => {
      const w = await fixture({ issuesPerSecond: 3 })
      const { app, secret } = await w.registerTrusted()
      const issue = () => codeOf(w.appgrant.authorizer.clientCredentials({ key: app.key, secret }))
      const refused: unknown[] = []
      w.appgrant.events.on('refused', ({ code, app }) => refused.push([code, app]))
      expect(await Promise.all([1, 2, 3, 4].map(issue))).toEqual(['ok', 'ok', 'ok', 'limit_reached'])
      expect(refused).toEqual([['limit_reached', app.key]])
      expect(await w.appgrant.tokens.count({ app: app.key, account: 'org' })).toBe(3)
      w.clock.advance(SECOND)
      expect(await issue()).toBe('ok')
    })

    it('an issue to an app that has changed since it was remembered counts once (APP-14)', async () => {
      const w = await fixture({ issuesPerSecond: 2 })
      const { app, secret } = await w.registerTrusted()
      const issue = () => codeOf(w.appgrant.authorizer.clientCredentials({ key: app.key, secret }))
      expect(await issue()).toBe('ok')
      await w.node().apps.update(app.key, { name: 'Renamed' })
      expect(await issue()).toBe('ok')
      expect(await issue()).toBe('limit_reached')
    })

    it('one account can take a quarter of the issues of an app, so that others are served (APP-14)', async () => {
      const w = await fixture({ issuesPerSecond: 12 })
      const [theirs, other] = [await w.start(), await w.start({ account: 'org' })]
      w.clock.advance(SECOND)
      let last = theirs
      for (let n = 0; n < 3; n++) last = await w.next(last)
      for (let n = 0; n < 20; n++) expect(await codeOf(w.refresh(last.refresh))).toBe('limit_reached')
      expect(await codeOf(w.refresh(other.refresh))).toBe('ok')
      w.clock.advance(SECOND)
      expect(await codeOf(w.refresh(last.refresh))).toBe('ok')
    })

    it('consent requests to one account are limited for ten minutes, and one beyond stores nothing (APP-14)', async () => {
      const w = await fixture({ consentRequestsPerAccount: 3 })
      for (let n = 0; n < 3; n++) await w.consent()
      const writes = w.observed.writes()
      expect(await codeOf(w.consent())).toBe('limit_reached')
      expect(w.observed.writes()).toBe(writes)
      await w.consent({}, { account: 'org' })
      w.clock.advance(10 * MINUTE)
      await w.consent()
    })

    it('changes by an account are limited in a minute, whatever they are; reads and the host are not (APP-14)', async () => {
      const w = await fixture({ changesPerMinute: 6 })
      const { apps, tokens, installs } = w.appgrant.as('org')
      const made = `${w.key.slice(0, 2)}${'m'.repeat(30)}`
      const { app } = await apps.register(exampleApp({ owner: 'org' }))
      await apps.remove(app.key)
      await apps.remove(made)
      await tokens.removeAll({ app: w.key, account: 'org' })
      expect(await codeOf(apps.update(w.key, { name: '' }))).toBe('invalid_fields')
      expect(await installs.withdraw({ app: w.key, account: 'org' })).toBe(false)
      const writes = w.observed.writes()
      expect(await refusalOf(apps.remove(`${made.slice(0, -1)}n`))).toMatchObject({
        code: 'limit_reached',
        details: { limit: 'changesPerMinute', retryAfterSeconds: 60 },
      })
      expect(await codeOf(w.appgrant.as('org', { login: 'other' }).apps.suspend(w.key))).toBe('limit_reached')
      expect(w.observed.writes()).toBe(writes)
      expect((await apps.list()).items).toHaveLength(1)
      await w.appgrant.as('provider').apps.suspend(w.key)
      await w.appgrant.apps.resume(w.key)
      w.clock.advance(MINUTE)
      await apps.suspend(w.key)
    })

    it('removing tokens by ids that were made up writes nothing (APP-14)', async () => {
      const w = await fixture({})
      const tokens = await w.start()
      const ids = Array.from({ length: 1000 }, (_, n) => `${n}`.padStart(tokens.id.length, '0'))
      const writes = w.observed.writes()
      await w.appgrant.as('user').tokens.remove({ app: w.key, account: 'user', ids })
      expect(w.observed.writes()).toBe(writes)
    })
  })
}
