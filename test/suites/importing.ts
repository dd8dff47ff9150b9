import { describe, expect, it, onTestFinished } from 'vitest'
import type { AppGrant, AppGrantOptions, ImportedApp, ImportOptions, ImportResult } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { createFixture } from '../support/fixture.ts'
import { DIGESTS, HASHES, legacyVerifier, THEIR_SECRET, theirApp } from '../support/other-server.ts'
import { ISSUER, type OpenStore, REDIRECT } from '../support/session-fixture.ts'

/** How many apps are imported at once. */
export interface ImportSize {
  readonly apps: number
}

/** What becomes of the apps of other servers, on the stores that `open` gives (APP-10). */
export function testImporting(open: OpenStore, { apps: many }: ImportSize): void {
  async function setUp(options: Partial<AppGrantOptions> = {}) {
    const { time: _, ...inner } = await open()
    onTestFinished(() => inner.close())
    const legacy = legacyVerifier()
    const w = createFixture(inner, { issuer: ISSUER, verifyLegacySecret: legacy.verify, timeoutMs: 30_000, ...options })
    return { ...w, legacy }
  }

  async function importing(
    { apps }: Pick<AppGrant, 'apps'>,
    entries: readonly ImportedApp[],
    options: ImportOptions = {},
  ): Promise<readonly ImportResult[]> {
    const results: ImportResult[] = []
    await apps.import(entries, { ...options, onResult: (result) => void results.push(result) })
    return results
  }

  const login = (w: Pick<AppGrant, 'authorizer'>, secret = THEIR_SECRET, key = 'their-key', remoteAddress?: string) =>
    codeOf(w.authorizer.clientCredentials({ key, secret, remoteAddress }))

  describe('imported apps', () => {
    it.each([
      'their-key',
      'https://pbx.example/gateway?a=b:c',
      '3fa85f64-5717-4562-b3fc-2c963f66afa6',
      'x'.repeat(255),
      // As better-auth gives them out, and with the form of a key of this package.
      '4LAbcdefghijklmnopqrstuvwxyzABCD',
    ])('%s gets tokens under the key that it has always had (APP-10)', async (key) => {
      const w = await setUp()
      const [result] = await importing(w.appgrant, [theirApp({ key, trusted: true })])
      expect(result).toMatchObject({ outcome: 'imported', key, errors: [] })
      const { accessToken } = await w.appgrant.authorizer.clientCredentials({ key, secret: THEIR_SECRET })
      const access = await w.appgrant.authorizer.verify(accessToken)
      expect(access.app).toMatchObject({ key: result?.app, importedKey: key })
      expect(await w.appgrant.apps.get(key)).toEqual(await w.appgrant.apps.get(result?.app ?? ''))
      expect(await login(w.appgrant, 'gateway-secret-2', key)).toBe('app_authentication_failed')
      // The second time, the app is remembered.
      expect(await login(w.appgrant, THEIR_SECRET, key)).toBe('ok')
      expect(await login(w.node(), THEIR_SECRET, key)).toBe('ok')
    })

    it.each(Object.entries(DIGESTS))(
      'a secret stored as %s works, and only its digest is stored (APP-8, APP-10)',
      async (scheme, text) => {
        const w = await setUp()
        await importing(w.appgrant, [theirApp({ trusted: true, legacySecret: { scheme, text } })])
        expect(await login(w.appgrant)).toBe('ok')
        for (const wrong of [
          'gateway-secret-2',
          DIGESTS['sha256-hex'],
          DIGESTS['sha256-base64'],
          DIGESTS['sha256-base64url'],
        ])
          expect(await login(w.appgrant, wrong)).toBe('app_authentication_failed')
        expect(w.legacy.calls).toEqual([])
        expect(JSON.stringify(w.observed.written)).not.toContain(THEIR_SECRET)
      },
    )

    it.each(Object.entries(HASHES))(
      'a secret hashed by %s is checked by the host until it was right once (APP-10)',
      async (scheme, text) => {
        const w = await setUp()
        const [result] = await importing(w.appgrant, [theirApp({ trusted: true, legacySecret: { scheme, text } })])
        const stored = () => w.appgrant.apps.get(result?.app ?? '')
        expect((await stored())?.secrets).toMatchObject([{ legacyScheme: scheme }])
        for (const wrong of ['gateway-secret-2', text])
          expect(await login(w.appgrant, wrong)).toBe('app_authentication_failed')
        const before = w.legacy.calls.length
        expect(await login(w.appgrant)).toBe('ok')
        expect(w.legacy.calls).toHaveLength(before + 1)
        expect(await login(w.appgrant)).toBe('ok')
        expect(w.legacy.calls).toHaveLength(before + 1)
        expect((await stored())?.secrets[0]).not.toHaveProperty('legacyScheme')
        expect(w.observed.written.findLast(({ kind }) => kind === 'a')?.data).not.toContain(text)
      },
    )

    it('a login succeeds even if the digest cannot be written in the place of the hash (APP-10)', async () => {
      const w = await setUp()
      await importing(w.appgrant, [
        theirApp({ trusted: true, legacySecret: { scheme: 'django', text: HASHES.django } }),
      ])
      w.store.fail('replace', 'before')
      expect(await login(w.appgrant)).toBe('ok')
      expect(await login(w.appgrant)).toBe('ok')
      expect(w.legacy.calls).toHaveLength(2)
    })

    it('regenerating the secret of an imported app ends the one that it came with (APP-10)', async () => {
      const w = await setUp()
      const [result] = await importing(w.appgrant, [
        theirApp({ trusted: true, legacySecret: { scheme: 'django', text: HASHES.django } }),
      ])
      const { secret } = await w.appgrant.apps.regenerateSecret(result?.app ?? '')
      expect(await login(w.appgrant)).toBe('app_authentication_failed')
      expect(await login(w.appgrant, secret)).toBe('ok')
      expect(w.legacy.calls).toEqual([])
    })

    it('importing again changes nothing, and a removed app does not come back (APP-10)', async () => {
      const w = await setUp()
      const entries = [theirApp({ trusted: true }), theirApp({ key: '4LAbcdefghijklmnopqrstuvwxyzABCD' })]
      const first = await importing(w.appgrant, entries)
      const before = w.observed.written.length
      const second = await importing(w.appgrant, entries)
      expect(second).toEqual(first.map((result) => ({ ...result, outcome: 'exists' })))
      expect(w.observed.written).toHaveLength(before)
      for (const { app = '', key } of first) {
        expect(await w.appgrant.apps.remove(app)).toBe(true)
        expect(await login(w.appgrant, THEIR_SECRET, key)).toBe('app_authentication_failed')
        expect(await w.appgrant.apps.get(key)).toBeUndefined()
      }
      expect(await importing(w.appgrant, entries)).toMatchObject(
        entries.map(() => ({ outcome: 'refused', errors: [{ field: 'key', code: 'key_in_use' }] })),
      )
    })

    it.each(['their-key', '4LAbcdefghijklmnopqrstuvwxyzABCD'])(
      'a crash between app and alias of %s leaves nothing that a repeat does not complete (APP-10)',
      async (key) => {
        for (const when of ['before', 'after'] as const) {
          const w = await setUp()
          const entries = [theirApp({ key, trusted: true })]
          // The second insert is that of the alias.
          const failing = w.node({
            store: {
              ...w.store,
              async insert(record, options) {
                const isAlias = record.groups.length === 0
                if (isAlias && when === 'before') throw new Error('crashed')
                const result = await w.store.insert(record, options)
                if (isAlias) throw new Error('crashed')
                return result
              },
            },
          })
          expect(await codeOf(importing(failing, entries))).toBe('outcome_unknown')
          const [result] = await importing(w.appgrant, entries)
          expect(result).toMatchObject({ outcome: 'exists', key })
          expect(await login(w.appgrant, THEIR_SECRET, key)).toBe('ok')
          const { items } = await w.appgrant.apps.list({ owner: 'org' })
          expect(items.map((app) => app.key)).toEqual([result?.app])
        }
      },
    )

    it('a key is that of one app, whoever imports it at the same time for whom (APP-10)', async () => {
      const w = await setUp()
      const owners = ['org', 'user', 'provider']
      const results = await Promise.all(
        [...owners, ...owners].map((owner) => importing(w.node(), [theirApp({ owner, trusted: true })])),
      )
      const stored = results.flat().filter(({ app }) => app !== undefined)
      expect(new Set(stored.map(({ app }) => app)).size).toBe(1)
      expect(await login(w.appgrant)).toBe('ok')
      const lists = await Promise.all(owners.map((owner) => w.appgrant.apps.list({ owner })))
      expect(lists.flatMap(({ items }) => items).map(({ key }) => key)).toEqual([stored[0]?.app])
    })

    it('an import that finds the app of another one stores its alias, too, if that has not happened yet (APP-10)', async () => {
      const w = await setUp()
      const entries = [theirApp({ trusted: true })]
      const isAlias = (groups: readonly string[]) => groups.length === 0
      const slow = w.node({
        store: {
          ...w.store,
          async insert(record, options) {
            if (isAlias(record.groups)) throw new Error('crashed')
            return w.store.insert(record, options)
          },
        },
      })
      const late = w.node({
        store: {
          ...w.store,
          async insert(record, options) {
            if (!isAlias(record.groups)) expect(await codeOf(importing(slow, entries))).toBe('outcome_unknown')
            return w.store.insert(record, options)
          },
        },
      })
      const [result] = await importing(late, entries)
      expect(result).toMatchObject({ outcome: 'exists' })
      expect(await login(w.appgrant)).toBe('ok')
      const [repeat] = await importing(w.appgrant, [theirApp({ owner: 'user', trusted: true })])
      expect(repeat).toMatchObject({ outcome: 'refused', errors: [{ field: 'key', code: 'key_in_use' }] })
    })

    it('the limit of an owner holds in a dry run and for real, and a dry run stores nothing (APP-6, APP-10)', async () => {
      const w = await setUp({ appsPerOwner: 5 })
      await w.registerTrusted()
      const entries = Array.from({ length: 7 }, (_, at) => theirApp({ key: `key-${at}` }))
      const before = w.observed.written.length
      const dry = await importing(w.appgrant, entries, { dryRun: true })
      expect(w.observed.written).toHaveLength(before)
      const expected = (outcome: string) => [...Array(4).fill(outcome), ...Array(3).fill('limit_reached')]
      expect(dry.map(({ outcome }) => outcome)).toEqual(expected('would_import'))
      const real = await importing(w.appgrant, entries)
      expect(real.map(({ outcome }) => outcome).sort()).toEqual(expected('imported').sort())
    })

    it('redirect URLs and scopes that are not allowed here are listed with the fix, or left out of the app (APP-3, APP-5, APP-10)', async () => {
      const w = await setUp()
      const redirectUrls = [REDIRECT, 'HTTPS://App.example/old', 'http://app.example/callback', 'https://app.example/*']
      const entry = theirApp({ redirectUrls, scopes: ['read', 'of-theirs'] })
      const errors = [
        {
          field: 'redirectUrls[1]',
          code: 'not_canonical',
          expected: expect.stringContaining('https://app.example/old'),
        },
        { field: 'redirectUrls[2]', expected: expect.stringContaining('https') },
        { field: 'redirectUrls[3]' },
        { field: 'scopes[1]', code: 'unknown_scope' },
      ]
      const byField = (of: readonly { readonly field: string }[] = []) =>
        [...of].sort((one, other) => (one.field < other.field ? -1 : 1))
      const [refused] = await importing(w.appgrant, [entry], { dryRun: true })
      expect(refused).toMatchObject({ outcome: 'refused', dropped: [] })
      expect(byField(refused?.errors)).toMatchObject(errors)
      const [partly] = await importing(w.appgrant, [entry], { drop: ['scopes'] })
      expect(partly).toMatchObject({ outcome: 'refused', errors: errors.slice(0, 3) })
      const [result] = await importing(w.appgrant, [entry], { drop: ['redirectUrls', 'scopes'] })
      expect(result).toMatchObject({ outcome: 'imported', errors: [] })
      expect(byField(result?.dropped)).toMatchObject(errors)
      expect(await w.appgrant.apps.get('their-key')).toMatchObject({ redirectUrls: [REDIRECT], scopes: ['read'] })
    })

    it(`${many} apps are imported, found and listed, and imported again without a change (APP-10)`, async () => {
      const w = await setUp({ appsPerOwner: many })
      async function* entries() {
        for (let at = 0; at < many; at++) yield theirApp({ key: `key-${at}`, owner: at % 2 ? 'org' : 'user' })
      }
      expect(await w.appgrant.apps.import(entries())).toMatchObject({ imported: many, refused: 0 })
      for (const at of [0, 1, many >> 1, many - 1])
        expect((await w.appgrant.apps.get(`key-${at}`))?.owner).toBe(at % 2 ? 'org' : 'user')
      const before = w.observed.written.length
      expect(await w.appgrant.apps.import(entries())).toMatchObject({ exists: many, imported: 0 })
      expect(w.observed.written).toHaveLength(before)
    }, 120_000)
  })
}
