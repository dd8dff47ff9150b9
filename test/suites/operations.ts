import { readFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type AppGrant,
  type AppGrantOptions,
  createAppGrant,
  type ErrorCode,
  type Store,
  type VerifyFailureReason,
} from '../../src/index.ts'
import { type AppSigner, appSigner } from '../support/app-signer.ts'
import { codeOf } from '../support/code-of.ts'
import { DEVICES, devicesOf } from '../support/devices.ts'
import { createFixture, type Fixture } from '../support/fixture.ts'
import { THEIR_REFRESH_TOKEN, theirInstall } from '../support/imported-refresh.ts'
import { SELF_REGISTRATION } from '../support/self-registration.ts'
import { ISSUER, OTHER_REDIRECT, REDIRECT } from '../support/session-fixture.ts'
import { SIGNING } from '../support/signing.ts'
import {
  authorised,
  connect,
  DEAD_USER,
  expectFreshWorks,
  type Proof,
  reuse,
  rotate,
  UNKNOWN_APP,
  UNTOUCHED_USER,
  type UserHolding,
  type UserScene,
  userHoldingOf,
} from '../support/user-holding.ts'

/**
 * The table of operations, for any store. Each row says what the operation leaves of a trusted app with two secrets, or two
 * keys, and three app-only tokens, and of what the app holds for an account below its owner: a session with a token,
 * codes, requests that were pushed, and devices.
 */

/** A fixture with that app. */
export interface Scene extends UserScene {
  /** By each of the two secrets or keys. */
  readonly proofs: { readonly first: Proof; readonly second: Proof }
  /** The ids of the secrets. */
  readonly secretIds: { readonly first: string; readonly second: string }
  readonly tokens: readonly { readonly text: string; readonly id: string }[]
  /** What an operation put in place of those. */
  newest?: Proof
  /** The refresh token of another session of the account, which it began with on another server. */
  imported: string
}

/** What an app holds: the result that each of its tokens and secrets gives now. */
export interface Holding {
  readonly tokens: readonly (VerifyFailureReason | 'ok')[]
  /** How many live tokens are both listed and counted. `gone` if there is no app to ask for. */
  readonly listed: number | 'gone'
  /** The result of a grant with each secret or key; `newest` if there is one. */
  readonly first: ErrorCode | 'ok'
  readonly second: ErrorCode | 'ok'
  readonly newest?: ErrorCode | 'ok'
  /** The result of a refresh with the refresh token that was imported for the account. If a row does not say, that of `user.refresh`. */
  readonly imported: ErrorCode | 'ok'
  readonly user: UserHolding
}

/** What differs from {@link UNTOUCHED}. */
export type Leaves = Partial<Omit<Holding, 'user'>> & { readonly user?: Partial<UserHolding> }

/** A row of the table. */
export interface OperationRow {
  readonly operation: string
  /** The app has two keys instead of two secrets. */
  readonly hasKeys?: true
  /** The redirect URL of its users. Default is https. */
  readonly redirect?: string
  /** What is done first. */
  readonly given?: (scene: Scene) => Promise<unknown>
  readonly run: (scene: Scene) => Promise<unknown>
  /** What the app holds afterwards, if it differs from {@link UNTOUCHED}. */
  readonly leaves: Leaves
  /** The scope that the first token has left, if that changes. */
  readonly scope?: readonly string[]
  readonly undo?: { readonly run: (scene: Scene) => Promise<unknown>; readonly leaves: Leaves }
  /** Not an operation of the library but a change in the host: nothing is written. */
  readonly isOfHost?: true
  /** How many revoked tokens it removes from the list afterwards; a crash may leave them there until they expire. */
  readonly tidies?: number
  /** Why it cannot be repeated (REV-6). */
  readonly repeat?: 'refused'
}

const UNTOUCHED: Holding = {
  tokens: ['ok', 'ok', 'ok'],
  listed: 3,
  first: 'ok',
  second: 'ok',
  imported: 'ok',
  user: UNTOUCHED_USER,
}

