import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { REFUSAL_REASONS } from '../../src/base/refusal-reasons.ts'
import type { AppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { DEVICES, devicesOf, enterUserCode } from '../support/devices.ts'
import { dpopKey, type ProofOf } from '../support/dpop.ts'
import { LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import {
  createSessionFixture,
  DAY,
  ISSUER,
  LIFE,
  OTHER_REDIRECT,
  REDIRECT,
  type SessionFixture,
  VERIFIER,
} from '../support/session-fixture.ts'
import { RESERVED_NAME } from '../support/spoofed-names.ts'

const SOURCE = { remoteAddress: '192.0.2.66', userAgent: 'attacker/1' }
const open = async () => memoryStore()
const [KEY, OTHER_KEY] = [await dpopKey(), await dpopKey()]
/** A request with a proof by the first key. */
const provenAt = async ({ clock }: SessionFixture, changed: Partial<ProofOf> = {}) => ({
  dpopProof: await KEY.prove({ url: `${ISSUER}/token`, at: clock(), ...changed }),
  ...SOURCE,
})

interface Refused {
  readonly code: string
  readonly reason: string
  /** `mine`: the key of the app of the world; `other`: that of the app of another account. Default is none. */
  readonly app?: 'mine' | 'other'
  /** Who caused it. Default is an app, so nobody. */
  readonly by?: { readonly account: string; readonly login?: string }
}

interface Scene extends SessionFixture {
  /** An app of another account, and its credentials. */
  readonly other: { readonly key: string; readonly secret: string }
  /** The management of an account, for a request of the attacker. */
  as(account: string): ReturnType<AppGrant['as']>
}

/** What is refused, by what it is called, with the events it raises. */
const TABLE: Readonly<Record<string, readonly [(scene: Scene) => Promise<unknown>, ...Refused[]]>> = {
  ...Object.fromEntries(
    [
      ['one character', 'x'],
      ['a trailing newline', (secret: string) => `${secret}\n`],
      ['one character too few', (secret: string) => secret.slice(1)],
      ['100 kB', 'x'.repeat(100_000)],
    ].map(([what, wrong]) => [
      `a known app with a secret of ${what}`,
      [
        (w: Scene) =>
          w.refresh('x', { secret: typeof wrong === 'function' ? wrong(w.secret) : (wrong as string), ...SOURCE }),
        { code: 'app_authentication_failed', reason: 'wrong_secret', app: 'mine' },
      ],
    ]),
  ),
  'a confidential app with an empty secret': [
    (w) => w.refresh('x', { secret: '', ...SOURCE }),
    { code: 'app_authentication_failed', reason: 'missing_secret', app: 'mine' },
  ],
  'an unknown app': [
    (w) => w.refresh('x', { key: `${w.key.slice(0, 2)}${'0'.repeat(30)}`, ...SOURCE }),
    { code: 'app_authentication_failed', reason: 'unknown_app' },
  ],
  'a secret in the place of the key': [
    (w) => w.refresh('x', { key: w.secret, ...SOURCE }),
    { code: 'app_authentication_failed', reason: 'unknown_app' },
  ],
  'a removed app': [
    async (w) => {
      await w.appgrant.apps.remove(w.key)
      await w.refresh('x', SOURCE)
    },
    { code: 'app_authentication_failed', reason: 'removed_app', app: 'mine' },
  ],

  'a code with a wrong verifier': [
    async (w) => w.exchange(await w.code(), { codeVerifier: 'x'.repeat(43), ...SOURCE }),
    { code: 'invalid_code', reason: 'wrong_verifier', app: 'mine' },
  ],
  'a code with the challenge as verifier': [
    async (w) =>
      w.exchange(await w.code(), {
        codeVerifier: createHash('sha256').update(VERIFIER).digest('base64url'),
        ...SOURCE,
      }),
    { code: 'invalid_code', reason: 'wrong_verifier', app: 'mine' },
  ],
  'a code with a verifier that cannot be one': [
    async (w) => w.exchange(await w.code(), { codeVerifier: 'short', ...SOURCE }),
    { code: 'invalid_code', reason: 'wrong_verifier', app: 'mine' },
  ],
  'a bound code without a proof': [
    async (w) => w.exchange(await w.code({}, { dpop_jkt: KEY.jkt }), SOURCE),
    { code: 'invalid_dpop_proof', reason: 'missing_proof', app: 'mine' },
  ],
  'a bound code with a proof by another key': [
    async (w) => w.exchange(await w.code({}, { dpop_jkt: OTHER_KEY.jkt }), await provenAt(w)),
    { code: 'invalid_dpop_proof', reason: 'other_key', app: 'mine' },
  ],
  ...Object.fromEntries(
    (
      [
        ['malformed_proof', { header: { typ: 'JWT' } }],
        ['proof_signature', { header: { jwk: OTHER_KEY.jwk } }],
        ['proof_method', { method: 'GET' }],
        ['proof_url', { url: ISSUER }],
        ['proof_time', { at: 0 }],
      ] as const
    ).map(([reason, changed]): [string, (typeof TABLE)[string]] => [
      `a proof that is refused as ${reason}`,
      // Nothing of the request has been checked before it, so the app is not known.
      [async (w) => w.refresh('x', await provenAt(w, changed)), { code: 'invalid_dpop_proof', reason }],
    ]),
  ),
  'a code with the redirect URL of another request': [
    async (w) => w.exchange(await w.code(), { redirectUrl: OTHER_REDIRECT, ...SOURCE }),
    { code: 'invalid_code', reason: 'wrong_redirect', app: 'mine' },
  ],
  'a code of another app': [
    async (w) => w.exchange(await w.code(), { ...w.other, ...SOURCE }),
    { code: 'invalid_code', reason: 'other_app', app: 'other' },
  ],
  'a made-up code of another app': [
    async (w) => w.exchange(madeUp(await w.code()), { ...w.other, ...SOURCE }),
    { code: 'invalid_code', reason: 'unknown', app: 'other' },
  ],
  'a made-up code': [
    (w) => w.exchange('x'.repeat(160), SOURCE),
    { code: 'invalid_code', reason: 'unknown', app: 'mine' },
  ],
  'a code that has expired': [
    async (w) => {
      const code = await w.code()
      w.clock.advance(LIFE.code)
      await w.exchange(code, SOURCE)
    },
    { code: 'invalid_code', reason: 'expired', app: 'mine' },
  ],
  'a code whose redirect URL was removed': [
    async (w) => {
      const code = await w.code()
      await w.appgrant.apps.update(w.key, { redirectUrls: [OTHER_REDIRECT] })
      await w.exchange(code, SOURCE)
    },
    { code: 'invalid_code', reason: 'revoked', app: 'mine' },
  ],
  'a code of an app that was withdrawn': [
    async (w) => {
      const code = await w.code()
      await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
      await w.exchange(code, SOURCE)
    },
    { code: 'invalid_code', reason: 'revoked', app: 'mine' },
  ],
  'a code that was used': [
    async (w) => w.exchange((await w.start()).code, SOURCE),
    { code: 'invalid_code', reason: 'reused', app: 'mine' },
  ],

  'a refresh token that was used long ago': [
    async (w) => {
      const first = await w.start()
      await w.next(await w.next(first))
      await w.refresh(first.refresh, SOURCE)
    },
    { code: 'invalid_refresh_token', reason: 'reused', app: 'mine' },
  ],
  'the current refresh token of a session that has ended': [
    async (w) => {
      const first = await w.start()
      await codeOf(w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: first.refresh }))
      await w.refresh(first.refresh, SOURCE)
    },
    { code: 'invalid_refresh_token', reason: 'revoked', app: 'mine' },
  ],
  'a refresh token of another app': [
    async (w) => w.refresh((await w.start()).refresh, { ...w.other, ...SOURCE }),
    { code: 'invalid_refresh_token', reason: 'other_app', app: 'other' },
  ],
  'a made-up refresh token': [
    async (w) => w.refresh(madeUp((await w.start()).refresh), SOURCE),
    { code: 'invalid_refresh_token', reason: 'unknown', app: 'mine' },
  ],
  'a refresh token that has expired': [
    async (w) => {
      const first = await w.start()
      w.clock.advance(14 * DAY)
      await w.refresh(first.refresh, SOURCE)
    },
    { code: 'invalid_refresh_token', reason: 'expired', app: 'mine' },
  ],
  'a refresh token that the store has lost': [
    async (w) => {
      const first = await w.start()
      const stored = (await w.inner.get([sessionOf(w)]))[0]
      const third = await w.next(await w.next(first))
      const [now] = await w.inner.get([sessionOf(w)])
      if (!stored || !now) throw new Error('there is no session')
      await w.inner.replace(now, { ...stored, revision: 'rolledback' })
      await w.refresh(third.refresh, SOURCE)
    },
    { code: 'invalid_refresh_token', reason: 'lost_step', app: 'mine' },
  ],
  'a refresh for a scope beyond the session': [
    async (w) => w.refresh((await w.start()).refresh, { scope: ['admin'], ...SOURCE }),
    { code: 'invalid_scope', reason: 'invalid_scope', app: 'mine' },
  ],
  'a refresh for a resource that was not granted': [
    async (w) => w.refresh((await w.start()).refresh, { resources: ['https://elsewhere.example'], ...SOURCE }),
    { code: 'invalid_target', reason: 'invalid_target', app: 'mine' },
  ],
  'a refresh by a suspended app': [
    async (w) => {
      const { refresh } = await w.start()
      await w.appgrant.apps.suspend(w.key)
      await w.refresh(refresh, SOURCE)
    },
    { code: 'app_suspended', reason: 'app_suspended', app: 'mine' },
  ],
  'a refresh for a blocked account': [
    async (w) => {
      const { refresh } = await w.start()
      w.tree.set('user', { active: false })
      await w.refresh(refresh, SOURCE)
    },
    { code: 'account_blocked', reason: 'account_blocked', app: 'mine' },
  ],

  'client credentials of an app that is not trusted': [
    (w) => w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret, ...SOURCE }),
    { code: 'app_not_trusted', reason: 'app_not_trusted', app: 'mine' },
  ],
  'client credentials for a scope that is not registered': [
    async (w) => {
      await w.appgrant.apps.setTrusted(w.key, true)
      await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret, scope: ['admin'], ...SOURCE })
    },
    { code: 'invalid_scope', reason: 'invalid_scope', app: 'mine' },
  ],
  'authentication of an app whose account is not permitted': [
    async (w) => {
      w.tree.set('org', { mayUseApps: false })
      await w.appgrant.authorizer.authenticateApp({ key: w.key, secret: w.secret, ...SOURCE })
    },
    { code: 'not_permitted', reason: 'not_permitted', app: 'mine' },
  ],
  "revocation of another app's access token": [
    async (w) => w.appgrant.authorizer.revokeToken({ ...w.other, token: (await w.start()).access, ...SOURCE }),
    { code: 'foreign_token', reason: 'foreign_token', app: 'other' },
  ],
  "revocation of another app's refresh token": [
    async (w) => w.appgrant.authorizer.revokeToken({ ...w.other, token: (await w.start()).refresh, ...SOURCE }),
    { code: 'foreign_token', reason: 'foreign_token', app: 'other' },
  ],

  'a check of an unknown app': [
    (w) => w.appgrant.authorizer.checkAuthorization(params(w, { client_id: 'nobody' }), SOURCE),
    { code: 'app_not_found', reason: 'unknown_app' },
  ],
  'a check of a removed app': [
    async (w) => {
      await w.appgrant.apps.remove(w.key)
      await w.appgrant.authorizer.checkAuthorization(params(w), SOURCE)
    },
    { code: 'app_not_found', reason: 'removed_app', app: 'mine' },
  ],
  'a consent request of a program that the host does not let in': [
    (w) => w.appgrant.authorizer.beginAuthorization(ofProgram(w), { account: 'user', ...SOURCE }),
    { code: 'not_permitted', reason: 'not_admitted', by: { account: 'user' } },
  ],
  'a check of a program with a name that the host has reserved': [
    (w) => w.appgrant.authorizer.checkAuthorization(ofProgram(w, RESERVED_NAME), SOURCE),
    { code: 'not_permitted', reason: 'reserved_name' },
  ],
  'a check of an unregistered redirect URL': [
    (w) => w.appgrant.authorizer.checkAuthorization(params(w, { redirect_uri: 'https://evil.example/' }), SOURCE),
    { code: 'invalid_redirect', reason: 'unregistered_redirect', app: 'mine' },
  ],
  'a consent request of a suspended app': [
    async (w) => {
      await w.appgrant.apps.suspend(w.key)
      await w.appgrant.authorizer.beginAuthorization(params(w), { account: 'user', login: 'ann', ...SOURCE })
    },
    { code: 'app_suspended', reason: 'app_suspended', app: 'mine', by: { account: 'user', login: 'ann' } },
  ],
  'a consent request for a scope that is not registered': [
    (w) => w.appgrant.authorizer.beginAuthorization(params(w, { scope: 'admin' }), { account: 'user', ...SOURCE }),
    { code: 'invalid_scope', reason: 'invalid_scope', app: 'mine', by: { account: 'user' } },
  ],
  'a consent request for an unknown resource': [
    (w) =>
      w.appgrant.authorizer.beginAuthorization(params(w, { resource: 'https://x.example' }), {
        account: 'user',
        ...SOURCE,
      }),
    { code: 'invalid_target', reason: 'invalid_target', app: 'mine', by: { account: 'user' } },
  ],
  'a made-up ticket': [
    (w) => w.appgrant.authorizer.approve({ ticket: 'x', account: 'user', ...SOURCE }),
    { code: 'invalid_ticket', reason: 'unknown', by: { account: 'user' } },
  ],
  'a stolen ticket': [
    async (w) => w.appgrant.authorizer.approve({ ticket: (await w.consent()).ticket, account: 'other-org', ...SOURCE }),
    { code: 'invalid_ticket', reason: 'other_account', app: 'mine', by: { account: 'other-org' } },
  ],
  'a ticket of another login': [
    async (w) => {
      const { ticket } = await w.consent({}, { login: 'ann' })
      await w.appgrant.authorizer.deny({ ticket, account: 'user', login: 'bob', ...SOURCE })
    },
    { code: 'invalid_ticket', reason: 'other_login', app: 'mine', by: { account: 'user', login: 'bob' } },
  ],
  'a ticket that was used': [
    async (w) => {
      const { ticket } = await w.consent()
      await w.appgrant.authorizer.deny({ ticket, account: 'user' })
      await w.appgrant.authorizer.approve({ ticket, account: 'user', ...SOURCE })
    },
    { code: 'invalid_ticket', reason: 'used', app: 'mine', by: { account: 'user' } },
  ],
  'a ticket of an app that was regenerated': [
    async (w) => {
      const { ticket } = await w.consent()
      await w.appgrant.apps.regenerateSecret(w.key)
      await w.appgrant.authorizer.approve({ ticket, account: 'user', ...SOURCE })
    },
    { code: 'invalid_ticket', reason: 'revoked', app: 'mine', by: { account: 'user' } },
  ],
  'a made-up device code': [
    (w) => devicesOf(w.appgrant).exchange({ ...mine(w), deviceCode: 'ag_dc_x', ...SOURCE }),
    { code: 'invalid_device_code', reason: 'unknown', app: 'mine' },
  ],
  'a device code of another app': [
    async (w) => {
      const { deviceCode } = await devicesOf(w.appgrant).authorize(mine(w))
      await devicesOf(w.appgrant).exchange({ ...w.other, deviceCode, ...SOURCE })
    },
    { code: 'invalid_device_code', reason: 'other_app', app: 'other' },
  ],
  'a device code that is used again late': [
    async (w) => {
      const { deviceCode } = await connected(w)
      await devicesOf(w.appgrant).exchange({ ...mine(w), deviceCode })
      w.clock.advance(LIFE.grace)
      await devicesOf(w.appgrant).exchange({ ...mine(w), deviceCode, ...SOURCE })
    },
    { code: 'invalid_device_code', reason: 'reused', app: 'mine' },
  ],
  'a device code of an account that has withdrawn the app': [
    async (w) => {
      const { deviceCode } = await connected(w)
      await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
      await devicesOf(w.appgrant).exchange({ ...mine(w), deviceCode, ...SOURCE })
    },
    { code: 'invalid_device_code', reason: 'revoked', app: 'mine' },
  ],
  'a user code that another account has entered': [
    async (w) => {
      const { userCode } = await devicesOf(w.appgrant).authorize(mine(w))
      await enterUserCode(w.appgrant, { userCode, account: 'user' })
      await enterUserCode(w.appgrant, { userCode, account: 'other-org', ...SOURCE })
    },
    { code: 'invalid_user_code', reason: 'other_account', by: { account: 'other-org' } },
  ],
  'a user code that another login has entered': [
    async (w) => {
      const { userCode } = await devicesOf(w.appgrant).authorize(mine(w))
      await enterUserCode(w.appgrant, { userCode, account: 'user', login: 'ann' })
      await devicesOf(w.appgrant).ask({ userCode, account: 'user', login: 'bob', ...SOURCE })
    },
    { code: 'invalid_user_code', reason: 'other_login', by: { account: 'user', login: 'bob' } },
  ],
  'a user code that was decided about': [
    async (w) => {
      const { userCode } = await connected(w)
      await devicesOf(w.appgrant).ask({ userCode, account: 'user', ...SOURCE })
    },
    { code: 'invalid_user_code', reason: 'used', app: 'mine', by: { account: 'user' } },
  ],
  'a user code of a device whose code has expired': [
    async (w) => {
      const { deviceCode, userCode } = await devicesOf(w.appgrant).authorize(mine(w))
      await enterUserCode(w.appgrant, { userCode, account: 'user' })
      // It answers, and waits for the decision.
      await devicesOf(w.appgrant)
        .exchange({ ...mine(w), deviceCode })
        .catch(onlyRefusal)
      w.clock.advance(LIFE.pending)
      await devicesOf(w.appgrant).ask({ userCode, account: 'user', ...SOURCE })
    },
    { code: 'invalid_user_code', reason: 'expired', by: { account: 'user' } },
  ],
  'a user code that nobody has entered': [
    (w) => devicesOf(w.appgrant).ask({ userCode: 'BBBB-BBBB', account: 'user', ...SOURCE }),
    { code: 'invalid_user_code', reason: 'unknown', by: { account: 'user' } },
  ],
  'an approval of a scope that was not requested': [
    async (w) => {
      const { ticket } = await w.consent({ scope: 'read' })
      await w.appgrant.authorizer.approve({ ticket, account: 'user', scope: ['write'], ...SOURCE })
    },
    { code: 'invalid_scope', reason: 'invalid_scope', app: 'mine', by: { account: 'user' } },
  ],

  ...Object.fromEntries(
    (['get', 'suspend', 'resume', 'regenerateSecret', 'revokeTokens', 'remove'] as const).map((act) => [
      `apps.${act} of another account's app`,
      [
        (w: Scene) => w.as('other-org').apps[act](w.key),
        { code: 'app_not_found', reason: 'app_of_another_account', app: 'mine', by: { account: 'other-org' } },
      ],
    ]),
  ),
  "listing another account's apps": [
    (w) => w.as('other-org').apps.list({ owner: 'org' }),
    { code: 'app_not_found', reason: 'account_out_of_reach', by: { account: 'other-org' } },
  ],
  "removing another account's tokens": [
    (w) => w.as('other-org').tokens.removeAll({ app: w.key, account: 'user' }),
    { code: 'app_not_found', reason: 'account_out_of_reach', app: 'mine', by: { account: 'other-org' } },
  ],
  'withdrawing an app from another account': [
    (w) => w.as('other-org').installs.withdraw({ app: w.key, account: 'user' }),
    { code: 'app_not_found', reason: 'account_out_of_reach', app: 'mine', by: { account: 'other-org' } },
  ],
  "listing another account's installs": [
    (w) => w.as('other-org').installs.list({ account: 'user' }),
    { code: 'app_not_found', reason: 'account_out_of_reach', by: { account: 'other-org' } },
  ],
  'registering an app for another account': [
    (w) => w.as('other-org').apps.register(exampleApp({ owner: 'org' })),
    { code: 'not_permitted', reason: 'not_permitted', by: { account: 'other-org' } },
  ],
  'publishing an app without the authority of the host': [
    (w) => w.as('org').apps.setPublished(w.key, true),
    { code: 'not_permitted', reason: 'not_permitted', app: 'mine', by: { account: 'org' } },
  ],
  'trusting an app without permission': [
    async (w) => {
      w.tree.set('org', { mayTrustApps: false })
      await w.as('org').apps.setTrusted(w.key, true)
    },
    { code: 'not_permitted', reason: 'not_permitted', app: 'mine', by: { account: 'org' } },
  ],
  'resuming an app that was suspended above': [
    async (w) => {
      await w.as('provider').apps.suspend(w.key)
      await w.as('org').apps.resume(w.key)
    },
    { code: 'suspended_above', reason: 'suspended_above', app: 'mine', by: { account: 'org' } },
  ],
  'an operation of a blocked account': [
    async (w) => {
      w.tree.set('org', { active: false })
      await w.as('org').apps.list()
    },
    { code: 'account_blocked', reason: 'account_blocked', by: { account: 'org' } },
  ],
  'an app beyond the limit': [
    (w) => w.as('org').apps.register(exampleApp({ owner: 'org' })),
    { code: 'app_limit_reached', reason: 'app_limit_reached', by: { account: 'org' } },
  ],
  'a consent request beyond the limit': [
    async (w) => {
      for (let n = 0; n <= 100; n++)
        await w.appgrant.authorizer.beginAuthorization(params(w), { account: 'org', ...SOURCE })
    },
    { code: 'limit_reached', reason: 'limit_reached', app: 'mine', by: { account: 'org' } },
  ],
}

