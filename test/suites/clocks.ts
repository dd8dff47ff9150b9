import { describe, expect, it } from 'vitest'
import type { AppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { createSessionFixture, type OpenStore, SECOND, type TokenOptions } from '../support/session-fixture.ts'

const HALF = SECOND / 2
/** All that an app holds expires at the same time. */
const LIFE_SECONDS = 60
const lifetimes = {
  accessTokenSeconds: LIFE_SECONDS,
  refreshIdleSeconds: LIFE_SECONDS,
  refreshAbsoluteSeconds: LIFE_SECONDS,
}

/** What must hold if the clocks of the nodes are half a second apart, on the stores that `open` gives. */
export function testClocks(open: OpenStore, format: TokenOptions = {}): void {
  /** Three nodes whose clocks differ, in the last quarter of a second of everything that was granted. */
  async function lastMoments() {
    const w = await createSessionFixture(open, { options: { lifetimes } }, format)
    const first = await w.start()
    const second = await w.next(first)
    const third = await w.next(second)
    w.clock.advance(LIFE_SECONDS * SECOND - HALF / 2)
    const [behind, ahead] = [-HALF, HALF].map((off) => w.node({ clock: () => w.clock() + off })) as [AppGrant, AppGrant]
    const accepting = async (text: string) => {
      const nodes = { behind, exact: w.appgrant, ahead }
      const found = await Promise.all(
        Object.entries(nodes).map(async ([name, node]) => ((await w.verify(text, node)) === 'ok' ? [name] : [])),
      )
      return found.flat()
    }
    return { w, behind, ahead, first, second, third, accepting }
  }
  type Scene = Awaited<ReturnType<typeof lastMoments>>

  const account = 'user'
  const OPERATIONS: Readonly<Record<string, (scene: Scene, node: AppGrant) => Promise<unknown>>> = {
    'removing the tokens by id': ({ w, first, second, third }, { tokens }) =>
      tokens.remove({ app: w.key, account, ids: [first.id, second.id, third.id] }),
    'removing all tokens': ({ w }, { tokens }) => tokens.removeAll({ app: w.key, account }),
    'revoking the refresh token': ({ w, third }, { authorizer }) =>
      authorizer.revokeToken({ key: w.key, secret: w.secret, token: third.refresh }),
    'revoking the code': ({ w, first }, { authorizer }) =>
      authorizer.revokeToken({ key: w.key, secret: w.secret, token: first.code }),
    'revoking each access token': ({ w, first, second, third }, { authorizer }) =>
      Promise.all(
        [first, second, third].map(({ access }) =>
          authorizer.revokeToken({ key: w.key, secret: w.secret, token: access }),
        ),
      ),
    'withdrawing the install': ({ w }, { installs }) => installs.withdraw({ app: w.key, account }),
    'using a refresh token again': async ({ w, first }, node) =>
      expect(await codeOf(w.refresh(first.refresh, {}, node))).toBe('invalid_refresh_token'),
    'using a code again': async ({ w, first }, node) =>
      expect(await codeOf(w.exchange(first.code, {}, node))).toBe('invalid_code'),
    'revoking all tokens of the app': ({ w }, { apps }) => apps.revokeTokens(w.key),
  }

  describe('clocks half a second apart', () => {
    it('in its last moments a token is accepted by the nodes for which it has not expired (REV-3)', async () => {
      const { accepting, third } = await lastMoments()
      expect(await accepting(third.access)).toEqual(['behind', 'exact'])
    })

    for (const [what, operate] of Object.entries(OPERATIONS)) {
      for (const which of ['behind', 'ahead'] as const) {
        it(`${what} on a node whose clock is ${which} leaves nothing that another node accepts (REV-3)`, async () => {
          const scene = await lastMoments()
          await operate(scene, scene[which])
          for (const { access } of [scene.first, scene.second, scene.third])
            expect(await scene.accepting(access)).toEqual([])
        })
      }
    }

    it('removing or revoking app-only tokens on a node whose clock is ahead leaves nothing that another node accepts (REV-3)', async () => {
      const { w, ahead, accepting } = await lastMoments()
      const { app, secret } = await w.appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
      const credentials = { key: app.key, secret }
      const [one, other] = [
        await w.appgrant.authorizer.clientCredentials(credentials),
        await w.appgrant.authorizer.clientCredentials(credentials),
      ]
      w.clock.advance(LIFE_SECONDS * SECOND - HALF / 2)
      expect(await accepting(one.accessToken)).toEqual(['behind', 'exact'])
      await ahead.tokens.remove({ app: app.key, account: 'org', ids: [one.tokenId] })
      await ahead.authorizer.revokeToken({ ...credentials, token: other.accessToken })
      for (const { accessToken } of [one, other]) expect(await accepting(accessToken)).toEqual([])
    })

    it('a token or refresh of a node whose clock is more than a second ahead is an outage elsewhere, never accepted (REV-3)', async () => {
      const w = await createSessionFixture(open, {}, format)
      const other = await w.appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
      const credentials = { key: other.app.key, secret: other.secret }
      for (const [off, expected] of [
        [SECOND, 'ok'],
        [SECOND + 1, 'clock_skew'],
        [3600 * SECOND, 'clock_skew'],
      ] as const) {
        const first = await w.start()
        const early = w.node({ clock: () => w.clock() + off })
        const outages: string[] = []
        w.appgrant.events.on('outage', ({ code, operation }) => void outages.push(`${code} ${operation}`))
        const { accessToken } = await early.authorizer.clientCredentials(credentials)
        const { refreshToken = '' } = await w.refresh(first.refresh, {}, early)
        expect(await codeOf(w.appgrant.authorizer.verify(accessToken))).toBe(expected)
        expect(await codeOf(w.refresh(first.refresh))).toBe(expected)
        expect(await codeOf(w.refresh(refreshToken))).toBe(expected)
        expect(new Set(outages)).toEqual(new Set(expected === 'ok' ? [] : ['clock_skew verify', 'clock_skew refresh']))
        // Nothing was decided, so the session has not ended.
        expect(await codeOf(w.refresh(refreshToken, {}, early))).toBe('ok')
      }
    })

    it('a session that ends on a node whose clock is ahead leaves no token in the lists of other nodes (TOK-4)', async () => {
      const { w, behind, ahead, third } = await lastMoments()
      await ahead.authorizer.revokeToken({ key: w.key, secret: w.secret, token: third.refresh })
      for (const { tokens } of [behind, w.appgrant]) expect(await tokens.count({ app: w.key, account })).toBe(0)
    })

    it('what has expired by the clock of the node is revoked without an event, because it gave nothing there (ERR-9)', async () => {
      const { w, ahead, first, third } = await lastMoments()
      const seen: string[] = []
      for (const type of ['token', 'install'] as const) ahead.events.on(type, ({ change }) => void seen.push(change))
      await ahead.tokens.remove({ app: w.key, account, ids: [first.id] })
      await ahead.authorizer.revokeToken({ key: w.key, secret: w.secret, token: third.refresh })
      expect(await ahead.installs.withdraw({ app: w.key, account })).toBe(false)
      expect(seen).toEqual([])
    })
  })
}
