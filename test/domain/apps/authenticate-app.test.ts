import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AppCredentials, createAppGrant, type ErrorCode } from '../../../src/index.ts'
import { exampleApp, manualClock } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { observedStore } from '../../support/observed-store.ts'

// Counts digests and comparisons; they are Node's own.
const work = vi.hoisted(() => ({ digests: 0, comparisons: 0 }))
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      work.digests++
      return crypto.hash(...args)
    },
    timingSafeEqual: (...args: Parameters<typeof crypto.timingSafeEqual>) => {
      work.comparisons++
      return crypto.timingSafeEqual(...args)
    },
  }
})

async function setUp() {
  const store = observedStore(memoryStore())
  const clock = manualClock()
  const appgrant = createAppGrant({ store, clock })
  const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
  const { app: removed, secret: removedSecret } = await appgrant.apps.register(exampleApp({ trusted: true }))
  await appgrant.apps.remove(removed.key)
  const refused: unknown[] = []
  appgrant.events.on('refused', ({ at: _, by: __, ...event }) => refused.push(event))
  const attempt = (by: unknown) => codeOf(appgrant.authorizer.authenticateApp(by as never))
  /** A key of the same form that belongs to no app. */
  const unknown = app.key.slice(0, 31) + (app.key.endsWith('a') ? 'b' : 'a')
  return { store, clock, appgrant, app, secret, removed: removed.key, removedSecret, unknown, attempt, refused }
}

const METHODS = ['authenticateApp', 'clientCredentials', 'revokeToken'] as const