const all = (reason: VerifyFailureReason) => [reason, reason, reason]
const refusedWith = (code: ErrorCode) => ({ first: code, second: code })
const GONE = refusedWith('app_authentication_failed')
/** Every credential is replaced and everything the app holds is revoked. */
const RENEWED: Leaves = { tokens: all('revoked'), listed: 0, ...GONE, newest: 'ok', user: DEAD_USER }
const ofOrg = ({ key }: Scene) => ({ app: key, account: 'org' })
const ofUser = ({ key }: Scene) => ({ app: key, account: 'user' })
type Waiting = 'account_blocked' | 'not_permitted' | 'app_suspended'
/** Unusable, but not revoked. A refusal of the account is returned to the app; `ask` is what is shown on a page instead. */
const waiting = (code: Waiting, ask: UserHolding['ask'] = 'access_denied') =>
  ({
    access: code,
    refresh: code,
    code,
    ask,
    pushed: ask,
    device: code,
    askedDevice: [code, 'authorization_pending'],
    newDevice: code,
  }) as const
/** The same because of the app or its owner: then it can request nothing either. */
const appWaiting = (code: Waiting) => ({ ...waiting(code, code), push: code }) as const
const blocked = {
  tokens: all('account_blocked'),
  ...refusedWith('account_blocked'),
  user: appWaiting('account_blocked'),
}
const notPermitted = {
  tokens: all('not_permitted'),
  ...refusedWith('not_permitted'),
  user: appWaiting('not_permitted'),
}
const BAD_REDIRECT = {
  code: 'invalid_code',
  ask: 'invalid_redirect',
  pushed: 'invalid_redirect',
  push: 'invalid_redirect',
} as const
const asBefore = async (scene: Scene) => {
  scene.appgrant = scene.node()
}