/** The authorization request of a program that has registered itself. */
function ofProgram(w: Scene, name?: string): URLSearchParams {
  const { selfRegistration } = w.node({ reservedNames: [] })
  const { clientId = '' } = selfRegistration?.register({ name, redirectUrls: [LOOPBACK] }) ?? {}
  return params(w, { client_id: clientId, redirect_uri: LOOPBACK })
}

function mine(w: Scene) {
  return { key: w.key, secret: w.secret }
}

/** The codes of a device that `user` has approved. */
async function connected(w: Scene) {
  const devices = devicesOf(w.appgrant)
  const { deviceCode, userCode } = await devices.authorize(mine(w))
  await enterUserCode(w.appgrant, { userCode, account: 'user' })
  await codeOf(devices.exchange({ ...mine(w), deviceCode }))
  const asked = await devices.ask({ userCode, account: 'user' })
  if (asked.step === 'consent') await devices.approve({ ticket: asked.ticket, account: 'user' })
  w.clock.advance(5000)
  return { deviceCode, userCode }
}

/** What nobody is to blame for raises no event. */
const INNOCENT: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'an app that does not exist': (w) => w.as('org').apps.get(`${w.key.slice(0, 2)}${'0'.repeat(30)}`),
  'tokens of an app that holds nothing for the account': (w) =>
    w.as('user').tokens.count({ app: w.other.key, account: 'user' }),
  'a list of installs that leaves out accounts of others': async (w) => {
    await w.start({ account: 'other-org' })
    await w.as('org').installs.listByApp({ app: w.key })
  },
  'a malformed value': (w) => w.as('org').apps.suspend(5 as never),
  'invalid fields': (w) => w.as('org').apps.update(w.key, { name: '' }),
  'an outage of the directory': async (w) => {
    w.tree.setDown(true)
    await w.as('org').apps.suspend(w.key)
  },
  'an outage of the store': async (w) => {
    w.store.fail('get', 'before')
    await w.refresh('x', SOURCE)
  },
  'a token that is not valid at a resource': (w) => w.appgrant.authorizer.verify('x'),
  'revocation of an unknown token': (w) => w.appgrant.authorizer.revokeToken({ ...w.other, token: 'x', ...SOURCE }),
}

