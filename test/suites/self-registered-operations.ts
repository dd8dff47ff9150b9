import { describe, expect, it } from 'vitest'
import type { AppAuthentication } from '../../src/index.ts'
import { DEVICES, devicesOf } from '../support/devices.ts'
import { SELF_REGISTRATION, selfRegistrationFixture } from '../support/self-registration.ts'
import type { OpenStore } from '../support/session-fixture.ts'
import {
  authorised,
  connect,
  DEAD_USER,
  expectFreshWorks,
  reuse,
  rotate,
  UNKNOWN_APP,
  UNTOUCHED_USER,
  type UserHolding,
  type UserScene,
  userHoldingOf,
} from '../support/user-holding.ts'

/**
 * The table of operations for an app that has registered itself: what each operation leaves of what it holds for the account that
 * approved it, which is its owner.
 */

const HTTPS = 'https://agent.example/callback'
const SCOPES = ['read', 'write'] as const
const OPTIONS = { ...SELF_REGISTRATION, scopes: SCOPES, redirects: [HTTPS] } as const
const OTHER_KEY = 'another key of client ids that only the tests have'

type Account = Parameters<UserScene['tree']['set']>[0]
type Scene = UserScene & { readonly clientId: string }

interface Row {
  readonly operation: string
  readonly given?: (scene: Scene) => Promise<unknown>
  readonly run: (scene: Scene) => Promise<unknown>
  /** What differs from an app that nothing was done to. */
  readonly leaves: Partial<UserHolding>
  /** The scope that its token has left, if that changes. */
  readonly scope?: readonly string[]
  readonly undo?: (scene: Scene) => Promise<unknown>
  /** A change in the host: nothing is written. */
  readonly isOfHost?: true
  /** How many revoked tokens it removes from the list afterwards. */
  readonly tidies?: number
}

const owned = ({ appgrant }: Scene) => appgrant.as('user').apps
const ofUser = ({ key }: Scene) => ({ app: key, account: 'user' })
/** A program has nothing to authenticate with, so its requests on the back channel are not refused. */
const every = <Code extends string>(code: Code) =>
  ({
    access: code,
    refresh: code,
    code,
    ask: code,
    pushed: code,
    device: code,
    askedDevice: [code, 'authorization_pending'],
    newDevice: code,
  }) as const

/** Another node takes over, with other options of the host. */
const withOptions =
  (...changed: Parameters<Scene['node']>) =>
  async (scene: Scene) => {
    scene.appgrant = scene.node(...changed)
  }
const asBefore = withOptions()
const changed = (name: Account, facts: Parameters<Scene['tree']['set']>[1]) => async (scene: Scene) =>
  scene.tree.set(name, facts)

