import { expect, it } from 'vitest'
import { exampleApp } from '../../src/testing/index.ts'
import { appSigner } from '../support/app-signer.ts'
import { codeOf } from '../support/code-of.ts'
import { createSessionFixture, type OpenStore, type SessionFixture } from '../support/session-fixture.ts'

/** A database that can be restored. */
export interface Restorable {
  /** Opens it, prepared. */
  readonly open: OpenStore
  /** Makes a backup while the database is in use. */
  backUp(): Promise<unknown>
  /** Puts the backup in its place. No node has it open. */
  restore(): Promise<unknown>
}

/** What a restore revives, and what docs/operations.md says to do then. */
export function testRestoring({ open, backUp, restore }: Restorable): void {
  async function world() {
    const w = await createSessionFixture(open)
    const register = async (name: string) => {
      const { app, secret } = await w.appgrant.apps.register(exampleApp({ owner: 'org', trusted: true, name }))
      const { accessToken, tokenId } = await w.appgrant.authorizer.clientCredentials({ key: app.key, secret })
      return { key: app.key, secret, accessToken, tokenId }
    }
    const signer = await appSigner()
    const [suspended, removed, regenerated, revoked] = [
      await register('Suspended'),
      await register('Removed'),
      await register('Regenerated'),
      await register('Revoked'),
    ]
    const keyed = await w.appgrant.apps.register(exampleApp({ owner: 'org', trusted: true, jwks: [signer.jwk] }))
    const [user, withdrawn] = [await w.start(), await w.start({ account: 'org' })]
    const assertion = await signer.sign(keyed.app.key, w.clock())
    const tokens = [suspended, removed, regenerated, revoked].map(({ accessToken }) => accessToken)
    const revokedOnes = { suspended, removed, regenerated, revoked, withdrawn, tokens: [...tokens, withdrawn.access] }
    return { ...w, ...revokedOnes, user, assertion }
  }
  type World = Awaited<ReturnType<typeof world>>

  /** What is done after the backup. */
  async function revokeAll({ suspended, removed, regenerated, revoked, key }: World, { apps, tokens, installs }: Node) {
    await apps.suspend(suspended.key)
    await apps.remove(removed.key)
    const { secret } = await apps.regenerateSecret(regenerated.key)
    await tokens.removeAll({ app: revoked.key, account: 'org' })
    await installs.withdraw({ app: key, account: 'org' })
    return secret
  }
  type Node = SessionFixture['appgrant']
  const said = async (w: World, node: Node, tokens = w.tokens) =>
    await Promise.all(tokens.map((token) => w.verify(token, node)))
  const REFUSED = ['app_suspended', 'app_removed', 'revoked', 'revoked', 'revoked']

  it('a restore revives what was revoked after the backup, until it is revoked again (REV-3)', async () => {
    const w = await world()
    await backUp()
    const newSecret = await revokeAll(w, w.appgrant)
    const later = await w.next(w.user)
    await w.appgrant.authorizer.clientCredentials({ assertion: w.assertion })
    expect(await said(w, w.appgrant)).toEqual(REFUSED)
    await w.inner.close()
    await restore()

    const { time: _, ...store } = await open()
    const node = w.node({ store })
    expect(await said(w, node)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    const proofs = { removed: w.removed, regenerated: w.regenerated }
    for (const { key, secret } of Object.values(proofs))
      expect(await codeOf(node.authorizer.clientCredentials({ key, secret }))).toBe('ok')
    expect(await codeOf(node.authorizer.clientCredentials({ key: w.regenerated.key, secret: newSecret }))).toBe(
      'app_authentication_failed',
    )
    expect(await codeOf(node.authorizer.clientCredentials({ assertion: w.assertion }))).toBe('ok')
    // A refresh token of after the backup ends its session, and so every token of it.
    expect(await codeOf(w.refresh(later.refresh, {}, node))).toBe('invalid_refresh_token')
    expect(await said(w, node, [w.user.access, later.access])).toEqual(['revoked', 'unknown'])

    await revokeAll(w, node)
    expect(await said(w, node)).toEqual(REFUSED)
    await node.close()
  })

  it('without a log of what was done, every app is revoked and regenerated after a restore (REV-3)', async () => {
    const w = await world()
    await backUp()
    await revokeAll(w, w.appgrant)
    await w.inner.close()
    await restore()

    const { time: _, ...store } = await open()
    const node = w.node({ store })
    const { removed, suspended, regenerated, revoked } = w
    const keys = [removed, suspended, regenerated, revoked].map(({ key }) => key)
    for (const key of [...keys, w.key]) await node.apps.revokeTokens(key)
    expect(await said(w, node)).toEqual(['revoked', 'revoked', 'revoked', 'revoked', 'revoked'])
    // It does not suspend or remove again, nor replace a secret.
    for (const { key, secret } of [removed, suspended, regenerated])
      expect(await codeOf(node.authorizer.clientCredentials({ key, secret }))).toBe('ok')
    for (const key of keys) await node.apps.regenerateSecret(key)
    for (const { key, secret } of [removed, suspended, regenerated])
      expect(await codeOf(node.authorizer.clientCredentials({ key, secret }))).toBe('app_authentication_failed')
    await node.close()
  })
}
