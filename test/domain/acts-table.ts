import { describe, expect, it } from 'vitest'
import type { DenialReason, ErrorCode, Store } from '../../src/index.ts'
import { codeOf } from '../base/code-of.ts'
import { createWorld, type World } from './world.ts'

/**
 * The table of acts (SEMANTICS E), as far as apps and trusted tokens go, to be run on any store. Each row says what the act
 * leaves of a trusted app that has two secrets and three tokens.
 */

/** A world with that app. */
export interface Scene extends World {
  readonly key: string
  readonly secrets: { readonly first: string; readonly second: string }
  /** The ids of the secrets. */
  readonly secretIds: { readonly first: string; readonly second: string }
  readonly tokens: readonly { readonly text: string; readonly id: string }[]
  /** The secret that a regeneration gave. */
  newest?: string
}

/** What an app holds: what each of its tokens and secrets answers now. */
export interface Holding {
  readonly tokens: readonly (DenialReason | 'ok')[]
  /** How many live tokens are listed and counted: the same. `gone` where there is no app to ask for. */
  readonly listed: number | 'gone'
  /** What a grant answers to each secret; `newest` where there is one. */
  readonly first: ErrorCode | 'ok'
  readonly second: ErrorCode | 'ok'
  readonly newest?: ErrorCode | 'ok'
}

/** A row of the table. */
export interface ActRow {
  readonly act: string
  /** What goes before it. */
  readonly given?: (scene: Scene) => Promise<unknown>
  readonly run: (scene: Scene) => Promise<unknown>
  /** What the app holds afterwards, where it differs from {@link UNTOUCHED}. */
  readonly leaves: Partial<Holding>
  /** The scope that the first token has left, if that changes. */
  readonly scope?: readonly string[]
  readonly undo?: { readonly run: (scene: Scene) => Promise<unknown>; readonly leaves: Partial<Holding> }
  /** Not an act of ours but a change in the host: nothing is written. */
  readonly isOfHost?: true
  /** Why it is not repeated as it is (REV-6). */
  readonly repeat?: 'refused'
}

const UNTOUCHED: Holding = { tokens: ['ok', 'ok', 'ok'], listed: 3, first: 'ok', second: 'ok' }

const all = (reason: DenialReason) => [reason, reason, reason]
const refusedWith = (code: ErrorCode) => ({ first: code, second: code })
const GONE = refusedWith('app_authentication_failed')
const ofOrg = ({ key }: Scene) => ({ app: key, account: 'org' })
const blocked = { tokens: all('account_blocked'), ...refusedWith('account_blocked') }
const notPermitted = { tokens: all('not_permitted'), ...refusedWith('not_permitted') }

