import { describe, expect, it } from 'vitest'
import type { AppGrant } from '../../src/index.ts'
import { exampleApp, faultyStore } from '../../src/testing/index.ts'
import { createSessionFixture, DAY, type OpenStore, tokensOf } from '../support/session-fixture.ts'
import { unclosedStore } from '../support/unclosed-store.ts'

/** The days on which apps and installs were used, on the stores that `open` gives. */
export function testUsage(open: OpenStore): void {
  describe('last use', () => {
    /** A fixture with a node whose writes are counted. */
    async function fixture() {
      const w = await createSessionFixture(open)
      const observed = unclosedStore(w.inner)
      const node: AppGrant = w.node({ store: observed })
      const days = async () => {
        const { items } = await w.appgrant.installs.list({ account: 'user' })
        return [(await w.appgrant.apps.get(w.key))?.lastUsedOn, items[0]?.lastUsedOn]
      }
      const today = () => new Date(w.clock()).toISOString().slice(0, 10)
      return { ...w, used: node, observed, days, today }
    }

    it('an app and an install know the day of their last use, which takes one more write a day (APP-13)', async () => {
      const w = await fixture()
      const code = await w.code()
      expect(await w.days()).toEqual([undefined, undefined])
      let last = tokensOf(await w.exchange(code, {}, w.used))
      expect(await w.days()).toEqual([undefined, undefined])
      await w.used.close()
      const first = w.today()
      expect(await w.days()).toEqual([first, first])

      for (const [days, more] of [
        [0, 0],
        [1, 2],
        [0, 0],
      ] as const) {
        w.clock.advance(days * DAY)
        const before = w.observed.writes()
        last = tokensOf(await w.refresh(last.refresh, {}, w.used))
        expect(await w.verify(last.access, w.used)).toBe('ok')
        await w.used.close()
        // The token and the session are written anyway.
        expect(w.observed.writes() - before).toBe(2 + more)
        expect(await w.days()).toEqual([w.today(), w.today()])
      }
      expect(w.today()).not.toBe(first)
    })

    it('a trusted app is used by its own tokens, and one of many nodes writes (APP-13)', async () => {
      const w = await fixture()
      const { app, secret } = await w.registerTrusted()
      const stores = [1, 2, 3, 4].map(() => unclosedStore(w.inner))
      const nodes = stores.map((store) => w.node({ store }))
      await Promise.all(
        nodes.map(({ authorizer }) => authorizer.clientCredentials({ key: app.key, secret }).then(() => undefined)),
      )
      await Promise.all(nodes.map((node) => node.close()))
      expect((await w.appgrant.apps.get(app.key))?.lastUsedOn).toBe(w.today())
      const written = stores.flatMap((store) => store.written.filter(({ kind }) => kind === 'a'))
      expect(written).toHaveLength(1)
    })

    it('a use that could not be noted is noted at the next one (APP-13)', async () => {
      const w = await fixture()
      const { app, secret } = await w.registerTrusted()
      const store = faultyStore(unclosedStore(w.inner))
      const node = w.node({ store })
      const use = () => node.authorizer.clientCredentials({ key: app.key, secret })
      await use()
      store.fail('replace', 'before')
      await node.close()
      expect((await w.appgrant.apps.get(app.key))?.lastUsedOn).toBeUndefined()
      await use()
      await node.close()
      expect((await w.appgrant.apps.get(app.key))?.lastUsedOn).toBe(w.today())
    })

    it('noting a use undoes no operation (APP-13, S3A)', async () => {
      const w = await fixture()
      const first = tokensOf(await w.exchange(await w.code(), {}, w.used))
      await w.appgrant.apps.suspend(w.key)
      await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
      await w.used.close()
      expect((await w.appgrant.apps.get(w.key))?.suspended).toBeDefined()
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toEqual([])
      expect(await w.verify(first.access)).toBe('revoked')
      const { app, secret } = await w.registerTrusted()
      await w.used.authorizer.clientCredentials({ key: app.key, secret })
      await w.appgrant.apps.remove(app.key)
      await w.used.close()
      expect(await w.appgrant.apps.get(app.key)).toBeUndefined()
    })

    it('a secret knows when it was made (APP-13)', async () => {
      const w = await fixture()
      const { app } = await w.appgrant.apps.register(exampleApp({ owner: 'org' }))
      const made = new Date(w.clock())
      w.clock.advance(DAY)
      const { app: changed } = await w.appgrant.apps.addSecret(app.key)
      expect(changed.secrets.map(({ createdAt }) => createdAt)).toEqual([made, new Date(w.clock())])
    })
  })
}
