import { describe, expect, it, onTestFinished } from 'vitest'
import { createAppGrant, type Store } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'

const HOUR = 3_600_000

/** What a node does whose clock is wrong, on a store whose server has a clock. */
export function testWrongClocks(open: () => Promise<Store>): void {
  describe('a node whose clock is wrong', () => {
    for (const off of [-HOUR, HOUR]) {
      it(`accepts and issues nothing while its clock is off by ${off} ms, and revokes all the same (REV-3)`, async () => {
        const store = await open()
        onTestFinished(() => store.close())
        const exact = createAppGrant({ store, timeoutMs: 10_000 })
        const clock = { off }
        const wrong = createAppGrant({ store, timeoutMs: 10_000, clock: () => Date.now() + clock.off })
        const outages: string[] = []
        wrong.events.on('outage', ({ code, operation }) => void outages.push(`${code} ${operation}`))
        const { app, secret } = await exact.apps.register(exampleApp({ owner: 'org', trusted: true }))
        const credentials = { key: app.key, secret }
        const { accessToken, tokenId } = await exact.authorizer.clientCredentials(credentials)

        expect(await codeOf(wrong.authorizer.tryVerify(accessToken))).toBe('clock_skew')
        expect(await codeOf(wrong.authorizer.tryVerify(accessToken, { maxStalenessMs: 5000 }))).toBe('clock_skew')
        expect(await codeOf(wrong.authorizer.clientCredentials(credentials))).toBe('clock_skew')
        expect(outages).toContain('clock_skew time')
        expect(await exact.tokens.count({ app: app.key, account: 'org' })).toBe(1)

        await wrong.tokens.remove({ app: app.key, account: 'org', ids: [tokenId] })
        expect(await exact.authorizer.tryVerify(accessToken)).toMatchObject({ reason: 'revoked' })
        const other = await exact.authorizer.clientCredentials(credentials)
        await wrong.authorizer.revokeToken({ ...credentials, token: other.accessToken })
        expect(await exact.authorizer.tryVerify(other.accessToken)).toMatchObject({ reason: 'revoked' })
        await wrong.apps.suspend(app.key)
        expect(await codeOf(exact.authorizer.clientCredentials(credentials))).toBe('app_suspended')
        await wrong.apps.resume(app.key)

        clock.off = 0
        expect(await codeOf(wrong.authorizer.clientCredentials(credentials))).toBe('ok')
      })
    }
  })
}