/** Every row, in the order of the table: first those about apps and their owners, then those about accounts and sessions. */
export const OPERATIONS: readonly OperationRow[] = [
  {
    operation: 'token removed',
    run: (scene) => scene.appgrant.tokens.remove({ ...ofOrg(scene), ids: [scene.tokens[0]?.id ?? ''] }),
    leaves: { tokens: ['revoked', 'ok', 'ok'], listed: 2 },
  },
  {
    operation: 'token revoked by its own app',
    run: async ({ appgrant, proofs, tokens }) =>
      appgrant.authorizer.revokeToken({ ...(await proofs.second()), token: tokens[0]?.text ?? '' }),
    leaves: { tokens: ['revoked', 'ok', 'ok'], listed: 2 },
  },
  {
    operation: 'all tokens of (app, account) removed',
    run: (scene) => scene.appgrant.tokens.removeAll(ofOrg(scene)),
    leaves: { tokens: all('revoked'), listed: 0 },
  },
  {
    operation: 'app suspended',
    run: ({ appgrant, key }) => appgrant.apps.suspend(key),
    leaves: {
      tokens: all('app_suspended'),
      ...refusedWith('app_suspended'),
      user: { ...appWaiting('app_suspended'), askedDevice: ['app_suspended', 'app_suspended'] },
    },
    undo: { run: ({ appgrant, key }) => appgrant.apps.resume(key), leaves: {} },
  },
  {
    operation: 'app resumed',
    given: ({ appgrant, key }) => appgrant.apps.suspend(key),
    run: ({ appgrant, key }) => appgrant.apps.resume(key),
    leaves: {},
  },
  {
    operation: 'secret regenerated, overlap included',
    run: regenerate,
    leaves: RENEWED,
  },
  {
    operation: 'secret regenerated in the place of keys',
    hasKeys: true,
    run: regenerate,
    leaves: RENEWED,
  },
  {
    operation: 'app keys replaced',
    hasKeys: true,
    run: replaceJwks,
    leaves: RENEWED,
  },
  {
    operation: 'secrets replaced by app keys',
    run: replaceJwks,
    leaves: RENEWED,
  },
  {
    operation: 'secret added',
    given: ({ appgrant, key, secretIds }) => appgrant.apps.removeSecret({ app: key, secretId: secretIds.first }),
    run: async (scene) => {
      const { secret } = await scene.appgrant.apps.addSecret(scene.key)
      scene.newest = secretProof(scene.key, secret)
    },
    leaves: { first: 'app_authentication_failed', newest: 'ok' },
    repeat: 'refused',
  },
  {
    operation: 'old secret removed',
    run: ({ appgrant, key, secretIds }) => appgrant.apps.removeSecret({ app: key, secretId: secretIds.first }),
    leaves: { first: 'app_authentication_failed' },
  },
  {
    operation: 'all tokens of the app revoked',
    run: ({ appgrant, key }) => appgrant.apps.revokeTokens(key),
    leaves: { tokens: all('revoked'), listed: 0, user: DEAD_USER },
  },
  {
    operation: 'trusted switched off',
    run: ({ appgrant, key }) => appgrant.apps.setTrusted(key, false),
    leaves: { tokens: all('revoked'), listed: 0, ...refusedWith('app_not_trusted') },
    undo: {
      run: ({ appgrant, key }) => appgrant.apps.setTrusted(key, true),
      leaves: { tokens: all('revoked'), listed: 0 },
    },
  },
  {
    operation: 'redirect URL removed',
    run: ({ appgrant, key }) => appgrant.apps.update(key, { redirectUrls: [OTHER_REDIRECT] }),
    leaves: { user: BAD_REDIRECT },
    undo: {
      run: ({ appgrant, key }) => appgrant.apps.update(key, { redirectUrls: [REDIRECT, OTHER_REDIRECT] }),
      leaves: { user: { code: 'invalid_code' } },
    },
  },
  {
    operation: 'redirect URLs on loopback addresses no longer allowed',
    redirect: 'http://127.0.0.1:8080/callback',
    run: async (scene) => {
      scene.appgrant = scene.node({ redirects: {} })
    },
    leaves: { user: BAD_REDIRECT },
    undo: { run: asBefore, leaves: {} },
    isOfHost: true,
  },
  {
    operation: 'app unpublished',
    given: ({ appgrant, key, tree }) => {
      tree.set('org', { tenant: 'a' })
      tree.set('user', { tenant: 'b' })
      return appgrant.apps.setPublished(key, true)
    },
    run: ({ appgrant, key }) => appgrant.apps.setPublished(key, false),
    leaves: { user: waiting('not_permitted', 'not_permitted') },
    undo: { run: ({ appgrant, key }) => appgrant.apps.setPublished(key, true), leaves: {} },
  },
  {
    operation: 'app made the server of a resource',
    run: ({ appgrant, key }) => appgrant.apps.setResourceServer(key, ISSUER),
    leaves: {},
    undo: { run: ({ appgrant, key }) => appgrant.apps.setResourceServer(key, undefined), leaves: {} },
  },
  {
    operation: 'lifetimes of the app shortened',
    run: ({ appgrant, key }) => appgrant.apps.setLifetimes(key, { accessTokenSeconds: 60, refreshIdleSeconds: 60 }),
    leaves: {},
  },
  {
    operation: 'registered scopes reduced',
    run: ({ appgrant, key }) => appgrant.apps.update(key, { scopes: ['read'] }),
    leaves: {},
    scope: ['read'],
  },
  {
    operation: 'scope removed from the catalogue',
    run: async (scene) => {
      scene.appgrant = scene.node({ scopes: { read: 'Read your data' } })
    },
    leaves: {},
    scope: ['read'],
    undo: { run: asBefore, leaves: {} },
    isOfHost: true,
  },
  {
    operation: 'device grant no longer allowed to the app',
    run: async (scene) => {
      scene.appgrant = scene.node({ deviceGrant: { apps: () => false } })
    },
    leaves: {
      user: { device: 'not_permitted', askedDevice: ['not_permitted', 'not_permitted'], newDevice: 'not_permitted' },
    },
    undo: { run: asBefore, leaves: {} },
    isOfHost: true,
  },
  {
    operation: 'authorization requests must be pushed',
    run: async (scene) => {
      scene.appgrant = scene.node({ pushedRequests: 'required' })
    },
    leaves: { user: { ask: 'invalid_request' } },
    undo: { run: asBefore, leaves: {} },
    isOfHost: true,
  },
  {
    operation: 'key removed from the key ring',
    run: async (scene) => {
      scene.appgrant = scene.node({ keyRing: ['another key of the ring, that only the tests have'] })
    },
    leaves: {
      user: { pushed: 'invalid_request', device: 'invalid_device_code', askedDevice: ['ok', 'invalid_device_code'] },
    },
    undo: { run: asBefore, leaves: {} },
    isOfHost: true,
  },
  {
    operation: 'scopes no longer permitted to the owner',
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { mayRegisterScopes: [] }),
    leaves: {},
  },
  {
    operation: 'app removed',
    run: ({ appgrant, key }) => appgrant.apps.remove(key),
    leaves: {
      tokens: all('app_removed'),
      listed: 'gone',
      ...GONE,
      user: {
        ...UNKNOWN_APP,
        access: 'app_removed',
        askedDevice: ['invalid_ticket', 'app_authentication_failed'],
        installed: false,
        listed: 'gone',
      },
    },
  },
  {
    operation: 'owner blocked',
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { active: false }),
    leaves: blocked,
    undo: { run: async ({ tree }) => tree.set('org', { active: true }), leaves: {} },
  },
  {
    operation: 'account above the owner blocked',
    isOfHost: true,
    run: async ({ tree }) => tree.set('root', { active: false }),
    leaves: blocked,
    undo: { run: async ({ tree }) => tree.set('root', { active: true }), leaves: {} },
  },
  {
    operation: 'owner gone',
    isOfHost: true,
    run: async ({ tree }) => tree.setGone('org', true),
    leaves: blocked,
    undo: { run: async ({ tree }) => tree.setGone('org', false), leaves: {} },
  },
  {
    operation: 'permission of the owner off',
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { mayUseApps: false }),
    leaves: notPermitted,
    undo: { run: async ({ tree }) => tree.set('org', { mayUseApps: true }), leaves: {} },
  },
  {
    operation: 'one app blocked by an account above',
    isOfHost: true,
    run: async ({ tree, key }) => tree.set('provider', { mayUseApps: (app) => app.key !== key }),
    leaves: notPermitted,
    undo: { run: async ({ tree }) => tree.set('provider', { mayUseApps: true }), leaves: {} },
  },
  {
    operation: "owner's epoch changed",
    isOfHost: true,
    run: async ({ tree }) => tree.set('org', { epoch: 'second' }),
    leaves: {
      tokens: all('revoked'),
      ...refusedWith('account_blocked'),
      user: { ...appWaiting('account_blocked'), access: 'revoked' },
    },
    undo: {
      run: async (scene) => {
        const { secret } = await scene.appgrant.as('provider').apps.regenerateSecret(scene.key)
        scene.newest = secretProof(scene.key, secret)
      },
      leaves: RENEWED,
    },
  },
  {
    operation: 'token of the account removed',
    run: (scene) => scene.appgrant.tokens.remove({ ...ofUser(scene), ids: [scene.user.tokenId] }),
    leaves: { user: { access: 'revoked', listed: 0 } },
  },
  {
    operation: 'token of the account revoked by the app',
    run: async (scene) =>
      scene.appgrant.authorizer.revokeToken({ ...(await scene.currentProof()), token: scene.user.access }),
    leaves: { user: { access: 'revoked', listed: 0 } },
  },
  {
    operation: 'all tokens of (app, account) removed, the account being another than the owner',
    run: (scene) => scene.appgrant.tokens.removeAll(ofUser(scene)),
    leaves: { user: { access: 'revoked', listed: 0 } },
  },
  {
    operation: 'session ended by the app, which revokes its refresh token',
    run: async (scene) =>
      scene.appgrant.authorizer.revokeToken({ ...(await scene.currentProof()), token: scene.user.refresh }),
    leaves: { imported: 'ok', user: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 } },
    tidies: 1,
  },
  {
    operation: 'session ended by the reuse of a refresh token',
    given: rotate,
    run: (scene) => reuse(scene, 'refresh token'),
    leaves: { imported: 'ok', user: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 } },
    tidies: 1,
  },
  {
    operation: 'session of an imported refresh token ended by the app, which revokes it',
    run: async (scene) =>
      scene.appgrant.authorizer.revokeToken({ ...(await scene.currentProof()), token: scene.imported }),
    leaves: { imported: 'invalid_refresh_token' },
  },
  {
    operation: 'session of an imported refresh token ended by its reuse',
    given: async (scene) => {
      await tryImported(scene)
      scene.imported = THEIR_REFRESH_TOKEN
      scene.clock.advance(31_000)
    },
    run: async (scene) => {
      const presented = { ...(await scene.currentProof()), refreshToken: THEIR_REFRESH_TOKEN }
      await expectReuse(scene.appgrant.authorizer.refresh(presented))
    },
    leaves: { imported: 'invalid_refresh_token' },
  },
  {
    operation: 'session ended by a code redeemed twice',
    run: (scene) => reuse(scene, 'code'),
    leaves: { imported: 'ok', user: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 } },
    tidies: 1,
  },
  {
    operation: 'session of a device ended by a device code used twice',
    given: connect,
    run: (scene) => reuse(scene, 'device code'),
    leaves: { imported: 'ok', user: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 } },
    tidies: 1,
  },
  {
    operation: 'device denied by the account',
    run: ({ appgrant, user }) => devicesOf(appgrant).deny({ ticket: user.askedDevice.ticket, account: 'user' }),
    leaves: { user: { askedDevice: ['invalid_ticket', 'access_denied'] } },
  },
  {
    // The account may approve again what it has been asked about.
    operation: 'app withdrawn from an account',
    run: (scene) => scene.appgrant.installs.withdraw(ofUser(scene)),
    leaves: { user: { ...DEAD_USER, askedDevice: ['ok', 'ok'], installed: false, listed: 'gone' } },
  },
  {
    operation: 'account blocked',
    isOfHost: true,
    run: async ({ tree }) => tree.set('user', { active: false }),
    leaves: { user: waiting('account_blocked') },
    undo: { run: async ({ tree }) => tree.set('user', { active: true }), leaves: {} },
  },
  {
    operation: 'permission of the account off',
    isOfHost: true,
    run: async ({ tree }) => tree.set('user', { mayUseApps: false }),
    leaves: { user: waiting('not_permitted') },
    undo: { run: async ({ tree }) => tree.set('user', { mayUseApps: true }), leaves: {} },
  },
  {
    operation: 'account gone',
    isOfHost: true,
    run: async ({ tree }) => tree.setGone('user', true),
    leaves: { user: waiting('account_blocked') },
    undo: { run: async ({ tree }) => tree.setGone('user', false), leaves: {} },
  },
  {
    operation: 'account moved to another tenant',
    isOfHost: true,
    run: async ({ tree }) => tree.set('user', { tenant: 'other' }),
    leaves: { user: waiting('not_permitted', 'not_permitted') },
    undo: { run: async ({ tree }) => tree.set('user', { tenant: undefined }), leaves: {} },
  },
  {
    operation: "account's epoch changed",
    isOfHost: true,
    run: async ({ tree }) => tree.set('user', { epoch: 'second' }),
    leaves: { user: { ...DEAD_USER, installed: false, listed: 'gone' } },
  },
]