async function setUp() {
  const w = await createSessionFixture(open, {
    options: {
      dpop: {},
      appsPerOwner: 1,
      selfRegistration: { ...SELF_REGISTRATION, admit: () => false },
      reservedNames: [RESERVED_NAME],
      ...DEVICES,
    },
  })
  const { app, secret } = await w.appgrant.apps.register(
    exampleApp({ owner: 'other-org', scopes: ['read'], redirectUrls: [REDIRECT] }),
  )
  const scene: Scene = {
    ...w,
    other: { key: app.key, secret },
    as: (account) => w.appgrant.as(account, SOURCE),
  }
  const seen: unknown[] = []
  w.appgrant.events.on('refused', ({ at: _, ...event }) => void seen.push(event))
  const keys = { mine: w.key, other: app.key }
  return { scene, seen, keys }
}

describe('refusals', () => {
  for (const [title, [attempt, ...expected]] of Object.entries(TABLE)) {
    it(`${title} raises refused with reason, app, address and user agent, and names nobody else (ERR-9)`, async () => {
      const { scene, seen, keys } = await setUp()
      await attempt(scene).catch(onlyRefusal)
      expect(seen).toEqual(
        expected.map(({ app, by = {}, ...event }) => ({ ...event, ...(app && { app: keys[app] }), by, ...SOURCE })),
      )
    })
  }

  for (const [title, attempt] of Object.entries(INNOCENT)) {
    it(`${title} is not a refusal and raises no event`, async () => {
      const { scene, seen } = await setUp()
      await attempt(scene).catch(onlyRefusal)
      expect(seen).toEqual([])
    })
  }

  it('every code that refused can have is in the table, and only reasons of that code', () => {
    const seen = Object.values(TABLE).flatMap(([, ...expected]) => expected)
    for (const { code, reason } of seen)
      expect(REFUSAL_REASONS[code as keyof typeof REFUSAL_REASONS], code).toContain(reason)
    const codes = new Set(seen.map(({ code }) => code))
    // Counted failures have a test of their own.
    expect([...codes, 'too_many_failures'].toSorted()).toEqual(Object.keys(REFUSAL_REASONS).toSorted())
    const reasons = new Set(seen.map(({ code, reason }) => `${code} ${reason}`))
    const missing = Object.entries(REFUSAL_REASONS).flatMap(([code, list]) =>
      list.map((reason) => `${code} ${reason}`).filter((one) => !reasons.has(one)),
    )
    expect(missing.filter((one) => !/^(app_authentication_failed|too_many_failures) /.test(one))).toEqual([
      // An option that this table has not: see test/suites/devices.ts.
      'not_permitted device_grant_of_app',
      // Of HTTP.
      'not_permitted cross_site_request',
      // A code has no successor that the store could lose before it.
      'invalid_code lost_step',
      'invalid_device_code lost_step',
      // Chance, which test/suites/devices.ts helps along.
      'invalid_user_code two_devices',
    ])
  })
})

