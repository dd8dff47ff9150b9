import { describe, expect, it } from 'vitest'
import type { AppGrant } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { createSessionFixture, type OpenStore, type SessionFixture } from '../support/session-fixture.ts'

/** What another node, or the host, does to a trusted app of `org` that this node remembers. */
interface Change {
  /** What is done to the app before it is remembered. */
  given?(w: SessionFixture, other: AppGrant): Promise<unknown>
  make(w: SessionFixture, other: AppGrant): unknown
  /** What the next grants by the secret that the app was registered with come to. */
  readonly granted: string
}

const CHANGES: Readonly<Record<string, Change>> = {
  nothing: { make: () => {}, granted: 'ok' },
  'a new name': { make: ({ key }, { apps }) => apps.update(key, { name: 'Renamed' }), granted: 'ok' },
  'fewer scopes': { make: ({ key }, { apps }) => apps.update(key, { scopes: ['read'] }), granted: 'ok' },
  'a suspension': { make: ({ key }, { apps }) => apps.suspend(key), granted: 'app_suspended' },
  'a resumption': {
    given: ({ key }, { apps }) => apps.suspend(key),
    make: ({ key }, { apps }) => apps.resume(key),
    granted: 'ok',
  },
  'trust taken away': { make: ({ key }, { apps }) => apps.setTrusted(key, false), granted: 'app_not_trusted' },
  'trust given back': {
    given: ({ key }, { apps }) => apps.setTrusted(key, false),
    make: ({ key }, { apps }) => apps.setTrusted(key, true),
    granted: 'ok',
  },
  'another secret': {
    make: ({ key }, { apps }) => apps.regenerateSecret(key),
    granted: 'app_authentication_failed',
  },
  'a second secret': { make: ({ key }, { apps }) => apps.addSecret(key), granted: 'ok' },
  'the first secret removed': {
    given: ({ key }, { apps }) => apps.addSecret(key),
    async make({ key }, { apps }) {
      const [first] = (await apps.get(key))?.secrets ?? []
      await apps.removeSecret({ app: key, secretId: first?.id ?? '' })
    },
    granted: 'app_authentication_failed',
  },
  'all tokens revoked': { make: ({ key }, { apps }) => apps.revokeTokens(key), granted: 'ok' },
  'all tokens of the owner removed': {
    make: ({ key }, { tokens }) => tokens.removeAll({ app: key, account: 'org' }),
    granted: 'ok',
  },
  removal: { make: ({ key }, { apps }) => apps.remove(key), granted: 'app_authentication_failed' },
  'a blocked owner': { make: ({ tree }) => tree.set('org', { active: false }), granted: 'account_blocked' },
  'an owner who may not use apps': {
    make: ({ tree }) => tree.set('provider', { mayUseApps: false }),
    granted: 'not_permitted',
  },
  'an owner of another epoch': { make: ({ tree }) => tree.set('org', { epoch: 'other' }), granted: 'account_blocked' },
  'a directory that is down': { make: ({ tree }) => tree.setDown(true), granted: 'directory_unavailable' },
}

/** An app that a node remembers is judged as it is stored, and its token is issued in as few round trips as the store allows. */
export function testRememberedApps(open: OpenStore): void {
  describe('a trusted app that a node remembers', () => {
    for (const [name, { given, make, granted }] of Object.entries(CHANGES))
      it(`gets after ${name} what it gets on a node that never read it: ${granted} (REV-3, REV-4)`, async () => {
        const w = await createSessionFixture(open, { app: { trusted: true } })
        const { key, secret, tree, observed } = w
        const [cold, other] = [w.node(), w.node()]
        const grant = ({ authorizer }: AppGrant) => authorizer.clientCredentials({ key, secret })
        await given?.(w, other)
        await codeOf(grant(w.appgrant))
        await make(w, other)
        const written = observed.written.length
        expect(await codeOf(grant(w.appgrant))).toBe(granted)
        const asked = tree.questions
        for (const node of [cold, w.appgrant]) expect(await codeOf(grant(node))).toBe(granted)
        // Once for each (ACC-1), unless the app is refused by itself.
        const isAsked = granted !== 'app_authentication_failed' && granted !== 'app_suspended'
        expect(tree.questions - asked).toBe(isAsked ? 2 : 0)
        expect(observed.written.length - written).toBe(granted === 'ok' ? 2 : 0)
        if (granted !== 'ok') return
        const { accessToken, scope } = await grant(w.appgrant)
        expect(scope).toEqual((await grant(cold)).scope)
        expect(await w.verify(accessToken, other)).toBe('ok')
      })

    it('costs one round trip if the store inserts under a condition, else the read before it too', async () => {
      const w = await createSessionFixture(open, { app: { trusted: true } })
      const { key, secret, observed, inner } = w
      const grant = () => w.appgrant.authorizer.clientCredentials({ key, secret })
      const callsOf = async (call: () => Promise<unknown>) => {
        const { get, insert } = observed.calls
        await call()
        return { get: observed.calls.get - get, insert: observed.calls.insert - insert }
      }
      expect(await callsOf(grant)).toEqual({ get: 1, insert: 1 })
      const warm = { get: inner.conditionalInserts ? 0 : 1, insert: 1 }
      expect(await callsOf(grant)).toEqual(warm)
      await w.node().apps.update(key, { name: 'Renamed' })
      await grant()
      expect(await callsOf(grant)).toEqual(warm)
    })
  })
}