/** Defines the tests of every row on the stores that `open` gives, with tokens of that format: opaque by default. */
export function testOperations(open: () => Promise<Store>, format?: Pick<AppGrantOptions, 'signing'>): void {
  for (const row of OPERATIONS) {
    describe(row.operation, () => {
      const setScene = () => newScene(row, open, format)

      it(`"${row.operation}" leaves exactly what the table of operations says (REV-3, DEV-3)`, async () => {
        const scene = await setScene()
        await row.run(scene)
        await expectHolding(scene, row.leaves)
        const first = await scene.appgrant.authorizer.tryVerify(scene.tokens[0]?.text ?? '')
        const user = await scene.appgrant.authorizer.tryVerify(scene.user.access)
        for (const answer of [first, user]) if (answer.ok) expect(answer.scope).toEqual(row.scope ?? ['read', 'write'])
      })

      it(`"${row.operation}" is ${row.isOfHost ? 'no write at all' : 'one write, and nothing else changes the store'} (REV-1, REV-2)`, async () => {
        const scene = await setScene()
        const before = { writes: scene.observed.writes(), written: scene.observed.written.length }
        await row.run(scene)
        const writes = row.isOfHost ? 0 : 1 + (row.tidies ?? 0)
        expect(scene.observed.writes() - before.writes).toBe(writes)
        expect(scene.observed.written.length - before.written).toBe(writes)
      })

      it(`"${row.operation}" affects only tokens made before; later grants follow the state after it (TOK-4, REV-4)`, async () => {
        const scene = await setScene()
        await row.run(scene)
        for (const proof of [scene.proofs.first, scene.proofs.second, scene.newest]) {
          if (proof === undefined || (await codeOf(grant(scene, proof))) !== 'ok') continue
          const { accessToken } = await grant(scene, proof)
          expect(await scene.appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true, kind: 'app' })
        }
        await expectFreshWorks(scene)
      })

      it(`"${row.operation}" done twice has the same effect as once (REV-6)`, async () => {
        const scene = await setScene()
        await row.run(scene)
        if (row.repeat === 'refused') expect(await codeOf(row.run(scene))).not.toBe('ok')
        else await row.run(scene)
        await expectHolding(scene, row.leaves)
      })

      const { undo } = row
      if (!undo) return

      it(`"${row.operation}" can be undone`, async () => {
        const scene = await setScene()
        await row.run(scene)
        await undo.run(scene)
        await expectHolding(scene, undo.leaves)
      })

      it(`"${row.operation}" lets tokens age until it is undone`, async () => {
        const scene = await setScene()
        await row.run(scene)
        scene.clock.advance(3_600_000)
        await undo.run(scene)
        const { refresh } = { ...UNTOUCHED_USER, ...undo.leaves.user }
        const expired = {
          access: 'expired',
          code: 'invalid_code',
          pushed: 'invalid_request',
          device: 'expired_device_code',
          askedDevice: ['invalid_ticket', 'expired_device_code'],
          listed: 0,
        } as const
        const user = { ...undo.leaves.user, refresh, ...expired }
        await expectHolding(scene, { ...undo.leaves, tokens: all('expired'), listed: 0, user })
      })
    })
  }
}

