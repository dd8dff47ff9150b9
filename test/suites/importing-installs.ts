import { createHash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import type {
  AppGrant,
  AppGrantOptions,
  EventMap,
  ImportedApp,
  ImportedInstall,
  ImportOptions,
  ImportResult,
  RefreshInput,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { createFixture } from '../support/fixture.ts'
import { THEIR_REFRESH_TOKEN, theirInstall } from '../support/imported-refresh.ts'
import { THEIR_SECRET, theirApp } from '../support/other-server.ts'
import {
  atOnce,
  challengeOf,
  DAY,
  HOUR,
  ISSUER,
  LIFE,
  type OpenStore,
  paramsOf,
  REDIRECT,
  VERIFIER,
} from '../support/session-fixture.ts'

type Entry = ImportedApp | ImportedInstall

const PROOF = { key: 'their-key', secret: THEIR_SECRET }
const APP = theirApp({ scopes: ['read', 'write'] })
const sha256 = (encoding: 'hex' | 'base64' | 'base64url', text = THEIR_REFRESH_TOKEN) =>
  createHash('sha256').update(text).digest(encoding)

/** How many refresh tokens are imported at once, of a tenth as many apps. */
export interface InstallImportSize {
  readonly refreshTokens: number
}

/** What becomes of what accounts had authorized on other servers, on the stores that `open` gives (APP-10). */
export function testImportingInstalls(open: OpenStore, { refreshTokens: many }: InstallImportSize): void {
  async function setUp(options: Partial<AppGrantOptions> = {}) {
    const { time: _, ...inner } = await open()
    onTestFinished(() => inner.close())
    const w = createFixture(inner, { issuer: ISSUER, timeoutMs: 30_000, ...options })
    const refused: EventMap['refused'][] = []
    w.appgrant.events.on('refused', (event) => void refused.push(event))
    return { ...w, refused }
  }

  /** With the app, and what the account had authorized. */
  async function imported(install: Partial<ImportedInstall> = {}, options: Partial<AppGrantOptions> = {}) {
    const w = await setUp(options)
    const results = await importing(w.appgrant, [APP, theirInstall(install)])
    expect(results).toMatchObject([{ outcome: 'imported' }, { outcome: 'imported', errors: [] }])
    return { ...w, app: results[0]?.app ?? '' }
  }

  async function importing(
    { apps }: Pick<AppGrant, 'apps'>,
    entries: readonly Entry[],
    options: ImportOptions = {},
  ): Promise<readonly ImportResult[]> {
    const results: ImportResult[] = []
    await apps.import(entries, { ...options, onResult: (result) => void results.push(result) })
    return results
  }

  const refresh = (
    { authorizer }: Pick<AppGrant, 'authorizer'>,
    refreshToken = THEIR_REFRESH_TOKEN,
    changed: Partial<RefreshInput> = {},
  ) => authorizer.refresh({ ...PROOF, refreshToken, ...changed } as RefreshInput)
  const refreshed = (...call: Parameters<typeof refresh>) => codeOf(refresh(...call))

  describe('imported installs', () => {
    it.each([
      ['plain', THEIR_REFRESH_TOKEN],
      ['sha256-hex', sha256('hex')],
      ['sha256-base64', sha256('base64')],
      ['sha256-base64url', sha256('base64url')],
    ] as const)(
      'a refresh token stored as %s starts a session of this server, and only its digest is stored (APP-8, APP-10)',
      async (scheme, text) => {
        const installedAt = '2024-02-03T04:05:06Z'
        const w = await imported({ refreshToken: { scheme, text }, installedAt, scope: ['read'] })
        const granted = await refresh(w.appgrant)
        expect(granted).toMatchObject({ scope: ['read'] })
        const access = await w.appgrant.authorizer.verify(granted.accessToken)
        expect(access).toMatchObject({ account: 'user', app: { key: w.app }, scope: ['read'] })
        const { items } = await w.appgrant.installs.list({ account: 'user' })
        expect(items).toMatchObject([
          { app: { key: w.app }, installedAt: new Date(installedAt), approvedBy: { account: 'user' }, scope: ['read'] },
        ])
        expect(await refreshed(w.appgrant, granted.refreshToken)).toBe('ok')
        expect(JSON.stringify(w.observed.written)).not.toContain(THEIR_REFRESH_TOKEN)
      },
    )

    it('an imported refresh token is good once: its repeat in time is the same response, and a later use ends the session (TOK-8, APP-10)', async () => {
      const w = await imported()
      const first = await refresh(w.appgrant)
      const again = await refresh(w.node())
      expect([again.accessToken, again.refreshToken]).toEqual([first.accessToken, first.refreshToken])
      const second = await refresh(w.appgrant, first.refreshToken)
      w.clock.advance(LIFE.grace)
      expect(await refreshed(w.appgrant)).toBe('invalid_refresh_token')
      expect(w.refused).toMatchObject([{ reason: 'reused', app: w.app }])
      expect(await refreshed(w.appgrant, second.refreshToken)).toBe('invalid_refresh_token')
      for (const { accessToken } of [first, second])
        expect(await w.appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: false })
    })

    it('twenty presentations of an imported refresh token at once start one session (S10, APP-10)', async () => {
      const w = await imported()
      const nodes = [w.appgrant, w.node()]
      const results = await atOnce(20, (caller) => refresh(nodes[caller % 2] as AppGrant))
      const granted = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined))
      expect(new Set(granted.map((one) => one?.refreshToken)).size).toBe(1)
      expect(new Set(granted.map((one) => one?.accessToken)).size).toBe(1)
      expect(await refreshed(w.appgrant, granted[0]?.refreshToken)).toBe('ok')
    })

    it('without a grace period, the second presentation of an imported refresh token ends the session (TOK-8)', async () => {
      const w = await imported({}, { lifetimes: { refreshGraceSeconds: 0 } })
      const { refreshToken } = await refresh(w.appgrant)
      expect(await refreshed(w.appgrant)).toBe('invalid_refresh_token')
      expect(await refreshed(w.appgrant, refreshToken)).toBe('invalid_refresh_token')
    })

    it('an app whose refresh tokens are not rotated keeps the one that it came with (TOK-8)', async () => {
      const w = await imported({}, { rotateRefreshTokens: () => false })
      for (let use = 0; use < 3; use++) {
        expect((await refresh(w.appgrant)).refreshToken).toBe(THEIR_REFRESH_TOKEN)
        w.clock.advance(13 * DAY)
      }
    })

    it('a text that is not an imported refresh token costs one read and no write (ERR-5, APP-10)', async () => {
      const w = await imported()
      const garbage = [
        'x',
        `${THEIR_REFRESH_TOKEN} `,
        THEIR_REFRESH_TOKEN.slice(0, -1),
        sha256('base64url'),
        sha256('hex'),
      ]
      await refreshed(w.appgrant, 'to remember the app')
      const before = { writes: w.observed.writes(), reads: w.observed.reads.length }
      for (const text of garbage) expect(await refreshed(w.appgrant, text)).toBe('invalid_refresh_token')
      expect(await refreshed(w.appgrant, 'x'.repeat(5000))).toBe('invalid_refresh_token')
      expect(w.observed.writes()).toBe(before.writes)
      const reads = w.observed.reads.slice(before.reads).flat()
      expect(reads.filter(({ kind }) => kind === 'l')).toHaveLength(garbage.length)
      expect(reads.filter(({ kind }) => kind === 's' || kind === 'i')).toEqual([])
      expect(await refreshed(w.appgrant)).toBe('ok')
    })

    it('another app that presents an imported refresh token is refused, and the token is not consumed (S13, HTTP-4, ERR-9)', async () => {
      const w = await imported()
      const other = await w.registerTrusted()
      const by = { key: other.app.key, secret: other.secret }
      expect(await refreshed(w.appgrant, THEIR_REFRESH_TOKEN, by)).toBe('invalid_refresh_token')
      expect(w.refused).toMatchObject([{ reason: 'other_app', app: other.app.key }])
      expect(await codeOf(w.appgrant.authorizer.revokeToken({ ...by, token: THEIR_REFRESH_TOKEN }))).toBe(
        'foreign_token',
      )
      expect(await refreshed(w.appgrant, THEIR_REFRESH_TOKEN, { secret: 'wrong' })).toBe('app_authentication_failed')
      expect(await refreshed(w.appgrant)).toBe('ok')
    })

    it('an app revokes its imported refresh token, even while it is suspended (HTTP-4, APP-10)', async () => {
      const w = await imported()
      await w.appgrant.apps.suspend(w.app)
      expect(await refreshed(w.appgrant)).toBe('app_suspended')
      await w.appgrant.authorizer.revokeToken({ ...PROOF, token: 'unknown' })
      const before = w.observed.written.length
      await w.appgrant.authorizer.revokeToken({ ...PROOF, token: THEIR_REFRESH_TOKEN })
      expect(w.observed.written).toHaveLength(before + 1)
      await w.appgrant.apps.resume(w.app)
      expect(await refreshed(w.appgrant)).toBe('invalid_refresh_token')
    })

    it('an imported refresh token expires by itself, by disuse, and with its authorization (TOK-2, APP-10)', async () => {
      const w = await setUp()
      const at = (ms: number) => new Date(w.clock() + ms)
      const token = (text: string, expiresAt?: Date) => ({ scheme: 'plain', text, expiresAt }) as const
      const entries = [
        theirInstall({ refreshToken: token('by-itself', at(HOUR)) }),
        theirInstall({ refreshToken: token('by-disuse', at(1000 * DAY)), account: 'org' }),
        theirInstall({ refreshToken: token('with-all'), expiresAt: at(2 * HOUR), account: 'provider' }),
      ]
      expect(await importing(w.appgrant, [APP, ...entries])).toMatchObject(Array(4).fill({ outcome: 'imported' }))
      w.clock.advance(HOUR)
      expect(await refreshed(w.appgrant, 'by-itself')).toBe('invalid_refresh_token')
      const { refreshToken } = await refresh(w.appgrant, 'with-all')
      w.clock.advance(HOUR)
      expect(await refreshed(w.appgrant, refreshToken)).toBe('invalid_refresh_token')
      w.clock.advance(LIFE.idle - 2 * HOUR)
      expect(await refreshed(w.appgrant, 'by-disuse')).toBe('invalid_refresh_token')
    })

    it('entries of one account add up to one install, and each refresh token has its own scope (TOK-7, APP-10)', async () => {
      const w = await setUp()
      const one = theirInstall({ scope: ['read'], refreshToken: { scheme: 'plain', text: 'one' } })
      const other = theirInstall({ scope: ['write', 'unknown'], refreshToken: { scheme: 'plain', text: 'other' } })
      const alone = theirInstall({ scope: [], refreshToken: undefined })
      await importing(w.appgrant, [APP, one, other, alone])
      const { items } = await w.appgrant.installs.list({ account: 'user' })
      expect(items).toHaveLength(1)
      expect([...(items[0]?.scope ?? [])].sort()).toEqual(['read', 'unknown', 'write'])
      expect((await refresh(w.appgrant, 'one')).scope).toEqual(['read'])
      expect((await refresh(w.appgrant, 'other')).scope).toEqual(['write'])
    })

    it('what an account had authorized is remembered for the option consent, so that it is not asked again (APP-10)', async () => {
      const w = await imported({ refreshToken: undefined, scope: ['read'] }, { consent: () => 'remember' })
      const ask = (scope: string) =>
        w.appgrant.authorizer.beginAuthorization(
          paramsOf({
            client_id: 'their-key',
            redirect_uri: REDIRECT,
            response_type: 'code',
            code_challenge: challengeOf(VERIFIER),
            code_challenge_method: 'S256',
            scope,
          }),
          { account: 'user', isNavigation: true },
        )
      expect(await ask('read')).toMatchObject({ step: 'redirect', location: expect.stringContaining('code=') })
      expect(await ask('read write')).toMatchObject({ step: 'consent' })
    })

    it('how the user had signed in is kept with the session', async () => {
      const authenticatedAt = new Date('2024-02-03T04:05:06Z')
      const w = await imported({
        refreshToken: { scheme: 'plain', text: THEIR_REFRESH_TOKEN, authenticatedAt, acr: 'mfa' },
      })
      const { accessToken } = await refresh(w.appgrant)
      expect(await w.appgrant.authorizer.verify(accessToken)).toMatchObject({ authenticatedAt, acr: 'mfa' })
    })

    it('a dry run reports the same as the import, and stores nothing (APP-10)', async () => {
      const w = await setUp()
      const entries = [APP, theirInstall(), theirInstall({ app: 'unknown' }), theirInstall({ account: 'nobody' })]
      const dry = await importing(w.appgrant, entries, { dryRun: true })
      expect(w.observed.written).toEqual([])
      const real = await importing(w.appgrant, entries)
      expect(real.map(({ outcome }) => outcome)).toEqual(['imported', 'imported', 'refused', 'refused'])
      expect(real[2]?.errors).toMatchObject([{ field: 'app', code: 'unknown_app' }])
      expect(real[3]?.errors).toMatchObject([{ field: 'account', code: 'unknown_account' }])
      const planned = real.map(({ app: _, ...one }) =>
        one.outcome === 'imported' ? { ...one, outcome: 'would_import' } : one,
      )
      expect(dry).toEqual(planned)
      const later = await importing(w.appgrant, [theirInstall(), theirInstall({ account: 'org' })], { dryRun: true })
      expect(later).toMatchObject([{ outcome: 'exists' }, { outcome: 'refused', errors: [{ code: 'token_in_use' }] }])
    })

    it('a repeat changes nothing, before and after the token was used (APP-10)', async () => {
      const w = await imported()
      const entries = [APP, theirInstall(), theirInstall({ refreshToken: undefined })]
      const { refreshToken } = await refresh(w.appgrant)
      const before = w.observed.written.length
      w.clock.advance(DAY)
      expect(await importing(w.appgrant, entries)).toMatchObject(entries.map(() => ({ outcome: 'exists' })))
      expect(w.observed.written).toHaveLength(before)
      expect(await refreshed(w.appgrant, refreshToken)).toBe('ok')
    })

    it.each(['before', 'after'] as const)(
      'a crash %s any write of an import leaves nothing that a repeat does not complete (APP-10)',
      async (when) => {
        const inserts = 6
        for (let crash = 1; crash <= inserts; crash++) {
          const w = await setUp()
          let insert = 0
          const crashing = w.node({
            store: {
              ...w.store,
              async insert(record, options) {
                const isNow = ++insert === crash
                if (isNow && when === 'before') throw new Error('crashed')
                const result = await w.store.insert(record, options)
                if (isNow) throw new Error('crashed')
                return result
              },
            },
          })
          expect(await codeOf(importing(crashing, [APP, theirInstall()])), `insert ${crash}`).toBe('outcome_unknown')
          const repeated = await importing(w.appgrant, [APP, theirInstall()])
          expect(repeated.map(({ errors }) => errors)).toEqual([[], []])
          const { items } = await w.appgrant.installs.list({ account: 'user' })
          expect(items, `insert ${crash}`).toHaveLength(1)
          const { refreshToken } = await refresh(w.appgrant)
          w.clock.advance(LIFE.grace)
          expect(await refreshed(w.appgrant)).toBe('invalid_refresh_token')
          expect(await refreshed(w.appgrant, refreshToken)).toBe('invalid_refresh_token')
        }
      },
    )

    it('a refresh token is that of one app and account, whoever imports it at the same time (APP-10)', async () => {
      const w = await setUp()
      const accounts = ['user', 'org', 'provider']
      await importing(w.appgrant, [APP])
      const results = await Promise.all(
        [...accounts, ...accounts].map((account) => importing(w.node(), [theirInstall({ account })])),
      )
      const stored = results.flat().filter(({ outcome }) => outcome !== 'refused')
      expect(new Set(stored.map(({ account }) => account)).size).toBe(1)
      const { accessToken } = await refresh(w.appgrant)
      expect(await w.appgrant.authorizer.verify(accessToken)).toMatchObject({ account: stored[0]?.account })
      for (const refused of results.flat().filter(({ outcome }) => outcome === 'refused'))
        expect(refused.errors).toMatchObject([{ field: 'refreshToken.text', code: 'token_in_use' }])
    })

    it('what has ended here does not come back with another import (REV-3, ACC-7, APP-10)', async () => {
      const more = theirInstall({ refreshToken: { scheme: 'plain', text: 'another' } })
      const ended = [{ outcome: 'refused', errors: [{ field: 'account', code: 'install_ended' }] }]
      const again = async (w: Awaited<ReturnType<typeof imported>>) => {
        expect(await importing(w.appgrant, [theirInstall()])).toMatchObject([{ outcome: 'exists' }])
        for (const dryRun of [true, false]) expect(await importing(w.appgrant, [more], { dryRun })).toMatchObject(ended)
        for (const text of [THEIR_REFRESH_TOKEN, 'another'])
          expect(await refreshed(w.appgrant, text)).toBe('invalid_refresh_token')
      }
      const withdrawn = await imported()
      expect(await withdrawn.appgrant.installs.withdraw({ app: withdrawn.app, account: 'user' })).toBe(true)
      await again(withdrawn)
      const replaced = await imported()
      replaced.tree.set('user', { epoch: 'second' })
      await again(replaced)
      const revoked = await imported()
      await revoked.appgrant.apps.revokeTokens(revoked.app)
      expect(await importing(revoked.appgrant, [theirInstall()])).toMatchObject([{ outcome: 'exists' }])
      expect(await refreshed(revoked.appgrant)).toBe('invalid_refresh_token')
      const removed = await imported()
      await removed.appgrant.apps.remove(removed.app)
      expect(await importing(removed.appgrant, [theirInstall()])).toMatchObject([{ errors: [{ code: 'unknown_app' }] }])
    })

    it('erasing an account ends what was imported of it, and leaves nothing of it (ACC-9, APP-10)', async () => {
      const w = await imported({ approvedBy: { account: 'user', login: 'anna' } })
      expect(await w.appgrant.erase('user')).toMatchObject({ installs: 1 })
      expect(await refreshed(w.appgrant)).toBe('invalid_refresh_token')
      const last = new Map(w.observed.written.map((record) => [`${record.kind} ${record.id}`, record.data]))
      for (const data of last.values()) expect(data).not.toMatch(/"user"|anna/)
    })

    it('everything that is wrong with an entry is reported at once, and no token in it (APP-5, ERR-6, ERR-8)', async () => {
      const w = await imported()
      const entry = {
        type: 'install',
        app: 'their key',
        account: '',
        scope: 'read',
        resources: ['https://unknown.example/'],
        installedAt: '2999-01-01',
        expiresAt: '2001-01-01',
        approvedBy: 'anna',
        scopes: [],
        refreshToken: { scheme: 'bcrypt', text: THEIR_REFRESH_TOKEN, expiresAt: 7, acr: 'a b', token: 'x' },
      }
      const [result] = await importing(w.appgrant, [entry as never])
      expect(result?.errors.map(({ field, code }) => `${field} ${code}`)).toEqual([
        'scopes unknown_field',
        'app invalid_value',
        'account invalid_value',
        'scope invalid_value',
        'resources invalid_value',
        'installedAt invalid_value',
        'approvedBy invalid_value',
        'expiresAt invalid_value',
        'refreshToken.token unknown_field',
        'refreshToken.scheme unknown_scheme',
        'refreshToken.expiresAt invalid_value',
        'refreshToken.acr invalid_value',
      ])
      expect(JSON.stringify(result)).not.toContain(THEIR_REFRESH_TOKEN)
      const texts = [
        ['sha256-hex', 'not_a_hash'],
        ['sha256-base64', 'not_a_hash'],
        ['plain', 'ok'],
      ] as const
      for (const [scheme, expected] of texts) {
        const refreshToken = { scheme, text: 'another' }
        const [one] = await importing(w.appgrant, [theirInstall({ refreshToken })], { dryRun: true })
        expect(one?.errors[0]?.code ?? 'ok').toBe(expected)
      }
      for (const text of ['********', '', 'ü', 'x'.repeat(4097)]) {
        const refreshToken = { scheme: 'plain', text } as const
        const [one] = await importing(w.appgrant, [theirInstall({ refreshToken })], { dryRun: true })
        expect(one?.errors).toMatchObject([{ field: 'refreshToken.text', code: 'not_a_secret' }])
      }
    })

    it('an account of another tenant, or that is blocked, can be imported and gets nothing until it may (ACC-3, ACC-6)', async () => {
      const w = await setUp()
      w.tree.set('user', { active: false })
      await importing(w.appgrant, [APP, theirInstall()])
      expect(await refreshed(w.appgrant)).toBe('account_blocked')
      w.tree.set('user', { active: true, tenant: 'other' })
      expect(await refreshed(w.appgrant)).toBe('not_permitted')
      w.tree.set('user', { tenant: undefined })
      expect(await refreshed(w.appgrant)).toBe('ok')
    })

    it(`${many} refresh tokens of ${many / 10} apps are imported, work once, are imported again without a change, and exported (APP-10)`, async () => {
      const w = await setUp({ appsPerOwner: many, directory: undefined })
      const apps = many / 10
      // One app has a third of them.
      const key = (at: number) => `key-${at % 3 === 0 ? 0 : at % apps}`
      const text = (at: number) => `refresh-token-${at}`
      async function* entries(): AsyncGenerator<Entry> {
        for (let at = 0; at < apps; at++) yield theirApp({ key: `key-${at}`, owner: `org-${at % 7}` })
        for (let at = 0; at < many; at++)
          yield theirInstall({
            app: key(at),
            account: `account-${at % 1009}`,
            scope: [],
            refreshToken: { scheme: 'sha256-hex', text: sha256('hex', text(at)) },
          })
      }
      expect(await w.appgrant.apps.import(entries())).toMatchObject({ imported: apps + many, exists: 0, refused: 0 })
      for (const at of [0, 1, many >> 1, many - 1]) {
        const by = { key: key(at), secret: THEIR_SECRET }
        const { accessToken, refreshToken } = await refresh(w.appgrant, text(at), by)
        expect(await w.appgrant.authorizer.verify(accessToken)).toMatchObject({ account: `account-${at % 1009}` })
        expect(await refreshed(w.appgrant, refreshToken, by)).toBe('ok')
      }
      const before = w.observed.written.length
      expect(await w.appgrant.apps.import(entries())).toMatchObject({ exists: apps + many, imported: 0, refused: 0 })
      expect(w.observed.written).toHaveLength(before)
      const exported = { app: 0, install: 0, refreshToken: 0 }
      for await (const entry of await w.appgrant.apps.export({ digests: true }))
        exported[entry.type !== 'install' ? 'app' : entry.refreshToken ? 'refreshToken' : 'install']++
      expect(exported).toEqual({ app: apps, install: many, refreshToken: many })
    }, 120_000)
  })
}
