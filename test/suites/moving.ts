import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type AppGrant,
  type ImportedApp,
  type ImportedInstall,
  type ImportResult,
  type NewApp,
  paginate,
} from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { appSigner } from '../support/app-signer.ts'
import { codeOf } from '../support/code-of.ts'
import { dpopKey } from '../support/dpop.ts'
import { THEIR_REFRESH_TOKEN, theirInstall } from '../support/imported-refresh.ts'
import { HASHES, legacyVerifier, THEIR_SECRET, theirApp } from '../support/other-server.ts'
import { LOOPBACK, SELF_REGISTRATION } from '../support/self-registration.ts'
import {
  challengeOf,
  codeIn,
  createSessionFixture,
  DAY,
  ISSUER,
  type OpenStore,
  paramsOf,
  REDIRECT,
  type SessionFixture,
  VERIFIER,
} from '../support/session-fixture.ts'

type Entry = ImportedApp | ImportedInstall
type On = Pick<AppGrant, 'apps' | 'installs' | 'authorizer'>

/** From one store to another: the same apps, secrets, authorizations and refresh tokens (APP-10). */
export function testMoving(from: OpenStore, to: OpenStore): void {
  async function setUp() {
    const legacy = legacyVerifier()
    const resources = ['https://api.example/', 'https://mail.example/']
    const options = { selfRegistration: SELF_REGISTRATION, verifyLegacySecret: legacy.verify, resources, dpop: {} }
    const source = await from()
    onTestFinished(() => source.close())
    // A test closes its node, so that what is waiting is written before the export, and reads the store afterwards.
    const w = await createSessionFixture(async () => ({ ...source, close: async () => {} }), { options })
    const { time: _, ...store } = await to()
    onTestFinished(() => store.close())
    return { ...w, target: w.node({ store }) }
  }

  const exported = async ({ apps }: Pick<AppGrant, 'apps'>, digests = true) => {
    const entries: Entry[] = []
    for await (const entry of await apps.export({ digests })) entries.push(JSON.parse(JSON.stringify(entry)) as Entry)
    return entries
  }
  const sorted = (entries: readonly Entry[]) => entries.map((entry) => JSON.stringify(entry)).sort()

  const importing = async ({ apps }: Pick<AppGrant, 'apps'>, entries: readonly Entry[], dryRun = false) => {
    const results: ImportResult[] = []
    await apps.import(entries, { dryRun, onResult: (result) => void results.push(result) })
    return results
  }

  /** What the lists show, without the ids of secrets, which are new. */
  async function lists({ apps, installs }: On) {
    const shown = []
    for await (const app of paginate((cursor) => apps.list({ cursor })))
      shown.push({ ...app, secrets: app.secrets.map(({ id: _, ...secret }) => secret) })
    const authorized = []
    for (const account of ['user', 'org', 'other-org', 'provider'])
      for await (const install of paginate((cursor) => installs.list({ account, cursor }))) authorized.push(install)
    const byKey = (one: { readonly key: string }, other: { readonly key: string }) => (one.key < other.key ? -1 : 1)
    return { apps: shown.sort(byKey), installs: authorized.sort((one, other) => byKey(one.app, other.app)) }
  }

  const register = ({ appgrant }: SessionFixture, fields: Partial<NewApp>) =>
    appgrant.apps.register(exampleApp({ owner: 'org', redirectUrls: [REDIRECT], ...fields }))

  describe('moving to another store', () => {
    it('a session that is bound to a key goes on there with that key alone, and its app is as it was (DPOP-2, DPOP-5, APP-10)', async () => {
      const w = await setUp()
      const [key, thief] = [await dpopKey(), await dpopKey()]
      const proofBy = async (by = key) => ({ dpopProof: await by.prove({ url: `${ISSUER}/token`, at: w.clock() }) })
      const { app } = await register(w, { name: 'Bound', public: true, dpopBoundAccessTokens: true })
      const params = {
        client_id: app.key,
        redirect_uri: REDIRECT,
        response_type: 'code',
        code_challenge_method: 'S256',
      }
      const asked = await w.appgrant.authorizer.beginAuthorization(
        paramsOf({ ...params, code_challenge: challengeOf(VERIFIER) }),
        { account: 'user' },
      )
      if (asked.step !== 'consent') throw new Error(asked.location)
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket: asked.ticket, account: 'user' }))
      const given = { key: app.key, code, codeVerifier: VERIFIER, redirectUrl: REDIRECT }
      const { refreshToken = '' } = await w.appgrant.authorizer.exchangeCode({ ...given, ...(await proofBy()) })
      await w.appgrant.close()

      const entries = await exported(w.appgrant)
      await importing(w.target, entries)
      expect(sorted(await exported(w.target))).toEqual(sorted(entries))
      const refresh = async (proof: { readonly dpopProof?: string }) =>
        w.target.authorizer.refresh({ key: app.key, refreshToken, ...proof })
      expect(await codeOf(refresh({}))).toBe('invalid_dpop_proof')
      expect(await codeOf(refresh(await proofBy(thief)))).toBe('invalid_dpop_proof')
      expect((await refresh(await proofBy())).tokenType).toBe('DPoP')
      const wrong = { scheme: 'plain', text: 'another refresh token', jkt: 'short' } as const
      expect(
        await importing(w.target, [{ type: 'install', app: app.key, account: 'user', refreshToken: wrong }], true),
      ).toMatchObject([{ errors: [{ field: 'refreshToken.jkt' }] }])
    })

    it('the apps, their secrets, what they may do and their lists are the same there (APP-8, APP-10)', async () => {
      const w = await setUp()
      const { secret: second } = await w.appgrant.apps.addSecret(w.key)
      const trusted = await register(w, { name: 'Trusted ü', trusted: true, owner: 'user', description: 'One\nTwo' })
      await register(w, {
        name: 'Public',
        public: true,
        adminPhone: '+41 44 668 18 00',
        image: 'https://a.example/a.png',
      })
      const signer = await appSigner()
      const keyed = await register(w, { name: 'Keyed', jwks: [signer.jwk], trusted: true })
      await w.appgrant.as('provider', { login: 'ops' }).apps.suspend(trusted.app.key)
      await w.appgrant.apps.setPublished(w.key, true)
      await w.appgrant.apps.setResourceServer(w.key, 'https://mail.example/')
      await w.appgrant.apps.setLifetimes(w.key, { accessTokenSeconds: 60, refreshAbsoluteSeconds: 'never' })
      const legacySecret = { scheme: 'django', text: HASHES.django }
      await w.appgrant.apps.import([theirApp({ trusted: true, legacySecret }), theirApp({ key: 'a:b', owner: 'user' })])
      const removed = await register(w, { name: 'Removed' })
      await w.appgrant.apps.remove(removed.app.key)
      w.clock.advance(DAY)
      await w.start()
      await w.appgrant.close()

      const entries = await exported(w.appgrant)
      expect(entries.filter(({ type }) => type === 'app')).toHaveLength(6)
      expect(await importing(w.target, entries)).toMatchObject(entries.map(() => ({ outcome: 'imported', errors: [] })))
      expect(await lists(w.target)).toEqual(await lists(w.appgrant))
      expect(sorted(await exported(w.target))).toEqual(sorted(entries))

      const { authorizer } = w.target
      for (const secret of [w.secret, second])
        expect(await authorizer.authenticateApp({ key: w.key, secret })).toMatchObject({ key: w.key })
      expect(await codeOf(authorizer.authenticateApp({ key: w.key, secret: 'wrong' }))).toBe(
        'app_authentication_failed',
      )
      expect(await codeOf(authorizer.clientCredentials({ key: 'their-key', secret: THEIR_SECRET }))).toBe('ok')
      const assertion = await signer.sign(keyed.app.key, w.clock())
      expect(await codeOf(authorizer.clientCredentials({ assertion }))).toBe('ok')
      const { key } = trusted.app
      const proof = { key, secret: trusted.secret ?? '' }
      expect(await codeOf(authorizer.clientCredentials(proof))).toBe('app_suspended')
      expect(await codeOf(w.target.as('user').apps.resume(key))).toBe('suspended_above')
      await w.target.as('provider').apps.resume(key)
      expect(await codeOf(authorizer.clientCredentials(proof))).toBe('ok')
      expect(await importing(w.target, entries)).toMatchObject(entries.map(() => ({ outcome: 'exists' })))
    })

    it('sessions go on with the refresh token that they have, each once, and what was revoked stays revoked (REV-3, APP-10)', async () => {
      const w = await setUp()
      const started = await w.start()
      const rotated = await w.next(await w.next(await w.start({ account: 'org', scope: ['read'] })))
      const ended = await w.start()
      await w.appgrant.authorizer.revokeToken({ key: w.key, secret: w.secret, token: ended.refresh })
      const withdrawn = await w.start({ account: 'provider' })
      await w.appgrant.installs.withdraw({ app: w.key, account: 'provider' })
      const renewed = await w.start({ account: 'provider' })
      const unused = theirInstall({ app: w.key, account: 'other-org', resources: ['https://mail.example/'] })
      expect(await importing(w.appgrant, [unused])).toMatchObject([{ outcome: 'imported' }])
      const other = await register(w, { name: 'Revoked' })
      const revoked = theirInstall({ app: other.app.key, refreshToken: { scheme: 'plain', text: 'revoked' } })
      await importing(w.appgrant, [revoked])
      await w.appgrant.apps.revokeTokens(other.app.key)
      await w.appgrant.close()

      const entries = await exported(w.appgrant)
      const plan = await importing(w.target, entries, true)
      expect(plan).toMatchObject(entries.map(() => ({ outcome: 'would_import', errors: [] })))
      const isIn = ({ outcome }: ImportResult) => outcome === 'imported' || outcome === 'exists'
      expect((await importing(w.target, entries)).every(isIn)).toBe(true)
      expect(sorted(await exported(w.target))).toEqual(sorted(entries))
      expect(await lists(w.target)).toEqual(await lists(w.appgrant))

      const live = [started.refresh, rotated.refresh, renewed.refresh, THEIR_REFRESH_TOKEN]
      for (const refreshToken of live) {
        const next = await w.refresh(refreshToken, {}, w.target)
        expect(await w.refresh(refreshToken, {}, w.target)).toMatchObject({ refreshToken: next.refreshToken })
        expect(await w.verify(next.accessToken, w.target)).toBe('ok')
        const further = await w.refresh(next.refreshToken ?? '', {}, w.target)
        w.clock.advance(31_000)
        expect(await codeOf(w.refresh(refreshToken, {}, w.target))).toBe('invalid_refresh_token')
        expect(await codeOf(w.refresh(further.refreshToken ?? '', {}, w.target))).toBe('invalid_refresh_token')
      }
      for (const refreshToken of [ended.refresh, withdrawn.refresh])
        expect(await codeOf(w.refresh(refreshToken, {}, w.target))).toBe('invalid_refresh_token')
      const by = { key: other.app.key, secret: other.secret }
      expect(await codeOf(w.refresh('revoked', by, w.target))).toBe('invalid_refresh_token')
    })

    it('an app keeps a moved refresh token to itself, and can revoke it (HTTP-4, APP-10)', async () => {
      const w = await setUp()
      const { refresh: token } = await w.start()
      const other = await register(w, { name: 'Other' })
      await importing(w.target, await exported(w.appgrant))
      const by = { key: other.app.key, secret: other.secret ?? '' }
      expect(await codeOf(w.refresh(token, by, w.target))).toBe('invalid_refresh_token')
      expect(await codeOf(w.target.authorizer.revokeToken({ ...by, token }))).toBe('foreign_token')
      await w.target.authorizer.revokeToken({ key: w.key, secret: w.secret, token })
      expect(await codeOf(w.refresh(token, {}, w.target))).toBe('invalid_refresh_token')
    })

    it('a moved refresh token that leaked is revoked by a report', async () => {
      const w = await setUp()
      const { refresh: token } = await w.start()
      await importing(w.target, await exported(w.appgrant))
      expect(await w.target.authorizer.reportLeak({ token })).toBe(true)
      expect(await codeOf(w.refresh(token, {}, w.target))).toBe('invalid_refresh_token')
    })

    it('a program that registered itself is the same program there, with its client id (WEB-5, APP-10)', async () => {
      const w = await setUp()
      const description = { name: 'Agent', redirectUrls: [LOOPBACK] }
      const clientId = w.appgrant.selfRegistration?.register(description).clientId ?? ''
      const ask = { client_id: clientId, redirect_uri: LOOPBACK }
      const { ticket } = await w.consent(ask)
      const code = codeIn(await w.appgrant.authorizer.approve({ ticket, account: 'user', scope: ['read'] }))
      const exchange = { key: clientId, code, codeVerifier: VERIFIER, redirectUrl: LOOPBACK }
      const { refreshToken = '' } = await w.appgrant.authorizer.exchangeCode(exchange)
      await w.appgrant.close()
      const entries = await exported(w.appgrant)
      expect(await importing(w.target, entries)).toMatchObject(entries.map(() => ({ outcome: 'imported', errors: [] })))
      expect(await lists(w.target)).toEqual(await lists(w.appgrant))
      expect(await codeOf(w.target.authorizer.refresh({ key: clientId, refreshToken }))).toBe('ok')
      const again = await w.target.authorizer.beginAuthorization(
        paramsOf({
          ...ask,
          response_type: 'code',
          code_challenge: challengeOf(VERIFIER),
          code_challenge_method: 'S256',
        }),
        { account: 'user' },
      )
      expect(again).toMatchObject({ app: { key: entries[0]?.type === 'app' ? expect.any(String) : '' } })
    })

    it('an owner or account with another epoch since gets nothing by the move (ACC-7, APP-10)', async () => {
      const w = await setUp()
      const { refresh: token } = await w.start()
      w.tree.set('user', { epoch: 'second' })
      const entries = await exported(w.appgrant)
      const ended = { outcome: 'refused', errors: [{ field: 'account', code: 'install_ended' }] }
      expect(await importing(w.target, entries)).toMatchObject([{ outcome: 'imported' }, ended, ended])
      expect(await codeOf(w.refresh(token, {}, w.target))).toBe('invalid_refresh_token')
      w.tree.set('org', { epoch: 'second' })
      const later = await setUp()
      later.tree.set('org', { epoch: 'second' })
      await importing(later.target, entries)
      const by = { key: w.key, secret: w.secret }
      expect(await codeOf(later.target.authorizer.authenticateApp(by))).toBe('account_blocked')
      expect(await codeOf(later.refresh(token, by, later.target))).toBe('account_blocked')
    })

    it('without digests an export has no secret and no refresh token, and its apps are not imported (APP-8)', async () => {
      const w = await setUp()
      await w.start()
      const entries = await exported(w.appgrant, false)
      expect(entries).toMatchObject([
        { type: 'app', key: w.key },
        { type: 'install', app: w.key, account: 'user' },
      ])
      expect(JSON.stringify(entries)).not.toMatch(/secret|refreshToken|sha256/i)
      const [refused] = await importing(w.target, entries)
      expect(refused).toMatchObject({ outcome: 'refused', errors: [{ field: 'secret', code: 'required' }] })
    })

    it('only the host can export, and a misspelt option is refused (APP-10, ERR-6)', async () => {
      const w = await setUp()
      expect(await codeOf(w.appgrant.as('root').apps.export())).toBe('not_permitted')
      expect(await codeOf(w.appgrant.apps.export({ digest: true } as never))).toBe('invalid_request')
      expect(await codeOf(w.appgrant.apps.export({ digests: 'yes' } as never))).toBe('invalid_request')
    })

    it('a store that fails while it is exported ends the iteration with its error (S30)', async () => {
      const w = await setUp()
      await w.start()
      for (const method of ['list', 'get'] as const) {
        const entries = await w.appgrant.apps.export({ digests: true })
        w.store.fail(method, 'before')
        const read = async () => {
          for await (const _ of entries);
        }
        expect(await codeOf(read())).toBe('store_unavailable')
      }
    })
  })
}