/** Every row about apps and trusted tokens, in the order of the table. */
export const ACTS: readonly ActRow[] = [
  {
    act: 'token removed',
    run: (scene) => scene.grants.tokens.remove({ ...ofOrg(scene), ids: [scene.tokens[0]?.id ?? ''] }),
    leaves: { tokens: ['revoked', 'ok', 'ok'], listed: 2 },
  },
  {
    act: 'token revoked by its own app',
    run: ({ grants, key, secrets, tokens }) =>
      grants.authorizer.revokeToken({ key, secret: secrets.second, token: tokens[0]?.text ?? '' }),
    leaves: { tokens: ['revoked', 'ok', 'ok'], listed: 2 },
  },
  {
    act: 'all tokens of (app, account) removed',
    run: (scene) => scene.grants.tokens.removeAll(ofOrg(scene)),
    leaves: { tokens: all('revoked'), listed: 0 },
  },
  {
    act: 'app suspended',
    run: ({ grants, key }) => grants.apps.suspend(key),
    leaves: { tokens: all('app_suspended'), ...refusedWith('app_suspended') },
    undo: { run: ({ grants, key }) => grants.apps.resume(key), leaves: {} },
  },
  {
    act: 'app resumed',
    given: ({ grants, key }) => grants.apps.suspend(key),
    run: ({ grants, key }) => grants.apps.resume(key),
    leaves: {},
  },
  {
    act: 'secret regenerated, overlap included',
    run: async (scene) => {
      scene.newest = (await scene.grants.apps.regenerateSecret(scene.key)).secret
    },
    leaves: { tokens: all('revoked'), listed: 0, ...GONE, newest: 'ok' },
  },
  {
    act: 'secret added',
    given: ({ grants, key, secretIds }) => grants.apps.removeSecret({ app: key, secretId: secretIds.first }),
    run: async (scene) => {
      scene.newest = (await scene.grants.apps.addSecret(scene.key)).secret
    },
    leaves: { first: 'app_authentication_failed', newest: 'ok' },
    repeat: 'refused',
  },
  {
    act: 'old secret removed',
    run: ({ grants, key, secretIds }) => grants.apps.removeSecret({ app: key, secretId: secretIds.first }),
    leaves: { first: 'app_authentication_failed' },
  },
  {
    act: 'all tokens of the app revoked',
    run: ({ grants, key }) => grants.apps.revokeTokens(key),
    leaves: { tokens: all('revoked'), listed: 0 },
  },
  {
    act: 'trusted switched off',
    run: ({ grants, key }) => grants.apps.setTrusted(key, false),
    leaves: { tokens: all('revoked'), listed: 0, ...refusedWith('app_not_trusted') },
    undo: {
      run: ({ grants, key }) => grants.apps.setTrusted(key, true),
      leaves: { tokens: all('revoked'), listed: 0 },
    },
  },
  {
    act: 'redirect URL removed',
    run: ({ grants, key }) => grants.apps.update(key, { redirectUrls: [] }),
    leaves: {},
  },
  {
    act: 'app unpublished',
    given: ({ grants, key }) => grants.apps.setPublished(key, true),
    run: ({ grants, key }) => grants.apps.setPublished(key, false),
    leaves: {},
  },
  {
    act: 'registered scopes reduced (S49)',
    run: ({ grants, key }) => grants.apps.update(key, { scopes: ['read'] }),
    leaves: {},
    scope: ['read'],
  },
  {
    act: 'app removed',
    run: ({ grants, key }) => grants.apps.remove(key),
    leaves: { tokens: all('app_removed'), listed: 'gone', ...GONE },
  },
  {
    act: 'owner blocked',
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { active: false }),
    leaves: blocked,
    undo: { run: async ({ tree }) => tree.set('org', { active: true }), leaves: {} },
  },
  {
    act: 'account above the owner blocked',
    isOfHost: true,
    run: async ({ tree }) => tree.set('root', { active: false }),
    leaves: blocked,
    undo: { run: async ({ tree }) => tree.set('root', { active: true }), leaves: {} },
  },
  {
    act: 'owner gone',
    isOfHost: true,
    run: async ({ tree }) => tree.setGone('org', true),
    leaves: blocked,
    undo: { run: async ({ tree }) => tree.setGone('org', false), leaves: {} },
  },
  {
    act: 'permission of the owner off',
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { mayUseApps: false }),
    leaves: notPermitted,
    undo: { run: async ({ tree }) => tree.set('org', { mayUseApps: true }), leaves: {} },
  },
  {
    act: 'one app blocked by an account above',
    isOfHost: true,
    run: async ({ tree, key }) => tree.set('provider', { mayUseApps: (app) => app.key !== key }),
    leaves: notPermitted,
    undo: { run: async ({ tree }) => tree.set('provider', { mayUseApps: true }), leaves: {} },
  },
  {
    act: "owner's epoch changed",
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { epoch: 'second' }),
    leaves: { tokens: all('revoked'), ...refusedWith('account_blocked') },
    undo: {
      run: async (scene) => {
        scene.newest = (await scene.grants.as('provider').apps.regenerateSecret(scene.key)).secret
      },
      leaves: { tokens: all('revoked'), listed: 0, ...GONE, newest: 'ok' },
    },
  },
]

/** Defines the tests of every row on the stores that `open` gives. */
export function testActs(open: () => Promise<Store>): void {
  for (const row of ACTS) {
    describe(row.act, () => {
      it('leaves what the table says (E, REV-3)', async () => {
        const scene = await setScene(row, open)
        await row.run(scene)
        await expectHolding(scene, row.leaves)
        const first = await scene.grants.authorizer.verify(scene.tokens[0]?.text ?? '')
        if (first.ok) expect(first.scope).toEqual(row.scope ?? ['read', 'write'])
      })

      it(`is ${row.isOfHost ? 'no write at all' : 'one write, and nothing else changes the store'} (REV-1, REV-2)`, async () => {
        const scene = await setScene(row, open)
        const before = { writes: scene.observed.writes(), written: scene.observed.written.length }
        await row.run(scene)
        expect(scene.observed.writes() - before.writes).toBe(row.isOfHost ? 0 : 1)
        expect(scene.observed.written.length - before.written).toBe(row.isOfHost ? 0 : 1)
      })

      it('holds for tokens made before only: what is made afterwards goes by what is valid then (TOK-4, REV-4)', async () => {
        const scene = await setScene(row, open)
        await row.run(scene)
        for (const secret of [scene.secrets.first, scene.secrets.second, scene.newest]) {
          if (secret === undefined || (await codeOf(grant(scene, secret))) !== 'ok') continue
          const { accessToken } = await grant(scene, secret)
          expect(await scene.grants.authorizer.verify(accessToken)).toMatchObject({ ok: true, kind: 'app' })
        }
      })

      if (!row.isOfHost) testFailures(row, open)
      const { undo } = row
      if (!undo) return

      it('can be undone', async () => {
        const scene = await setScene(row, open)
        await row.run(scene)
        await undo.run(scene)
        await expectHolding(scene, undo.leaves)
      })

      it('lets tokens age meanwhile', async () => {
        const scene = await setScene(row, open)
        await row.run(scene)
        scene.clock.advance(3_600_000)
        await undo.run(scene)
        await expectHolding(scene, { ...undo.leaves, tokens: all('expired'), listed: 0 })
      })
    })
  }
}