const ROWS: readonly Row[] = [
  {
    operation: 'app suspended by the account',
    run: (scene) => owned(scene).suspend(scene.key),
    leaves: every('app_suspended'),
    undo: (scene) => owned(scene).resume(scene.key),
  },
  {
    operation: 'app suspended by the host',
    run: ({ appgrant, key }) => appgrant.apps.suspend(key),
    leaves: every('app_suspended'),
    undo: ({ appgrant, key }) => appgrant.apps.resume(key),
  },
  {
    operation: 'app resumed',
    given: (scene) => owned(scene).suspend(scene.key),
    run: (scene) => owned(scene).resume(scene.key),
    leaves: {},
  },
  {
    // The program may ask for a new app.
    operation: 'app removed',
    run: (scene) => owned(scene).remove(scene.key),
    leaves: { ...DEAD_USER, access: 'app_removed', installed: false, listed: 'gone' },
  },
  {
    operation: 'all tokens of the app revoked',
    run: (scene) => owned(scene).revokeTokens(scene.key),
    leaves: DEAD_USER,
  },
  {
    operation: 'app withdrawn from the account',
    run: (scene) => scene.appgrant.installs.withdraw(ofUser(scene)),
    leaves: { ...DEAD_USER, askedDevice: ['ok', 'ok'], installed: false },
  },
  {
    operation: 'all tokens of (app, account) removed',
    run: (scene) => scene.appgrant.tokens.removeAll(ofUser(scene)),
    leaves: { access: 'revoked', listed: 0 },
  },
  {
    operation: 'token revoked by its own app',
    run: async (scene) =>
      scene.appgrant.authorizer.revokeToken({ ...(await scene.currentProof()), token: scene.user.access }),
    leaves: { access: 'revoked', listed: 0 },
  },
  {
    operation: 'session ended by the app, which revokes its refresh token',
    run: async (scene) =>
      scene.appgrant.authorizer.revokeToken({ ...(await scene.currentProof()), token: scene.user.refresh }),
    leaves: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 },
    tidies: 1,
  },
  {
    operation: 'session ended by the reuse of a refresh token',
    given: rotate,
    run: (scene) => reuse(scene, 'refresh token'),
    leaves: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 },
    tidies: 1,
  },
  {
    operation: 'session ended by a code exchanged twice',
    run: (scene) => reuse(scene, 'code'),
    leaves: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 },
    tidies: 1,
  },
  {
    operation: 'session of a device ended by a device code used twice',
    given: connect,
    run: (scene) => reuse(scene, 'device code'),
    leaves: { access: 'revoked', refresh: 'invalid_refresh_token', listed: 0 },
    tidies: 1,
  },
  {
    operation: 'device denied by the account',
    run: ({ appgrant, user }) => devicesOf(appgrant).deny({ ticket: user.askedDevice.ticket, account: 'user' }),
    leaves: { askedDevice: ['invalid_ticket', 'access_denied'] },
  },
  {
    operation: 'device grant no longer allowed to the app',
    run: withOptions({ deviceGrant: { apps: () => false } }),
    leaves: {
      device: 'not_permitted',
      askedDevice: ['not_permitted', 'authorization_pending'],
      newDevice: 'not_permitted',
    },
    undo: asBefore,
    isOfHost: true,
  },
  {
    operation: 'scope removed from selfRegistration.scopes',
    run: withOptions({ selfRegistration: { ...OPTIONS, scopes: ['read'] } }),
    leaves: {},
    scope: ['read'],
    undo: asBefore,
    isOfHost: true,
  },
  {
    operation: 'scope removed from the catalogue',
    run: withOptions({ scopes: { read: 'Read' }, selfRegistration: { ...OPTIONS, scopes: ['read'] } }),
    leaves: {},
    scope: ['read'],
    undo: asBefore,
    isOfHost: true,
  },
  {
    operation: 'redirect URL removed from selfRegistration.redirects',
    run: withOptions({ selfRegistration: { ...OPTIONS, redirects: 'loopback' } }),
    leaves: {
      code: 'invalid_code',
      ask: 'invalid_redirect',
      pushed: 'invalid_redirect',
      push: 'invalid_redirect',
    },
    undo: asBefore,
    isOfHost: true,
  },
  {
    operation: 'program no longer admitted',
    run: withOptions({ selfRegistration: { ...OPTIONS, admit: () => false } }),
    leaves: { ask: 'not_permitted', pushed: 'not_permitted', newDevice: 'not_permitted' },
    undo: asBefore,
    isOfHost: true,
  },
  {
    operation: 'key of the client id removed from selfRegistration.keys',
    run: withOptions({ selfRegistration: { ...OPTIONS, keys: [OTHER_KEY] } }),
    leaves: { ...UNKNOWN_APP, askedDevice: ['ok', 'app_authentication_failed'] },
    undo: asBefore,
    isOfHost: true,
  },
  ...(['user', 'root'] as const).map(
    (account): Row => ({
      operation: account === 'user' ? 'account blocked' : 'account above blocked',
      run: changed(account, { active: false }),
      leaves: every('account_blocked'),
      undo: changed(account, { active: true }),
      isOfHost: true,
    }),
  ),
  {
    operation: 'account gone',
    run: async ({ tree }) => tree.setGone('user', true),
    leaves: every('account_blocked'),
    undo: async ({ tree }) => tree.setGone('user', false),
    isOfHost: true,
  },
  {
    operation: 'permission of the account off',
    run: changed('user', { mayUseApps: false }),
    leaves: every('not_permitted'),
    undo: changed('user', { mayUseApps: true }),
    isOfHost: true,
  },
  {
    operation: 'program kept out by its hosts by an account above',
    run: changed('provider', {
      mayUseApps: ({ origin }) => !origin?.hosts.includes('agent.example'),
    }),
    leaves: every('not_permitted'),
    undo: changed('provider', { mayUseApps: true }),
    isOfHost: true,
  },
  {
    // The app exists: only a new one would have to be registered.
    operation: 'account may no longer register apps',
    run: changed('user', { mayRegisterApps: false }),
    leaves: {},
    undo: changed('user', { mayRegisterApps: true }),
    isOfHost: true,
  },
  {
    operation: "account's epoch changed",
    run: changed('user', { epoch: 'second' }),
    leaves: {
      ...DEAD_USER,
      refresh: 'account_blocked',
      code: 'account_blocked',
      device: 'account_blocked',
      askedDevice: ['account_blocked', 'authorization_pending'],
      installed: false,
    },
    isOfHost: true,
  },
]