/** The public methods that are in no row, but in another suite: their subject is not the app of the table. */
const IN_OTHER_SUITES: Readonly<Record<string, string>> = {
  'apps.register': 'first-wins.ts',
  'apps.import': 'importing.ts',
  'authorizer.deny': 'authorization.ts',
  'authorizer.beginRegistration': 'browser-registration.ts',
  'authorizer.approveRegistration': 'browser-registration.ts',
  'authorizer.denyRegistration': 'browser-registration.ts',
  'authorizer.exchangeRegistration': 'browser-registration.ts',
  'authorizer.reportLeak': 'leaks.ts',
  erase: 'erasing.ts',
}
/** Those that take nothing from any app, and give it nothing. */
const WITHOUT_EFFECT: readonly string[] = [
  ...['apps.get', 'apps.list', 'apps.export', 'installs.get', 'installs.listByApp', 'installs.count', 'permissions'],
  ...['authorizer.verify', 'authorizer.authenticateApp', 'authorizer.checkAuthorization', 'revocationFeed.read'],
  ...['selfRegistration.register', 'selfRegistration.hasOrigin', 'claims', 'jwks', 'dpop.nonce', 'events.on'],
  ...['asHost', 'receipt', 'prepare', 'ready', 'close'],
]

/** Defines the test that no public method has been forgotten in the table. */
export function testEveryMethodIsInTheTable(open: () => Promise<Store>): void {
  it('every public method is in the table of operations, or in the suite that is named, or is known to have no effect (REV-3)', async () => {
    const used = new Set<string>()
    for (const row of OPERATIONS) {
      const scene = await newScene(row, open)
      scene.appgrant = recording(scene.appgrant, used)
      await row.run(scene)
      await holdingOf(scene)
      await expectFreshWorks(scene)
      await row.undo?.run(scene)
    }
    for (const [name, file] of Object.entries(IN_OTHER_SUITES)) {
      used.add(name)
      const suite = await readFile(new URL(file, import.meta.url), 'utf8')
      expect(suite, `${name} in ${file}`).toContain(`${name.split('.').at(-1)}(`)
    }
    const node = createAppGrant({
      store: await open(),
      issuer: ISSUER,
      scopes: { read: 'Read your data' },
      ...{ ...DEVICES, pushedRequests: 'accepted', dpop: {}, signing: SIGNING, revocationFeed: true },
      claims: () => ({}),
      selfRegistration: SELF_REGISTRATION,
    })
    const others = methodsOf(node).filter((name) => !used.has(name))
    expect(others.toSorted()).toEqual(WITHOUT_EFFECT.toSorted())
  })
}

