import { describe, expect, it } from 'vitest'
import { theirApp } from '../support/other-server.ts'
import { createSessionFixture, type OpenStore } from '../support/session-fixture.ts'

/** What a report of a leaked credential revokes, on the stores that `open` gives. */
export function testLeaks(open: OpenStore): void {
  async function setUp() {
    const w = await createSessionFixture(open)
    const events: object[] = []
    w.appgrant.events.on('leak', (event) => events.push({ ...event, at: undefined }))
    const report = (token: string, more: object = {}) => w.appgrant.authorizer.reportLeak({ token, ...more })
    const authenticates = async (secret: string, key = w.key) =>
      w.appgrant.authorizer.authenticateApp({ key, secret }).then(
        () => true,
        () => false,
      )
    return { w, events, report, authenticates }
  }

  describe('a leaked credential that is reported', () => {
    it('as an access token is revoked, and nothing else is; reported again it is nothing (ERR-5)', async () => {
      const { w, events, report } = await setUp()
      const [leaked, other] = [await w.start(), await w.start()]
      expect(await report(leaked.access, { url: 'https://git.example/a/b.txt#L1', userAgent: 'scanner' })).toBe(true)
      expect([await w.verify(leaked.access), await w.verify(other.access)]).toEqual(['revoked', 'ok'])
      expect(await w.next(leaked)).toBeDefined()
      expect(await report(leaked.access)).toBe(false)
      const url = 'https://git.example/a/b.txt'
      const known = { at: undefined, by: {}, userAgent: 'scanner', app: w.key, account: 'user', url }
      expect(events).toEqual([{ ...known, credential: 'accessToken' }])
    })

    it('as a token of a trusted app is revoked, for its owner', async () => {
      const { w, events, report } = await setUp()
      const { app, secret } = await w.registerTrusted()
      const { accessToken } = await w.appgrant.authorizer.clientCredentials({ key: app.key, secret })
      expect(await report(accessToken)).toBe(true)
      expect(await w.verify(accessToken)).toBe('revoked')
      expect(events).toMatchObject([{ credential: 'accessToken', app: app.key, account: 'org' }])
    })

    it('as a refresh token, or an earlier one, or a code, ends its session and no other', async () => {
      const { w, events, report } = await setUp()
      const [current, earlier, other] = [await w.start(), await w.start(), await w.start()]
      const next = await w.next(earlier)
      const code = await w.code()
      expect([await report(current.refresh), await report(earlier.refresh), await report(code)]).toEqual([
        true,
        true,
        true,
      ])
      expect([await w.verify(current.access), await w.verify(next.access)]).toEqual(['revoked', 'revoked'])
      await expect(w.refresh(current.refresh)).rejects.toMatchObject({ code: 'invalid_refresh_token' })
      await expect(w.refresh(next.refresh)).rejects.toMatchObject({ code: 'invalid_refresh_token' })
      await expect(w.exchange(code)).rejects.toMatchObject({ code: 'invalid_code' })
      expect(await w.verify((await w.next(other)).access)).toBe('ok')
      expect(await Promise.all([current.refresh, earlier.refresh, code].map((one) => report(one)))).toEqual([
        false,
        false,
        false,
      ])
      expect(events.map((event) => (event as { credential: string }).credential)).toEqual([
        'refreshToken',
        'refreshToken',
        'code',
      ])
    })

    it('as a secret is removed if its app is named, alone or beside another one; tokens are kept (APP-8)', async () => {
      const { w, events, report, authenticates } = await setUp()
      const { access } = await w.start()
      const { secret: second } = await w.appgrant.apps.addSecret(w.key)
      expect(await report(w.secret)).toBe(false)
      expect(await report(w.secret, { key: w.key })).toBe(true)
      expect([await authenticates(w.secret), await authenticates(second)]).toEqual([false, true])
      expect(await report(second, { key: w.key })).toBe(true)
      expect(await authenticates(second)).toBe(false)
      expect(await w.verify(access)).toBe('ok')
      expect(await report(second, { key: w.key })).toBe(false)
      const { secret: third } = await w.appgrant.apps.regenerateSecret(w.key)
      expect(await authenticates(third)).toBe(true)
      const event = { at: undefined, by: {}, credential: 'secret', app: w.key, account: 'org' }
      expect(events).toEqual([event, event])
    })

    it.each(['their-key', '4LAbcdefghijklmnopqrstuvwxyzABCD'])(
      'as a secret is removed if the key that its app has on the wire since before its import is %s (APP-10)',
      async (key) => {
        const { w, events, report, authenticates } = await setUp()
        await w.appgrant.apps.import([theirApp({ key })])
        const { key: own = '' } = (await w.appgrant.apps.get(key)) ?? {}
        const { secret } = await w.appgrant.apps.regenerateSecret(own)
        expect(await report(secret, { key: 'another-key' })).toBe(false)
        expect(await authenticates(secret, key)).toBe(true)
        expect(await report(secret, { key })).toBe(true)
        expect([await authenticates(secret, key), await authenticates(secret, own)]).toEqual([false, false])
        expect(events).toMatchObject([{ credential: 'secret', app: own, account: 'org' }])
      },
    )

    it('as the secret of another app than the one that is named is nothing, and nothing is written (S44)', async () => {
      const { w, report, authenticates } = await setUp()
      const other = await w.registerTrusted()
      const before = w.observed.written.length
      expect(await report(other.secret, { key: w.key })).toBe(false)
      expect(w.observed.written).toHaveLength(before)
      expect([await authenticates(w.secret), await authenticates(other.secret, other.app.key)]).toEqual([true, true])
    })

    it('while its app is suspended is revoked all the same', async () => {
      const { w, report } = await setUp()
      const { access, refresh } = await w.start()
      await w.appgrant.apps.suspend(w.key)
      expect([await report(access), await report(refresh), await report(w.secret, { key: w.key })]).toEqual([
        true,
        true,
        true,
      ])
      await w.appgrant.apps.resume(w.key)
      expect(await w.verify(access)).toBe('revoked')
    })

    it('by several at once is revoked once', async () => {
      const { w, report } = await setUp()
      const { access } = await w.start()
      const results = await Promise.all(Array.from({ length: 20 }, () => report(access)))
      expect(results).toContain(true)
      expect(await w.verify(access)).toBe('revoked')
    })

    it('that gives nothing any more is nothing, and of a removed app nothing is written', async () => {
      const { w, events, report } = await setUp()
      const [withdrawn, removed] = [await w.start(), await w.start({ account: 'other-org' })]
      await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
      expect([await report(withdrawn.access), await report(withdrawn.refresh)]).toEqual([false, false])
      await w.appgrant.apps.remove(w.key)
      const before = w.observed.written.length
      expect([await report(removed.access), await report(removed.refresh)]).toEqual([false, false])
      expect(await report(w.secret, { key: w.key })).toBe(false)
      expect(w.observed.written).toHaveLength(before)
      expect(events).toEqual([])
    })

    it('while the store fails is an error, never done, and revoked when the report is repeated', async () => {
      const { w, report } = await setUp()
      const { access } = await w.start()
      w.store.fail('replace', 'before')
      await expect(report(access)).rejects.toMatchObject({ code: 'store_unavailable' })
      expect(await report(access)).toBe(true)
      expect(await w.verify(access)).toBe('revoked')
    })
  })
}