describe('app authentication', () => {
  it('either secret authenticates while two overlap, and afterwards only the remaining one', async () => {
    const { appgrant, app, secret, attempt } = await setUp()
    const second = await appgrant.apps.addSecret(app.key)
    expect(await attempt({ key: app.key, secret })).toBe('ok')
    expect(await attempt({ key: app.key, secret: second.secret })).toBe('ok')
    await appgrant.apps.removeSecret({ app: app.key, secretId: app.secrets[0]?.id ?? '' })
    expect(await attempt({ key: app.key, secret })).toBe('app_authentication_failed')
    expect(await attempt({ key: app.key, secret: second.secret })).toBe('ok')
  })

  it('every value but the secret is refused: empty, missing, digest, prefix, suffix, case, newline, other app (S21)', async () => {
    const { appgrant, app, secret, removed, removedSecret, attempt, store } = await setUp()
    const other = await appgrant.apps.register(exampleApp())
    const digest = JSON.parse(store.written[0]?.data ?? '{}').secrets[0].digest as string
    const swapped = [...secret]
      .map((one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase()))
      .join('')
    const wrong = [
      '',
      digest,
      digest.slice(0, 32),
      Buffer.from(digest, 'base64url').toString('hex'),
      Buffer.from(digest, 'base64url').toString('latin1'),
      secret.slice(1),
      secret.slice(0, 31),
      `${secret}a`,
      `a${secret}`,
      swapped,
      secret.toLowerCase(),
      `${secret}\n`,
      ` ${secret}`,
      `${secret} `,
      `${secret.slice(0, 31)}\n`,
      encodeURIComponent(`${secret}\0`),
      other.secret,
      removedSecret,
      app.key,
      'undefined',
      'null',
    ]
    const writes = store.writes()
    for (const one of wrong) expect(await attempt({ key: app.key, secret: one }), one).toBe('app_authentication_failed')
    for (const one of [null, undefined, 0, false, {}, [], [secret], { toString: () => secret }, Object(secret)]) {
      expect(await attempt({ key: app.key, secret: one })).toBe('invalid_request')
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret: one as string }))).toBe(
        'invalid_request',
      )
    }
    expect(await attempt({ key: removed, secret: removedSecret })).toBe('app_authentication_failed')
    expect(await attempt({ key: app.key, secret })).toBe('ok')
    expect(store.writes()).toBe(writes)
  })

  it('the NO_DIGEST placeholder matches nothing, so an empty secret authenticates no app (S21)', async () => {
    const { appgrant, attempt } = await setUp()
    const { app } = await appgrant.apps.register(exampleApp({ public: true }))
    for (const secret of ['', '0'.repeat(32)])
      expect(await attempt({ key: app.key, secret })).toBe('app_authentication_failed')
    expect(await attempt({ key: app.key })).toBe('invalid_request')
  })

  it('unknown key, wrong secret and removed app cause the same error, reads and number of digests (S22)', async () => {
    const { appgrant, app, secret, removed, removedSecret, unknown, store } = await setUp()
    const second = await appgrant.apps.register(exampleApp({ trusted: true }))
    await appgrant.apps.addSecret(second.app.key)
    const wrong = (secret.startsWith('a') ? 'b' : 'a') + secret.slice(1)
    const attempts: AppCredentials[] = [
      { key: app.key, secret: wrong },
      { key: unknown, secret: wrong },
      { key: removed, secret: wrong },
      { key: removed, secret: removedSecret },
      { key: second.app.key, secret: wrong },
    ]
    // A node that has read nothing yet, and one that remembers every app there is.
    const [cold, warm] = [() => createAppGrant({ store }), createAppGrant({ store })]
    const remember = () => Promise.all(attempts.map((by) => codeOf(warm.authorizer.revokeToken({ ...by, token: 'x' }))))
    for (const method of METHODS) {
      const seen = []
      for (const node of [() => appgrant, cold, () => warm]) {
        await remember()
        for (const credentials of attempts) {
          const { authorizer } = node()
          const before = { ...work, writes: store.writes(), refs: store.reads.length }
          const by = { ...credentials, ...(method === 'revokeToken' && { token: 'x' }) } as never
          const { code, message, hint, details, cause } = await refusalOf(authorizer[method](by))
          const read = store.reads.slice(before.refs).map((refs) => refs.length)
          seen.push({
            code,
            message,
            hint,
            details,
            cause,
            read,
            writes: store.writes() - before.writes,
            digests: work.digests - before.digests,
            comparisons: work.comparisons - before.comparisons,
          })
        }
      }
      expect(seen[0], method).toMatchObject({
        code: 'app_authentication_failed',
        read: [1],
        writes: 0,
        digests: 1,
        comparisons: 2,
      })
      for (const one of seen) expect(one).toEqual(seen[0])
    }
  })

  it('a valid secret costs the same as a wrong one (S22)', async () => {
    const { app, secret, attempt, store } = await setUp()
    const before = { ...work, gets: store.calls.get }
    expect(await attempt({ key: app.key, secret })).toBe('ok')
    expect([
      work.digests - before.digests,
      work.comparisons - before.comparisons,
      store.calls.get - before.gets,
    ]).toEqual([1, 2, 1])
  })

  it('a right secret of a remembered app costs the same, and the digest of the token (S22)', async () => {
    const { appgrant, app, secret, store } = await setUp()
    await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    const before = { ...work, gets: store.calls.get }
    await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect([
      work.digests - before.digests,
      work.comparisons - before.comparisons,
      store.calls.get - before.gets,
    ]).toEqual([2, 2, 0])
  })

  it('a secret that was right when the app was remembered stores nothing, and is soon like any wrong one (S22, ERR-5)', async () => {
    const kills = ['regenerateSecret', 'remove'] as const
    for (const kill of kills) {
      const { appgrant, app, secret, store, refused } = await setUp()
      const attempt = () => codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret }))
      expect(await attempt()).toBe('ok')
      await createAppGrant({ store }).apps[kill](app.key)
      const written = store.written.length
      expect(await attempt()).toBe('app_authentication_failed')
      const before = { ...work, reads: store.calls.get, writes: store.writes() }
      expect(await attempt()).toBe('app_authentication_failed')
      expect(store.written.length).toBe(written)
      expect(store.writes()).toBe(before.writes)
      expect([
        work.digests - before.digests,
        work.comparisons - before.comparisons,
        store.calls.get - before.reads,
      ]).toEqual([1, 2, 1])
      const reason = kill === 'remove' ? 'removed_app' : 'wrong_secret'
      expect(refused).toEqual(Array(2).fill({ code: 'app_authentication_failed', reason, app: app.key }))
    }
  })

  it('a key of an impossible form costs no read, and a secret of one no digest, however long it is (S45, ERR-9)', async () => {
    const { app, secret, store, attempt } = await setUp()
    const before = { ...work, gets: store.calls.get }
    const long = 'a'.repeat(100_000)
    const impossible = [
      { key: long, secret },
      { key: '', secret },
      { key: `${app.key}\n`, secret },
      { key: 'a'.repeat(256), secret },
      { key: 'two words', secret: 'constructor' },
      { key: 'clé', secret },
    ]
    for (const by of impossible) expect(await attempt(by)).toBe('app_authentication_failed')
    expect({ ...work, gets: store.calls.get }).toEqual(before)
    // The key is read, so that the refusal can name the app.
    for (const one of [long, '']) expect(await attempt({ key: app.key, secret: one })).toBe('app_authentication_failed')
    expect({ ...work, gets: store.calls.get }).toEqual({ ...before, gets: before.gets + 2 })
  })

  it('the eleventh failure of a key from one /64 in a minute is too_many_failures with the seconds to wait (S23, ERR-3)', async () => {
    const { app, unknown, clock, appgrant, attempt } = await setUp()
    for (const key of [app.key, unknown]) {
      const by = (n: number) => ({
        key,
        secret: 'a'.repeat(32),
        remoteAddress: `2001:db8:${key === unknown ? 1 : 2}::${n}`,
      })
      for (let n = 0; n < 10; n++) expect(await attempt(by(n))).toBe('app_authentication_failed')
      const error = await refusalOf(appgrant.authorizer.clientCredentials(by(10)))
      expect(error).toMatchObject({ code: 'too_many_failures', details: { retryAfterSeconds: 60 } })
      clock.advance(60_000)
      expect(await attempt(by(11))).toBe('app_authentication_failed')
    }
  })

  it('the valid secret works after 10,000 wrong ones from many addresses, and unknown keys get the same responses (S24)', async () => {
    const { app, secret, unknown, attempt } = await setUp()
    const answers: Record<string, ErrorCode[]> = { known: [], unknown: [] }
    for (let n = 0; n < 10_000; n++) {
      const remoteAddress = `10.1.${n % 16}.${n % 40}`
      const isKnown = n % 2 === 0
      const code = await attempt({ key: isKnown ? app.key : unknown, secret: 'a'.repeat(32), remoteAddress })
      answers[isKnown ? 'known' : 'unknown']?.push(code as ErrorCode)
    }
    expect(new Set(answers.known)).toEqual(new Set(['app_authentication_failed', 'too_many_failures']))
    expect(answers.unknown).toEqual(answers.known)
    for (let n = 0; n < 40; n++)
      expect(await attempt({ key: app.key, secret, remoteAddress: `10.1.${n % 16}.${n}` })).toBe('ok')
  })

  it('nothing is counted without an address, and a header value is not an address (S25)', async () => {
    const { app, attempt } = await setUp()
    for (let n = 0; n < 100; n++) {
      expect(await attempt({ key: app.key, secret: 'a'.repeat(32) })).toBe('app_authentication_failed')
      const remoteAddress = '192.0.2.1, 198.51.100.7'
      expect(await attempt({ key: app.key, secret: 'a'.repeat(32), remoteAddress })).toBe('app_authentication_failed')
    }
  })

  it('a flood of failures of every method writes nothing to the store (S27, ERR-5)', async () => {
    const { app, unknown, store, appgrant } = await setUp()
    const writes = store.writes()
    for (let n = 0; n < 3000; n++) {
      const by = {
        key: n % 2 ? app.key : unknown,
        secret: 'b'.repeat(32),
        token: 'x',
        remoteAddress: `10.0.${n >> 8}.${n & 255}`,
      }
      expect(await codeOf(appgrant.authorizer[METHODS[n % 3] ?? 'revokeToken'](by))).not.toBe('ok')
    }
    expect(store.writes()).toBe(writes)
  })

  it('each refusal is one event with its reason and never a secret, not even one sent as the key (S51)', async () => {
    const { app, removed, removedSecret, unknown, attempt, refused } = await setUp()
    const code = 'app_authentication_failed'
    await attempt({ key: app.key, secret: 'a'.repeat(32), remoteAddress: '192.0.2.1', userAgent: 'guesser/1' })
    await attempt({ key: unknown, secret: 'a'.repeat(32) })
    await attempt({ key: removed, secret: removedSecret })
    await attempt({ key: 'no key at all', secret: 'a'.repeat(32) })
    expect(refused).toEqual([
      { code, reason: 'wrong_secret', app: app.key, remoteAddress: '192.0.2.1', userAgent: 'guesser/1' },
      { code, reason: 'unknown_app' },
      { code, reason: 'removed_app', app: removed },
      { code, reason: 'unknown_app' },
    ])
  })
})