type Method = (...given: never[]) => unknown

/** The same node, which notes which of its methods are called. */
function recording<Api extends object>(api: Api, used: Set<string>, of = ''): Api {
  const members = Object.entries(api).map(([name, member]: [string, unknown]) => {
    if (isPart(member)) return [name, recording(member, used, `${name}.`)]
    if (typeof member !== 'function') return [name, member]
    const method: Method = (...given) => {
      used.add(of + name)
      const result: unknown = (member as Method)(...given)
      // `as` and `asHost` have the same methods.
      return of === '' && name.startsWith('as') ? recording(result as object, used) : result
    }
    return [name, method]
  })
  return Object.fromEntries(members)
}

function methodsOf(api: AppGrant): readonly string[] {
  return Object.entries(api).flatMap(([name, member]: [string, unknown]) => {
    if (typeof member === 'function') return [name]
    const parts = isPart(member) ? Object.entries(member) : []
    return parts.flatMap(([part, method]) => (typeof method === 'function' ? [`${name}.${part}`] : []))
  })
}

function isPart(member: unknown): member is object {
  return typeof member === 'object' && member !== null && !Array.isArray(member)
}

/**
 * Defines the tests of every row on stores that fail. The failures are simulated, before a write or after it, so they depend
 * neither on the token format nor on the layout of a store's servers.
 */