function testFailures(row: ActRow, open: () => Promise<Store>): void {
  const method = 'replace'

  it('sent twice is as sent once (REV-6)', async () => {
    const scene = await setScene(row, open)
    await row.run(scene)
    if (row.repeat === 'refused') expect(await codeOf(row.run(scene))).not.toBe('ok')
    else await row.run(scene)
    await expectHolding(scene, row.leaves)
  })

  it('that the store refuses tells so and changes nothing; the repeat works (S30, REV-7)', async () => {
    const scene = await setScene(row, open)
    const before = await holdingOf(scene)
    scene.store.fail(method, 'before')
    expect(await codeOf(row.run(scene))).toBe('store_unavailable')
    expect(await holdingOf(scene)).toEqual(before)
    await row.run(scene)
    await expectHolding(scene, row.leaves)
  })

  it('whose answer is lost is outcome_unknown, never success; the repeat confirms it (S30, REV-7)', async () => {
    const scene = await setScene(row, open)
    scene.store.fail(method, 'after')
    expect(await codeOf(row.run(scene))).toBe('outcome_unknown')
    // Twice lost is twice unknown: the repeat never says what is not confirmed.
    if (row.repeat !== 'refused') {
      scene.store.fail(method, 'after')
      expect(await codeOf(row.run(scene))).toBe('outcome_unknown')
      await row.run(scene)
      await expectHolding(scene, row.leaves)
    }
  })

  it('that cannot read is store_unavailable and writes nothing (S30)', async () => {
    const scene = await setScene(row, open)
    const writes = scene.observed.writes()
    scene.store.fail('get', 'before')
    expect(await codeOf(row.run(scene))).toBe('store_unavailable')
    expect(scene.observed.writes()).toBe(writes)
  })
}

async function setScene(row: ActRow, open: () => Promise<Store>): Promise<Scene> {
  const world = createWorld(await open())
  const { app, secret: first } = await world.registerTrusted()
  const { secret: second, app: both } = await world.grants.apps.addSecret(app.key)
  const tokens = []
  for (const secret of [first, second, first]) {
    const { accessToken, tokenId } = await world.grants.authorizer.grantTrusted({ key: app.key, secret })
    tokens.push({ text: accessToken, id: tokenId })
  }
  const [firstId = '', secondId = ''] = both.secrets.map(({ id }) => id)
  const secretIds = { first: firstId, second: secondId }
  const scene: Scene = { ...world, key: app.key, secrets: { first, second }, secretIds, tokens }
  await row.given?.(scene)
  return scene
}

function grant({ grants, key }: Scene, secret: string) {
  return grants.authorizer.grantTrusted({ key, secret })
}

async function holdingOf(scene: Scene): Promise<Holding> {
  const { grants, secrets, newest } = scene
  const tokens = await Promise.all(
    scene.tokens.map(async ({ text }) => {
      const answer = await grants.authorizer.verify(text)
      return answer.ok ? ('ok' as const) : answer.reason
    }),
  )
  const listed = await listedOf(scene)
  // Grants come last, for they add tokens; each is taken back.
  const answers = { first: await tryGrant(scene, secrets.first), second: await tryGrant(scene, secrets.second) }
  return { tokens, listed, ...answers, ...(newest !== undefined && { newest: await tryGrant(scene, newest) }) }
}

async function tryGrant(scene: Scene, secret: string): Promise<ErrorCode | 'ok'> {
  const code = await codeOf(grant(scene, secret))
  if (code !== 'ok') return code
  const { tokenId } = await grant(scene, secret)
  const listed = await scene.grants.tokens.list({ ...ofOrg(scene), limit: 1000 })
  expect(listed.items.map(({ id }) => id)).toContain(tokenId)
  const mine = new Set(scene.tokens.map(({ id }) => id))
  const ids = listed.items.map(({ id }) => id).filter((id) => !mine.has(id))
  await scene.grants.tokens.remove({ ...ofOrg(scene), ids })
  return code
}

/** The list and the count say the same, and say it of the tokens of this scene only. */
async function listedOf(scene: Scene): Promise<number | 'gone'> {
  const { tokens } = scene.grants
  const code = await codeOf(tokens.count(ofOrg(scene)))
  if (code === 'app_not_found') return 'gone'
  const { items } = await tokens.list({ ...ofOrg(scene), limit: 1000 })
  expect(await tokens.count(ofOrg(scene))).toBe(items.length)
  return items.length
}

async function expectHolding(scene: Scene, leaves: Partial<Holding>): Promise<void> {
  expect(await holdingOf(scene)).toEqual({ ...UNTOUCHED, ...leaves })
}
