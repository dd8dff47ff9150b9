import { describe, expect, it } from 'vitest'
import type { AppGrant, ErrorCode } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { atOnce, createSessionFixture, type OpenStore } from '../support/session-fixture.ts'

const CALLERS = 12
const ONCE = 'form-1f0c6f3e5a8b4d'

/** Calls that only the first of several may win, on the stores that `open` gives. */
export function testFirstWins(open: OpenStore): void {
  /** What that many calls at once come to, every other one on another node. */
  async function race(nodes: readonly AppGrant[], call: (node: AppGrant, caller: number) => Promise<unknown>) {
    const results = await atOnce(CALLERS, (caller) => codeOf(call(nodes[caller % nodes.length] as AppGrant, caller)))
    const codes = results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))
    return { won: codes.filter((code) => code === 'ok').length, others: new Set(codes.filter((code) => code !== 'ok')) }
  }
  const only = (code: ErrorCode) => ({ won: 1, others: new Set([code]) })

  describe('calls that only the first one wins', () => {
    it('of several registrations with the same once exactly one registers an app (APP-7)', async () => {
      const { appgrant, node } = await createSessionFixture(open)
      const keys = new Set<string>()
      const raced = await race([appgrant, node()], async ({ apps }) => {
        const { app, secret } = await apps.register(exampleApp({ owner: 'other-org', once: ONCE }))
        expect(secret).toHaveLength(32)
        keys.add(app.key)
      })
      expect(raced).toEqual(only('already_registered'))
      const { items } = await appgrant.apps.list({ owner: 'other-org' })
      expect(items.map(({ key }) => key)).toEqual([...keys])
      const repeat = appgrant.apps.register(exampleApp({ owner: 'other-org', once: ONCE }))
      expect((await refusalOf(repeat)).details).toEqual({ app: items[0]?.key })
    })

    it('a registration whose outcome is unknown is repeated with its once until it is known (APP-7, REV-7)', async () => {
      const w = await createSessionFixture(open)
      for (const [at, when] of (['before', 'after'] as const).entries()) {
        const input = exampleApp({ owner: 'other-org', once: `${ONCE}-${at}` })
        w.store.fail('insert', when)
        const first = await refusalOf(w.appgrant.apps.register(input))
        expect(first.code).toBe(when === 'after' ? 'outcome_unknown' : 'store_unavailable')
        if (when === 'after') {
          expect(await refusalOf(w.appgrant.apps.register(input))).toMatchObject({
            code: 'already_registered',
            details: first.details,
          })
        } else expect(await codeOf(w.appgrant.apps.register(input))).toBe('ok')
        expect((await w.appgrant.apps.list({ owner: 'other-org' })).items).toHaveLength(at + 1)
      }
    })

    it('of several regenerations that replace the same secret exactly one does, and the secret it gives works (REV-6)', async () => {
      const { appgrant, node, key, secret } = await createSessionFixture(open)
      const [replaced] = (await appgrant.apps.get(key))?.secrets ?? []
      const given: string[] = []
      const raced = await race([appgrant, node()], async ({ apps }) => {
        given.push((await apps.regenerateSecret(key, { replaces: replaced?.id })).secret)
      })
      expect(raced).toEqual(only('secret_not_found'))
      const { authorizer } = appgrant
      expect(await codeOf(authorizer.authenticateApp({ key, secret: given[0] ?? '' }))).toBe('ok')
      expect(await codeOf(authorizer.authenticateApp({ key, secret }))).toBe('app_authentication_failed')
    })

    it('of several updates that expect the same name exactly one changes it (APP-9)', async () => {
      const { appgrant, node, key } = await createSessionFixture(open)
      const names: string[] = []
      const raced = await race([appgrant, node()], async ({ apps }, caller) => {
        const { name } = await apps.update(key, { name: `By ${caller}` }, { expected: { name: 'Example App' } })
        names.push(name)
      })
      expect(raced).toEqual(only('conflict'))
      expect(names).toEqual([(await appgrant.apps.get(key))?.name])
    })
  })
}