export function testFailingOperations(open: () => Promise<Store>): void {
  for (const row of OPERATIONS)
    if (!row.isOfHost) describe(row.operation, () => testFailures(row, () => newScene(row, open)))
}

function testFailures(row: OperationRow, setScene: () => Promise<Scene>): void {
  const method = 'replace'

  it(`"${row.operation}" reports a refused write and changes nothing; the repeat works (S30, REV-7)`, async () => {
    const scene = await setScene()
    const before = await holdingOf(scene)
    scene.store.fail(method, 'before')
    expect(await codeOf(row.run(scene))).toBe('store_unavailable')
    expect(await holdingOf(scene)).toEqual(before)
    await row.run(scene)
    await expectHolding(scene, row.leaves)
  })

  it(`"${row.operation}" is outcome_unknown if the reply is lost, never a success; the repeat confirms it (S30, REV-7)`, async () => {
    const scene = await setScene()
    scene.store.fail(method, 'after')
    expect(await codeOf(row.run(scene))).toBe('outcome_unknown')
    // If the reply is lost twice, the outcome is unknown twice: the repeat never reports what is not confirmed.
    if (row.repeat !== 'refused') {
      scene.store.fail(method, 'after')
      expect(await codeOf(row.run(scene))).toBe('outcome_unknown')
      await row.run(scene)
      const { listed } = row.tidies ? await userHoldingOf(scene) : { ...UNTOUCHED_USER, ...row.leaves.user }
      await expectHolding(scene, { ...row.leaves, user: { ...row.leaves.user, listed } })
    }
  })

  it(`"${row.operation}" is store_unavailable and writes nothing if the store cannot be read (S30)`, async () => {
    const scene = await setScene()
    const writes = scene.observed.writes()
    scene.store.fail('get', 'before')
    expect(await codeOf(row.run(scene))).toBe('store_unavailable')
    expect(scene.observed.writes()).toBe(writes)
  })
}

/** The app of the table before the operation of a row. */
export async function newScene(
  row: OperationRow,
  open: () => Promise<Store>,
  format: Pick<AppGrantOptions, 'signing' | 'revocationFeed'> = {},
): Promise<Scene> {
  const inner = await open()
  onTestFinished(() => inner.close())
  const redirects = { loopback: 'all' } as const
  const options = { issuer: ISSUER, redirects, pushedRequests: 'accepted', ...DEVICES, timeoutMs: 30_000 } as const
  const fixture = createFixture(inner, { ...options, ...format })
  const { redirect = REDIRECT } = row
  const redirectUrls = [redirect, OTHER_REDIRECT]
  const { key, proofs, secretIds } = await (row.hasKeys ? withKeys : withSecrets)(fixture, redirectUrls)
  const { first, second } = proofs
  const tokens = []
  for (const proof of [first, second, first]) {
    const { accessToken, tokenId } = await fixture.appgrant.authorizer.clientCredentials(await proof())
    tokens.push({ text: accessToken, id: tokenId })
  }
  const user = await authorised(fixture, { key, redirect, proof: second })
  await fixture.appgrant.apps.import([theirInstall({ app: key })])
  const currentProof = () => (scene.newest ?? second)()
  const imported = THEIR_REFRESH_TOKEN
  const scene: Scene = { ...fixture, key, redirect, proofs, secretIds, tokens, user, imported, currentProof }
  await row.given?.(scene)
  return scene
}

type Registered = Pick<Scene, 'key' | 'proofs' | 'secretIds'>

async function withSecrets(
  { appgrant, registerTrusted }: Fixture,
  redirectUrls: readonly string[],
): Promise<Registered> {
  const { app, secret: first } = await registerTrusted({ redirectUrls })
  const { key } = app
  const { secret: second, app: both } = await appgrant.apps.addSecret(key)
  const [firstId = '', secondId = ''] = both.secrets.map(({ id }) => id)
  const proofs = { first: secretProof(key, first), second: secretProof(key, second) }
  return { key, proofs, secretIds: { first: firstId, second: secondId } }
}

