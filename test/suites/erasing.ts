import { describe, expect, it } from 'vitest'
import type { RecordRef, Store, StoreRecord } from '../../src/store/store.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import type { ObservedStore } from '../support/observed-store.ts'
import { expectAlive } from '../support/session-checks.ts'
import { createSessionFixture, DAY, HOUR, type OpenStore, tokensOf } from '../support/session-fixture.ts'
import { unclosedStore } from '../support/unclosed-store.ts'

/** What is left of removed apps and erased accounts, on the stores that `open` gives. */
export function testErasing(open: OpenStore): void {
  /** How many records are in each list that something was ever written to, except lists of apps. */
  async function listed({ written }: ObservedStore, store: Store): Promise<Readonly<Record<string, number>>> {
    const groups = written
      .filter(({ kind }) => kind !== 'a')
      .flatMap(({ kind, partition, groups }) => groups.map((group) => ({ kind, partition, group })))
    const counts = groups.map(async (group) => [`${group.kind} ${group.group}`, await store.count(group, 0)] as const)
    return Object.fromEntries((await Promise.all(counts)).filter(([, count]) => count > 0))
  }

  /** What is stored under every ref that was ever written. */
  async function storedRecords({ written }: ObservedStore, store: Store): Promise<readonly StoreRecord[]> {
    const refs = new Map<string, RecordRef>(written.map((one) => [`${one.kind} ${one.partition} ${one.id}`, one]))
    return (await store.get([...refs.values()])).filter((record) => record !== undefined)
  }

  describe('a removed app', () => {
    it('gives back what its tokens, installs and sessions took, some time after it was removed (APP-14)', async () => {
      const w = await createSessionFixture(open)
      const observed = unclosedStore(w.inner)
      const node = w.node({ store: observed })
      const { app, secret } = await node.apps.register(
        exampleApp({ owner: 'org', trusted: true, redirectUrls: ['https://app.example/callback'] }),
      )
      for (let n = 0; n < 250; n++) await node.authorizer.clientCredentials({ key: app.key, secret })
      for (const account of ['org', 'user']) {
        const code = await w.code({ account }, { client_id: app.key })
        await w.exchange(code, { key: app.key, secret }, node)
      }
      const other = await w.start()
      expect(Object.values(await listed(observed, w.inner))).toContain(250)
      expect(await node.apps.remove(app.key)).toBe(true)
      await node.close()
      expect(await listed(observed, w.inner)).toEqual({})
      expect((await w.appgrant.installs.list({ account: 'user' })).items).toHaveLength(1)
      await expectAlive(w, other)
    })

    it('leaves a tombstone for an hour if it never got a token, and for as long as anything could refer to it otherwise (APP-14)', async () => {
      const w = await createSessionFixture(open)
      const node = w.node({ store: unclosedStore(w.inner) })
      const { app: unused } = await w.registerTrusted()
      const { app: used, secret } = await w.registerTrusted()
      await node.authorizer.clientCredentials({ key: used.key, secret })
      await node.close()
      const lifeOf = async (key: string) => {
        await w.appgrant.apps.remove(key)
        const tombstone = w.observed.written.findLast(({ kind, id }) => kind === 'a' && id === key)
        expect(tombstone?.data).not.toContain('org')
        return (tombstone?.expiresAt ?? 0) - w.clock()
      }
      expect(await lifeOf(unused.key)).toBe(HOUR)
      expect(await lifeOf(used.key)).toBe(90 * DAY + HOUR)
    })
  })

  describe('an erased account', () => {
    const ERASED = 'other-provider'
    const EMAIL = 'erase-me@app.example'

    it('has no apps, installs and tokens left, and nothing that is stored names it; others are untouched (ACC-9)', async () => {
      const w = await createSessionFixture(open)
      const observed = unclosedStore(w.inner)
      const node = w.node({ store: observed })
      const begin = async (key: string, account: string) => {
        const params = { client_id: key, redirect_uri: 'https://app.example/callback' }
        const code = await w.code({ account, login: `login of ${account}` }, params)
        return code
      }
      const { app, secret } = await node.apps.register(
        exampleApp({
          owner: ERASED,
          adminEmail: EMAIL,
          trusted: true,
          redirectUrls: ['https://app.example/callback'],
        }),
      )
      const own = await node.authorizer.clientCredentials({ key: app.key, secret })
      const ofUser = await w.exchange(await begin(app.key, 'user'), { key: app.key, secret }, node)
      const theirs = tokensOf(await w.exchange(await begin(w.key, ERASED), { userAgent: `of ${ERASED}` }, node))
      const other = await w.start()
      const { app: removed } = await node.apps.register(exampleApp({ owner: ERASED, adminEmail: EMAIL }))
      await node.apps.remove(removed.key)

      const events: unknown[] = []
      node.events.on('app', ({ change, app: key }) => events.push([change, key]))
      node.events.on('install', ({ change, app: key, account }) => events.push([change, key, account]))
      expect(await node.erase(ERASED)).toEqual({ apps: 1, installs: 1 })
      expect(events).toEqual([
        ['removed', app.key],
        ['withdrawn', w.key, ERASED],
      ])
      for (const { accessToken } of [own, ofUser, theirs.granted])
        expect(['revoked', 'unknown', 'expired']).toContain(await w.verify(accessToken))
      expect(await codeOf(w.refresh(theirs.refresh))).toBe('invalid_refresh_token')
      for (const observer of [observed, w.observed]) {
        const text = JSON.stringify(await storedRecords(observer, w.inner))
        for (const personal of [ERASED, EMAIL]) expect(text).not.toContain(personal)
      }
      await expectAlive(w, other)
      expect(await node.erase(ERASED)).toEqual({ apps: 0, installs: 0 })
      expect(await codeOf(node.erase(''))).toBe('invalid_request')
      await node.close()
    })

    it('is named by no install of an app that was removed before, although the process ended before it freed anything (ACC-9)', async () => {
      const w = await createSessionFixture(open, { options: { lifetimes: { refreshAbsoluteSeconds: 'never' } } })
      for (const hadLasting of [true, false]) {
        const { app } = await w.appgrant.apps.register(
          exampleApp({ owner: 'org', redirectUrls: ['https://app.example/callback'] }),
        )
        await w.code({ account: ERASED, login: `login of ${ERASED}` }, { client_id: app.key })
        // Its install stays without end, which the lifetimes at the time of the removal do not show.
        if (!hadLasting) await w.appgrant.apps.setLifetimes(app.key, { refreshAbsoluteSeconds: 90 * 86_400 })
        expect(await w.appgrant.apps.remove(app.key)).toBe(true)
        await w.node().erase(ERASED)
        const left = (await storedRecords(w.observed, w.inner)).filter(({ kind }) => kind === 'i' || kind === 'p')
        expect(JSON.stringify(left)).not.toContain(ERASED)
      }
    })

    it('has nothing left that works if an approval raced it and it is erased once more (ACC-9)', async () => {
      const w = await createSessionFixture(open)
      for (let round = 0; round < 20; round++) {
        const { ticket } = await w.consent({}, { account: ERASED })
        const approval = w.appgrant.authorizer.approve({ ticket, account: ERASED })
        await Promise.allSettled([approval, w.appgrant.erase(ERASED)])
        const again = await w.appgrant.erase(ERASED)
        expect(again.installs).toBeLessThanOrEqual(1)
        expect((await w.appgrant.installs.listByApp({ app: w.key })).items).toEqual([])
        expect(await w.appgrant.erase(ERASED)).toEqual({ apps: 0, installs: 0 })
      }
    })
  })
}
