import { describe, expect, it, onTestFinished } from 'vitest'
import { accountTree } from '../support/account-tree.ts'
import { codeOf } from '../support/code-of.ts'
import { createSessionFixture, DAY, type OpenStore, type TokenOptions } from '../support/session-fixture.ts'
import { SIGNING } from '../support/signing.ts'

const FORMATS: readonly (readonly [string, TokenOptions])[] = [
  ['an opaque token', {}],
  ['a signed token', { signing: SIGNING }],
]

/** Nodes on one store whose options differ, on the stores that `open` gives. */
export function testOtherNodes(open: OpenStore): void {
  describe('revocation on a node with other options', () => {
    for (const [what, format] of FORMATS) {
      for (const which of ['access', 'refresh', 'code'] as const) {
        it(`the ${which} text of ${what} is revoked by a node with another prefix, without the keys (REV-3)`, async () => {
          const w = await createSessionFixture(open, {}, format)
          const first = await w.start()
          const { signing: _, ...rest } = format
          const other = w.node({
            tokenPrefix: 'other',
            ...rest,
            ...(format.signing && { signing: undefined as never }),
          })
          await other.authorizer.revokeToken({ key: w.key, secret: w.secret, token: first[which] })
          expect(await w.verify(first.access)).toBe('revoked')
          const isSession = which !== 'access'
          expect(await codeOf(w.refresh(first.refresh))).toBe(isSession ? 'invalid_refresh_token' : 'ok')
        })
      }
    }

    it('a signed token that has expired long ago is still a token of its app only (HTTP-4)', async () => {
      const w = await createSessionFixture(open, {}, { signing: SIGNING })
      const { access } = await w.start()
      const { app, secret } = await w.registerTrusted()
      expect(await codeOf(w.appgrant.authorizer.revokeToken({ key: app.key, secret, token: access }))).toBe(
        'foreign_token',
      )
      expect(await w.verify(access)).toBe('ok')
      w.clock.advance(DAY)
      expect(await codeOf(w.appgrant.authorizer.revokeToken({ key: app.key, secret, token: access }))).toBe('ok')
      expect(await codeOf(w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: access }))).toBe(
        'ok',
      )
    })

    it('a signed token with another embedded credential revokes nothing (HTTP-4)', async () => {
      const w = await createSessionFixture(open, {}, { signing: SIGNING })
      const { access } = await w.start()
      const [header = '', payload = '', signature = ''] = access.split('.')
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
      for (const ref of [
        undefined,
        7,
        '',
        claims.ref.slice(1),
        `${claims.ref.slice(0, -1)}${claims.ref.endsWith('0') ? '1' : '0'}`,
        claims.ref.replace('ag_', 'zz_'),
      ]) {
        const changed = Buffer.from(JSON.stringify({ ...claims, ref })).toString('base64url')
        const token = [header, changed, signature].join('.')
        expect(await codeOf(w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token }))).toBe('ok')
        expect(await w.verify(access)).toBe('ok')
      }
    })
  })

  describe('prepare()', () => {
    /** Returns what it was warned of since the last time. */
    function listening() {
      const warnings: string[] = []
      const hear = (warning: Error & { code?: string }) => {
        if (warning.code === 'APPGRANT_OPTIONS') warnings.push(warning.message)
      }
      process.on('warning', hear)
      onTestFinished(() => void process.off('warning', hear))
      return async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return warnings.splice(0)
      }
    }

    it('warns of a directory that begins to name epochs, or no longer does, on one node, and not of an epoch that has changed (ACC-7)', async () => {
      const heard = listening()
      const w = await createSessionFixture(open)
      const naming = accountTree()
      naming.set('org', { epoch: 'first' })
      const other = w.node({ directory: naming })
      await other.prepare()
      expect(await heard()).toEqual([
        expect.stringContaining(
          `directory names an epoch for the owner of the app ${w.key}, and named none when its credentials were made`,
        ),
      ])
      await w.appgrant.prepare()
      expect(await heard()).toEqual([])

      await other.apps.regenerateSecret(w.key)
      naming.set('org', { epoch: 'second' })
      await other.prepare()
      expect(await heard()).toEqual([])
      await w.appgrant.prepare()
      expect(await heard()).toEqual([
        expect.stringContaining(`directory names no epoch for the owner of the app ${w.key}`),
      ])
    })

    it('compares the rest if the directory is down (ACC-7)', async () => {
      const heard = listening()
      const w = await createSessionFixture(open)
      w.tree.setDown(true)
      await w.appgrant.prepare()
      expect(await heard()).toEqual([])
    })

    it('warns of each option that differs from that of the node that was prepared last, and of nothing else', async () => {
      const heard = listening()
      const w = await createSessionFixture(open)
      const same = w.node()
      for (const node of [w.appgrant, same, w.appgrant]) await node.prepare()
      expect(await heard()).toEqual([])
      const other = w.node({
        tokenPrefix: 'zz',
        resources: ['https://api.example'],
        lifetimes: { refreshGraceSeconds: 5 },
      })
      await other.prepare()
      const told = await heard()
      for (const text of [
        'tokenPrefix is "zz" here and "ag" on another node',
        'resources is ["https://api.example"] here and not set on another node',
        'See https://github.com/appgrant/appgrant/blob/main/docs/changing-options.md',
        'refreshGraceSeconds is 5 here',
      ])
        expect(told.join()).toContain(text)
      expect(told).toHaveLength(3)
      await other.prepare()
      expect(await heard()).toEqual([])
      const binding = w.node({
        tokenPrefix: 'zz',
        resources: ['https://api.example'],
        dpop: {},
        lifetimes: { refreshGraceSeconds: 5 },
      })
      await binding.prepare()
      expect((await heard()).join()).toContain('dpop is true here and not set on another node')
      const signed = w.node({ signing: SIGNING })
      await signed.prepare()
      const text = (await heard()).join()
      expect(text).toContain('signing is [')
      expect(text).not.toContain('"d"')
    })
  })
}