async function withKeys({ registerKeyed, clock }: Fixture, redirectUrls: readonly string[]): Promise<Registered> {
  const [one, other] = [await appSigner('ES256', { kid: 'one' }), await appSigner('EdDSA', { kid: 'other' })]
  const { app } = await registerKeyed({ redirectUrls, jwks: [one.jwk, other.jwk] })
  const proofOf = (signer: AppSigner, kid: string): Proof => {
    return async () => ({ assertion: await signer.sign(app.key, clock(), { header: { kid } }) })
  }
  return {
    key: app.key,
    proofs: { first: proofOf(one, 'one'), second: proofOf(other, 'other') },
    secretIds: { first: '', second: '' },
  }
}

function secretProof(key: string, secret: string): Proof {
  return async () => ({ key, secret })
}

async function regenerate(scene: Scene): Promise<void> {
  const { secret } = await scene.appgrant.apps.regenerateSecret(scene.key)
  scene.newest = secretProof(scene.key, secret)
}

async function replaceJwks(scene: Scene): Promise<void> {
  const signer = await appSigner()
  await scene.appgrant.apps.replaceJwks(scene.key, [signer.jwk])
  scene.newest = async () => ({ assertion: await signer.sign(scene.key, scene.clock()) })
}

async function grant({ appgrant }: Scene, proof: Proof) {
  return appgrant.authorizer.clientCredentials(await proof())
}

async function holdingOf(scene: Scene): Promise<Holding> {
  const { appgrant, proofs, newest } = scene
  const tokens = await Promise.all(
    scene.tokens.map(async ({ text }) => {
      const answer = await appgrant.authorizer.tryVerify(text)
      return answer.ok ? ('ok' as const) : answer.reason
    }),
  )
  const listed = await listedOf(scene)
  const user = await userHoldingOf(scene)
  const imported = await tryImported(scene)
  // Grants come last because they add tokens; each is removed again.
  const answers = { first: await tryGrant(scene, proofs.first), second: await tryGrant(scene, proofs.second) }
  return {
    tokens,
    listed,
    user,
    imported,
    ...answers,
    ...(newest !== undefined && { newest: await tryGrant(scene, newest) }),
  }
}

/** Each check uses the token, and goes on with its successor. */
async function tryImported(scene: Scene): Promise<ErrorCode | 'ok'> {
  const { appgrant, key } = scene
  const call = appgrant.authorizer.refresh({ ...(await scene.currentProof()), refreshToken: scene.imported })
  const code = await codeOf(call)
  if (code !== 'ok') return code
  const { refreshToken = '', tokenId } = await call
  scene.imported = refreshToken
  await appgrant.tokens.remove({ app: key, account: 'user', ids: [tokenId] })
  return code
}

/** The caller gets a refusal, unless it must see an outage. */
async function expectReuse(call: Promise<unknown>): Promise<void> {
  const code = await codeOf(call)
  if (code === 'store_unavailable' || code === 'outcome_unknown') await call
  expect(code).toBe('invalid_refresh_token')
}

async function tryGrant(scene: Scene, proof: Proof): Promise<ErrorCode | 'ok'> {
  const code = await codeOf(grant(scene, proof))
  if (code !== 'ok') return code
  const { tokenId } = await grant(scene, proof)
  const listed = await scene.appgrant.tokens.list({ ...ofOrg(scene), limit: 1000 })
  expect(listed.items.map(({ id }) => id)).toContain(tokenId)
  const mine = new Set(scene.tokens.map(({ id }) => id))
  const ids = listed.items.map(({ id }) => id).filter((id) => !mine.has(id))
  await scene.appgrant.tokens.remove({ ...ofOrg(scene), ids })
  return code
}

/** The list and the count agree. */
async function listedOf(scene: Scene): Promise<number | 'gone'> {
  const { tokens } = scene.appgrant
  const code = await codeOf(tokens.count(ofOrg(scene)))
  if (code === 'app_not_found') return 'gone'
  const { items } = await tokens.list({ ...ofOrg(scene), limit: 1000 })
  expect(await tokens.count(ofOrg(scene))).toBe(items.length)
  return items.length
}

async function expectHolding(scene: Scene, leaves: Leaves): Promise<void> {
  const user = { ...UNTOUCHED_USER, ...leaves.user }
  expect(await holdingOf(scene)).toEqual({ ...UNTOUCHED, imported: user.refresh, ...leaves, user })
}