describe('what is said to have been removed', () => {
  const removals = (w: SessionFixture) => {
    const seen: unknown[] = []
    w.appgrant.events.on('token', ({ at: _, ...event }) => void seen.push(event))
    return seen
  }
  const revoke = (w: SessionFixture, token: string) =>
    w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token, ...SOURCE })

  it("revoking a user's access token is an event with the account of the user, once (ERR-9)", async () => {
    const w = await createSessionFixture(open)
    const { access, id } = await w.start()
    const seen = removals(w)
    await revoke(w, access)
    await revoke(w, access)
    expect(seen).toEqual([{ change: 'removed', app: w.key, account: 'user', tokenIds: [id], by: {}, ...SOURCE }])
  })

  const DEAD: Readonly<Record<string, (w: SessionFixture, refresh: string) => Promise<unknown>>> = {
    'the app was withdrawn': ({ appgrant, key }) => appgrant.installs.withdraw({ app: key, account: 'user' }),
    'all tokens were removed': ({ appgrant, key }) => appgrant.tokens.removeAll({ app: key, account: 'user' }),
    'everything of the app was revoked': ({ appgrant, key }) => appgrant.apps.revokeTokens(key),
    'its session has ended': (w, refresh) => revoke(w, refresh),
    'it has expired': async ({ clock }) => clock.advance(LIFE.access),
  }
  for (const [title, kill] of Object.entries(DEAD)) {
    it(`revoking an access token after ${title} is no event (ERR-9)`, async () => {
      const w = await createSessionFixture(open)
      const { access, refresh } = await w.start()
      await kill(w, refresh)
      const seen = removals(w)
      await revoke(w, access)
      expect(seen).toEqual([])
    })
  }

  it('tokens.remove reports only the tokens that were valid, so a repeat is no event (ERR-9)', async () => {
    const w = await createSessionFixture(open)
    const { id } = await w.start()
    await w.appgrant.tokens.removeAll({ app: w.key, account: 'user' })
    const { id: other } = await w.start()
    const seen = removals(w)
    for (let n = 0; n < 2; n++) await w.appgrant.tokens.remove({ app: w.key, account: 'user', ids: [id, other] })
    expect(seen).toEqual([{ change: 'removed', app: w.key, account: 'user', tokenIds: [other], by: {} }])
  })

  it('revoking the refresh token of an app that was withdrawn is no event (ERR-9)', async () => {
    const w = await createSessionFixture(open)
    const { refresh } = await w.start()
    await w.appgrant.installs.withdraw({ app: w.key, account: 'user' })
    const seen = removals(w)
    await revoke(w, refresh)
    expect(seen).toEqual([])
  })
})

/** Anything but a refusal is a mistake of the test. */
async function onlyRefusal(error: unknown): Promise<void> {
  await codeOf(Promise.reject(error))
}

function params({ key }: SessionFixture, changed: Readonly<Record<string, string>> = {}): URLSearchParams {
  return new URLSearchParams({
    client_id: key,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...changed,
  })
}

/** The same ids with another tag, and a checksum that does not match. */
function madeUp(text: string): string {
  return `${text.slice(0, -10)}${'0'.repeat(10)}`
}

function sessionOf(w: SessionFixture) {
  const record = w.observed.written.findLast(({ kind }) => kind === 's')
  if (!record) throw new Error('there is no session')
  return record
}