/** Defines the tests of every row on the stores that `open` gives. */
export function testSelfRegisteredOperations(open: OpenStore): void {
  describe('operations on an app that has registered itself', () => {
    for (const row of ROWS) {
      it(`"${row.operation}" leaves exactly what the table of operations says (REV-3, DEV-3, WEB-5)`, async () => {
        const scene = await newScene(open, row)
        const before = scene.observed.writes()
        await row.run(scene)
        expect(scene.observed.writes() - before).toBe(row.isOfHost ? 0 : 1 + (row.tidies ?? 0))
        await expectHolding(scene, row.leaves)
        const access = await scene.appgrant.authorizer.tryVerify(scene.user.access)
        if (access.ok) expect(access.scope).toEqual(row.scope ?? SCOPES)
        await expectFreshWorks(scene)
      })

      it(`"${row.operation}" done twice has the same effect as once (REV-6, WEB-5)`, async () => {
        const scene = await newScene(open, row)
        await row.run(scene)
        await row.run(scene)
        await expectHolding(scene, row.leaves)
      })

      const { undo } = row
      if (!undo) continue
      it(`"${row.operation}" can be undone (WEB-5)`, async () => {
        const scene = await newScene(open, row)
        await row.run(scene)
        await undo(scene)
        await expectHolding(scene, {})
      })
    }
  })
}

async function newScene(open: OpenStore, row: Row): Promise<Scene> {
  const devices = { ...DEVICES, pushedRequests: 'accepted' } as const
  const w = await selfRegistrationFixture(open, { selfRegistration: OPTIONS, ...devices })
  const key = w.register({ name: 'Agent', redirectUrls: [HTTPS] })
  // A program has nothing to prove itself with but its codes and refresh tokens.
  const proof = async () => ({ key }) as AppAuthentication
  // What is approved before the app exists is an app of its own, so it comes first.
  const { tokenId } = await w.exchange(await w.code({ client_id: key, redirect_uri: HTTPS }), {
    key,
    redirectUrl: HTTPS,
  })
  const [app] = await w.appsOf()
  await w.appgrant.tokens.remove({ app: app?.key ?? '', account: 'user', ids: [tokenId] })
  const user = await authorised({ ...w, clientId: key }, { key, redirect: HTTPS, proof })
  const scene = { ...w, key: app?.key ?? '', clientId: key, redirect: HTTPS, user, currentProof: proof }
  await row.given?.(scene)
  return scene
}

async function expectHolding(scene: Scene, leaves: Partial<UserHolding>): Promise<void> {
  expect(await userHoldingOf(scene)).toEqual({ ...UNTOUCHED_USER, ...leaves })
}
